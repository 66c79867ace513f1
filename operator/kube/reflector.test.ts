import { expect } from 'chai';
import { Registry } from 'prom-client';
import { timeout, tooManyRequests } from '../testing/api-errors.ts';
import type { ApiRequest, Fault } from '../testing/api-request.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { deployment, node, pod, type PodFixture } from '../testing/fixtures.ts';
import type { KubeApi, KubeObject } from './api.ts';
import type { Logger } from './logger.ts';
import { Node, Pod } from './resources.ts';
import { Reflector, type ReflectorOptions, slim } from './reflector.ts';
import { reflectorMetrics } from './reflector-metrics.ts';

function setUp(options: Partial<ReflectorOptions<PodFixture>> = {}) {
  const clock = new FakeClock();
  const server = new ApiServer({ clock });
  const logged: string[] = [];
  const log = (message: string, fields: object = {}) =>
    void logged.push(`${message}: ${'error' in fields ? String(fields.error) : ''}`);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const registry = new Registry();
  const reflector = new Reflector<PodFixture>({
    api: server,
    resource: Pod,
    transform: slim,
    clock,
    random: () => 0,
    logger,
    metrics: reflectorMetrics(registry),
    ...options,
  });
  const events: string[] = [];
  reflector.onEvent(({ type, object }) => events.push(`${type} ${object.metadata.name}`));
  const count = (verb: ApiRequest['verb']) => server.requests.filter((request) => request.verb === verb).length;
  const total = async (name: string) => {
    const metric = await registry.getSingleMetric(name)?.get();
    return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
  };
  return { clock, server, reflector, events, logged, count, total };
}

const web = (name: string) => pod({ name });

describe('Reflector', () => {
  it('lists, watches, and keeps the store and its listeners up to date', async () => {
    const { clock, server, reflector, events, total } = setUp();
    server.seed(Pod, web('a'));
    reflector.start();
    await reflector.synced();
    expect([reflector.hasSynced, reflector.store.size, reflector.lastContactMs]).to.deep.equal([true, 1, clock.now()]);
    server.seed(Pod, web('b'));
    await server.patch(
      Pod,
      { name: 'a', namespace: 'shop' },
      { type: 'merge', body: { metadata: { labels: { x: 'y' } } } },
    );
    await server.delete(Pod, { name: 'b', namespace: 'shop' }, { gracePeriodSeconds: 0 });
    await clock.advance(10);
    expect(events).to.deep.equal(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    expect(reflector.store.get('shop/a')?.metadata.labels).to.deep.equal({ app: 'web', x: 'y' });
    expect(await total('homeostat_reflector_events_total')).to.equal(4);
    await reflector.stop();
    expect([server.openWatches, clock.timers]).to.deep.equal([0, 0]);
  });

  it('lists in pages of 500, all of one moment', async () => {
    const { server, reflector, count } = setUp();
    for (let i = 0; i < 1200; i++) server.seed(Pod, web(`p${i}`));
    const listed: string[] = [];
    reflector.onListed((resourceVersion) => listed.push(`${reflector.store.size} at ${resourceVersion}`));
    reflector.start();
    await reflector.synced();
    expect([reflector.store.size, count('list')]).to.deep.equal([1200, 3]);
    const versions = [...reflector.store.list()].map(({ metadata }) => Number(metadata.resourceVersion));
    expect(listed).to.deep.equal([`1200 at ${Math.max(...versions)}`]);
    await reflector.stop();
  });

  it('continues from the last bookmark and keeps a quiet watch open for its whole time', async () => {
    const { clock, server, reflector, count } = setUp();
    reflector.start();
    await reflector.synced();
    for (let i = 0; i < 100; i++) server.seed(Node, node({ name: `n${i}` }));
    await clock.advance(299_000);
    expect([count('watch'), reflector.lastContactMs]).to.deep.equal([1, clock.now() - 59_000]);
    await clock.advance(2000);
    expect([count('list'), count('watch')]).to.deep.equal([1, 2]);
    const { options } = server.requests.at(-1) ?? {};
    expect(options).to.include({ resourceVersion: '101', timeoutSeconds: 300 });
    await reflector.stop();
  });

  it('backs off from a server that closes each watch at once, and is quick again after two minutes of health', async () => {
    const { clock, server, reflector, count } = setUp();
    let closing = true;
    server.faults = ({ verb }) => {
      if (verb === 'watch' && closing) queueMicrotask(() => setImmediate(() => server.closeWatches()));
      return undefined;
    };
    reflector.start();
    await reflector.synced();
    await clock.advance(60_000);
    expect([count('list'), count('watch')]).to.deep.equal([1, 7]);
    closing = false;
    await clock.advance(150_000);
    const before = count('watch');
    server.closeWatches();
    await clock.advance(10);
    expect(count('watch')).to.equal(before + 1);
    await reflector.stop();
  });

  for (const [how, error] of [
    ['closes', undefined],
    ['breaks', { code: 500, reason: 'InternalError', message: 'cut' }],
  ] as const) {
    it(`comes back at once each time that a proxy ${how} a watch that is idle for a minute`, async () => {
      const { clock, server, reflector, count } = setUp();
      reflector.start();
      await reflector.synced();
      for (let minute = 0; minute < 20; minute++) {
        await clock.advance(59_000);
        expect(server.openWatches, `minute ${minute}`).to.equal(1);
        server.closeWatches(error);
        await clock.advance(1000);
        expect(server.openWatches, `minute ${minute}`).to.equal(1);
      }
      expect([count('list'), count('watch')]).to.deep.equal([1, 21]);
      await reflector.stop();
    });
  }

  const errors = [
    { name: 'an ERROR 410 each time', error: { code: 410, reason: 'Expired' }, lists: 7 },
    { name: 'an ERROR 500 each time', error: { code: 500, reason: 'InternalError', message: 'etcd sulks' }, lists: 1 },
  ];
  for (const { name, error, lists } of errors) {
    it(`backs off from ${name}, and says so`, async () => {
      const { clock, server, reflector, count, total, logged } = setUp();
      server.faults = ({ verb }) => {
        if (verb === 'watch') setImmediate(() => server.closeWatches(error));
        return undefined;
      };
      reflector.start();
      await reflector.synced();
      await clock.advance(60_000);
      expect([count('list'), count('watch')]).to.deep.equal([lists, 7]);
      expect(await total('homeostat_reflector_errors_total')).to.equal(7);
      expect(logged[0]).to.equal(`list or watch failed: ${error.message ?? 'the watch reported an error'}`);
      await reflector.stop();
    });
  }

  it('lists anew after 410 and emits only the differences', async () => {
    const { clock, server, reflector, events } = setUp();
    for (const name of ['a', 'b', 'c']) server.seed(Pod, web(name));
    reflector.start();
    await reflector.synced();
    events.length = 0;
    let cut = true;
    server.faults = ({ verb }): Fault | undefined =>
      verb === 'watch' && cut ? { kind: 'error', error: timeout() } : undefined;
    server.closeWatches();
    await clock.settle();
    await server.delete(Pod, { name: 'a', namespace: 'shop' }, { gracePeriodSeconds: 0 });
    await server.patch(
      Pod,
      { name: 'b', namespace: 'shop' },
      { type: 'merge', body: { metadata: { labels: { x: 'y' } } } },
    );
    server.seed(Pod, web('d'));
    server.compact();
    cut = false;
    await clock.advance(10_000);
    expect(events).to.deep.equal(['DELETED a', 'MODIFIED b', 'ADDED d']);
    expect([...reflector.store.list()].map(({ metadata }) => metadata.name).sort()).to.deep.equal(['b', 'c', 'd']);
    await reflector.stop();
  });

  it('goes on after lists that fail, obeys Retry-After, and tells a waiting caller what is wrong', async () => {
    const { clock, server, reflector, count } = setUp();
    server.faults = () => ({ kind: 'error', error: tooManyRequests(20) });
    reflector.start();
    const waiting = reflector.synced(30_000).then(
      () => 'synced',
      (error: unknown) => String(error),
    );
    await clock.advance(30_000);
    expect(await waiting).to.equal(
      'Error: pods could not be listed within 30 s: too many requests, please try again later',
    );
    expect([count('list'), reflector.hasSynced]).to.deep.equal([2, false]);
    server.faults = () => undefined;
    await clock.advance(30_000);
    expect([reflector.hasSynced, reflector.problem]).to.deep.equal([true, undefined]);
    await reflector.stop();
  });

  it('is well again as soon as a watch is accepted, also when nothing happens on it', async () => {
    const { clock, server, reflector } = setUp();
    let refused = 0;
    server.faults = ({ verb }) =>
      verb === 'watch' && refused++ === 0 ? { kind: 'error', error: tooManyRequests(1) } : undefined;
    reflector.start();
    await reflector.synced();
    await clock.settle();
    expect(String(reflector.problem)).to.include('too many requests');
    expect(reflector.failingSinceMs).to.equal(clock.now());
    await clock.advance(2000);
    expect([reflector.hasSynced, reflector.problem, reflector.failingSinceMs]).to.deep.equal([
      true,
      undefined,
      undefined,
    ]);
    await reflector.stop();
  });

  it('leaves a connection that is open and silent beyond its time, and connects again', async () => {
    const clock = new FakeClock();
    const server = new ApiServer({ clock });
    let watches = 0;
    const halfOpen = Object.create(server, {
      watch: {
        value: async function* (_resource: unknown, { signal }: { signal: AbortSignal }) {
          watches++;
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          yield* [];
        },
      },
      list: { value: server.list.bind(server) },
    }) as KubeApi;
    const { reflector, logged } = setUp({ api: halfOpen, clock });
    reflector.start();
    await clock.advance(304_000);
    expect(watches).to.equal(1);
    await clock.advance(2000);
    expect([watches, logged]).to.deep.equal([
      2,
      ['list or watch failed: watch of pods: it did not end within 305 s as agreed'],
    ]);
    await reflector.stop();
  });

  it('survives handlers and transforms that throw, and the other handlers are called', async () => {
    const { clock, server, reflector, events, total, logged } = setUp({
      transform: (object) => {
        if (object.metadata.name === 'bad') throw new Error('cannot transform');
        return object;
      },
    });
    reflector.onEvent(() => {
      throw new Error('broken handler');
    });
    const late: string[] = [];
    reflector.onEvent(({ object }) => late.push(object.metadata.name));
    server.seed(Pod, web('bad'));
    server.seed(Pod, web('a'));
    reflector.start();
    await reflector.synced();
    server.seed(Pod, web('b'));
    await clock.advance(10);
    expect([events, late]).to.deep.equal([
      ['ADDED a', 'ADDED b'],
      ['a', 'b'],
    ]);
    expect(await total('homeostat_reflector_handler_errors_total')).to.equal(3);
    expect(logged).to.deep.equal([
      'transform threw: cannot transform',
      'handler threw: broken handler',
      'handler threw: broken handler',
    ]);
    await reflector.stop();
  });

  it('stops during its first list, at once, and opens no watch afterwards', async () => {
    const { clock, server, reflector, count } = setUp();
    server.faults = () => ({ kind: 'delayMs', ms: 60_000 });
    reflector.start();
    await clock.advance(10);
    await reflector.stop();
    await clock.advance(100_000);
    expect([count('watch'), server.openWatches, reflector.hasSynced]).to.deep.equal([0, 0, false]);
  });

  it('stops during a wait', async () => {
    const { clock, server, reflector } = setUp();
    server.faults = () => ({ kind: 'error', error: timeout() });
    reflector.start();
    await clock.advance(10);
    await reflector.stop();
    expect(clock.timers).to.equal(0);
  });

  it('asks for what was selected only', async () => {
    const { server, reflector } = setUp({
      namespace: 'shop',
      labelSelector: 'app=web',
      fieldSelector: 'spec.nodeName=node-1',
    });
    server.seed(Pod, web('a'));
    server.seed(Pod, pod({ name: 'b', namespace: 'other' }));
    server.seed(Pod, pod({ name: 'c', labels: { app: 'api' } }));
    server.seed(Pod, pod({ name: 'd' }, { nodeName: 'node-2' }));
    reflector.start();
    await reflector.synced();
    expect([...reflector.store.list()].map(({ metadata }) => metadata.name)).to.deep.equal(['a']);
    await reflector.stop();
  });
});

describe('slim', () => {
  it('strips managed fields and the copy that kubectl keeps', () => {
    const metadata = {
      name: 'web',
      managedFields: [{ manager: 'm', operation: 'Update' as const }],
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' },
    };
    const object: KubeObject = { ...deployment(), metadata };
    expect(slim(object).metadata).to.deep.equal({ name: 'web', annotations: { kept: 'yes' } });
    expect(slim<KubeObject>({ metadata: { name: 'a' } })).to.deep.equal({ metadata: { name: 'a' } });
  });
});
