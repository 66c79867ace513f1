import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { RowIdentity, Target } from '../../engine/evaluate/target.ts';
import { flawless, type Evidence } from '../../engine/evaluate/verdict.ts';
import { decodeProfile, together, type Usual } from '../../engine/history/profile.ts';
import { hourMs, minuteMs } from '../../engine/history/series.ts';
import type { Incident } from '../../crds/incident.ts';
import { ensureStreamIs } from '../../wire/streams.ts';
import { kvEntry } from '../../wire/kv.ts';
import { Cluster } from '../controllers/harness.test.ts';
import { Terminal } from '../cli/testing/terminal.ts';
import { Broker } from '../ingest/broker.ts';
import { NatsServer } from '../ingest/testing-nats.ts';
import { frame, keyframe } from '../ingest/testing.ts';
import { silentLogger } from '../kube/logger.ts';
import { systemClock } from '../kube/clock.ts';
import { eventually } from '../testing/eventually.ts';
import { History } from './history.ts';
import { Profiles } from './profiles.ts';
import { rollupsStream, usualBucket, usualKey } from './store.ts';

const cpu = 'k8s.container.cpu.usage';
const store = { prefix: 'homeostat', maxBytes: 64 * 1024 * 1024, days: 30 };
/** This hour, so that what is stored now is stored in it; frames tell of it from its beginning. */
let fromMs: number;
/** When that hour is over. */
let overMs: number;

const workload: Target = {
  kind: 'Workload',
  key: 'Workload/uid-cart',
  uid: 'uid-cart',
  namespace: 'shop',
  name: 'cart',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: 'uid-cart' },
  labels: {},
};
const container: Target = { ...workload, kind: 'Container', key: 'Container/p/app', name: 'cart-1', container: 'app' };
const identity: RowIdentity = { Container: container, Workload: workload };
const evidence = { metric: cpu, aggregate: 'Mean' } as Evidence;

describe('History on a nats-server of its own', () => {
  let server: NatsServer;
  let connection: NatsConnection;
  const stops: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    fromMs = Math.floor(Date.now() / hourMs) * hourMs;
    overMs = fromMs + hourMs + 200_000;
    server = await NatsServer.start();
    connection = await connect({ servers: server.url });
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
    await connection.close();
    await server.stop();
  });

  /** A process that was told of 40 minutes and a little, in which cart used 0.5 and then 1.5 CPUs; silent for two minutes. */
  function operator() {
    const broker = new Broker({ url: server.url, name: 'test', logger: silentLogger });
    const registry = new Registry();
    const history = new History({
      broker,
      store,
      metrics: undefined,
      readByPolicies: () => [],
      nowMs: () => fromMs,
      clock: systemClock,
      logger: silentLogger,
      registry,
      random: () => 0,
    });
    stops.push(() => broker.stop());
    stops.push(() => history.stop());
    const { recorder } = history;
    recorder.frame('', frame(1, { capturedMs: fromMs - 1 }));
    const columns = [{ metric: cpu, scope: 'Container' }] as const;
    const rows = [{ scope: 'Container', uid: 'p', container: 'a' }] as const;
    recorder.bind('agent/node-1', keyframe({ columns, rows, capturedMs: fromMs }), [identity]);
    for (let second = 0; second < 40 * 60; second++) {
      const minute = Math.floor(second / 60);
      if (minute === 10 || minute === 11) continue;
      const columns = [{ column: 0, values: Float32Array.of(minute < 20 ? 0.5 : 1.5) }];
      recorder.frame('agent/node-1', frame(second + 1, { capturedMs: fromMs + second * 1000, columns }));
      recorder.advance(fromMs + second * 1000);
    }
    recorder.advance(fromMs + 42 * minuteMs);
    return { history, registry };
  }

  const stored = async (): Promise<number> => {
    const { streams } = await jetstreamManager(connection);
    return (await streams.info(rollupsStream(store).name)).state.messages;
  };
  const published = (of: { registry: Registry }, minutes: number): Promise<unknown> =>
    eventually('its minutes', async () =>
      (await of.registry.metrics()).includes(`homeostat_history_minutes_total{result="Published"} ${minutes}\n`),
    );
  /** An Incident about a container of cart, opened by an operator that has this history. */
  const incidentOf = async (history: History): Promise<Incident> => {
    const cluster = await new Cluster().start();
    cluster.usual = history;
    await cluster.restart();
    const busy = { signal: 'busy', metric: cpu, aggregate: 'Mean', windowSeconds: 60, value: 9, threshold: '> 8' };
    const told = { finding: '', firing: true, confidence: 1, sinceMs: overMs, samples: 60, source: 'agent/node-1' };
    const seen = { ...busy, ...told, quality: flawless, fromSequence: 1, toSequence: 60 };
    const policy = cluster.policy({ routes: [{ to: 'Incident' }] });
    const target = { ...container, uid: 'uid-web-1', name: 'web-1', node: 'node-1' };
    cluster.setVerdict(policy, target, 'Firing', { evidence: [seen] });
    // Its time is the test’s: it passes slowly enough for the broker to answer.
    return eventually('the evidence', async () => {
      await cluster.clock.advance(1);
      return cluster.incidents.find(({ status }) => status?.evidence !== undefined);
    });
  };
  const profiles = (told: string[] = []): Profiles =>
    new Profiles({
      broker: { connection },
      store,
      nowMs: () => overMs,
      clock: systemClock,
      logger: silentLogger,
      metrics: { profile: (result) => void told.push(result) },
    });
  const hoursAndSamples = async (): Promise<number[]> => {
    const key = usualKey('Deployment/shop/cart', cpu);
    const { value } = await kvEntry(connection, usualBucket('homeostat'), key);
    const { hours, sketch } = together(decodeProfile(value ?? new Uint8Array(0)), () => true);
    return [hours, sketch.count];
  };

  it('goes from frames to rollups, to what is usual, and to who asks for it', async () => {
    const one = operator();
    one.history.setActive(true);
    await published(one, 38);
    expect(await stored()).to.equal(38);
    expect(await ensureStreamIs(connection, rollupsStream(store))).to.equal('Unchanged');

    const told: string[] = [];
    await profiles(told).foldUntil(connection, overMs, new AbortController().signal);
    expect([told, await hoursAndSamples()]).to.deep.equal([['Written'], [1, 38 * 60]]);

    const usual = await one.history.ask(container, evidence, overMs);
    expect(usual).to.deep.include({ span: 'Overall', hours: 1 });
    expect((usual as Usual).p50).to.be.closeTo(1.5, 0.012);
    expect(await one.history.ask(container, { ...evidence, aggregate: 'Slope' }, overMs)).to.equal(undefined);
    expect(
      await one.history.ask(container, { ...evidence, metric: 'k8s.container.memory.working_set' }, overMs),
    ).to.deep.equal({
      absent: 'no history yet',
    });
    const metrics = await one.registry.metrics();
    expect(metrics).to.match(/sketch_checks_total\{result="Held"\} (3[5-9])/);
    expect(metrics).to.include('homeostat_history_sketch_checks_total{result="Violated"} 0');

    const incident = await incidentOf(one.history);
    expect(incident.status?.evidence?.[0]?.usual).to.include({ over: 'Overall', hours: 1 });
    expect(Number(incident.status?.evidence?.[0]?.usual?.p99)).to.be.closeTo(1.5, 0.012);

    const terminal = await new Terminal().start();
    await terminal.clock.advance(fromMs + hourMs - terminal.clock.now());
    const { out, code, error } = await terminal.run(
      `history deploy/cart -n shop --metric ${cpu} --since 7d --nats-url ${server.url}`,
    );
    await terminal.stop();
    expect([code, error]).to.deep.equal([0, '']);
    const at = new Date(fromMs).toISOString().slice(0, 16).replace('T', ' ');
    expect(out).to.match(/^k8s.container.cpu.usage \(\{cpu\}\) of Deployment\/shop\/cart\n/);
    expect(out).to.match(new RegExp(`^  ${at} +38 of 60 +1\\.5 +1\\.5 +1\\.5 +1\\.5$`, 'm'));
    expect(out).to.include('at any time: half below 1.5');
  });

  it('stores each minute once, whichever leader and however often', async () => {
    const [one, other] = [operator(), operator()];
    one.history.setActive(true);
    await published(one, 38);
    // It had not led, and has what is left of its last minutes; and the first starts anew and comes to the same.
    other.history.setActive(true);
    await published(other, 5);
    const again = operator();
    again.history.setActive(true);
    await published(again, 38);
    expect(await stored()).to.equal(38);
  });

  it('merges each hour into a profile once: with rollups that came twice, after a crash in the middle of it, by two at once', async () => {
    const one = operator();
    one.history.setActive(true);
    await published(one, 38);
    const { signal } = new AbortController();
    // The same once more under another id, as after an hour; and what nobody can read.
    const { streams } = await jetstreamManager(connection);
    const first = await streams.getMessage(rollupsStream(store).name, { seq: 1 });
    for (const bytes of [first?.data ?? new Uint8Array(0), Uint8Array.of(0x52, 9)])
      await jetstream(connection).publish(first?.subject ?? '', bytes);
    expect(await stored()).to.equal(40);
    // Both are at it; who is later finds that it is done, or is refused the note how far it is.
    await Promise.allSettled([
      profiles().foldUntil(connection, overMs, signal),
      profiles().foldUntil(connection, overMs, signal),
    ]);
    expect(await hoursAndSamples()).to.deep.equal([1, 38 * 60]);
    await connection.request(
      '$JS.API.STREAM.PURGE.KV_homeostat-usual',
      JSON.stringify({ filter: '$KV.homeostat-usual.progress' }),
    );
    const told: string[] = [];
    await profiles(told).foldUntil(connection, overMs, signal);
    expect([told, await hoursAndSamples()]).to.deep.equal([['Written'], [1, 38 * 60]]);
    // Everything is known: nothing is read again.
    await profiles(told).foldUntil(connection, overMs, signal);
    expect(told).to.have.length(1);
  });

  it('says that history did not answer, and asks no more for a while', async () => {
    const { history, registry } = operator();
    await eventually('a connection', async () => {
      const answer = await history.ask(container, evidence, overMs);
      return (
        answer !== undefined &&
        'absent' in answer &&
        answer.absent !== 'history was not asked: it has not answered just before'
      );
    });
    server.freeze(true);
    const answers: string[] = [];
    for (let i = 0; i < 6; i++) {
      const answer = await history.ask(container, evidence, overMs);
      if (answer !== undefined && 'absent' in answer) answers.push(answer.absent);
    }
    server.freeze(false);
    expect(answers.at(-1)).to.equal('history was not asked: it has not answered just before');
    const counted = (await registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('homeostat_history_usual_total{'));
    expect(counted.join('\n')).to.match(/result="TimedOut"\} [1-9]/);
  });
});
