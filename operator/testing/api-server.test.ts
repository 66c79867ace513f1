import { expect } from 'chai';
import { type ApiError, hasReason, type KubeObject, type WatchEvent } from '../kube/api.ts';
import { Deployment, Node, Pod, Remediation, SelfSubjectAccessReview } from '../kube/resources.ts';
import { conflict, timeout } from './api-errors.ts';
import { ApiServer } from './api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { deployment, node, pod, type WorkloadFixture } from './fixtures.ts';

const web = { name: 'web', namespace: 'shop' };

function setUp() {
  const clock = new FakeClock();
  const server = new ApiServer({ clock });
  return { clock, server };
}

const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await promise.then(
    () => expect.fail('did not fail'),
    (reason: unknown) => reason,
  );
  return error as ApiError;
};

describe('ApiServer faults', () => {
  it('refuses without doing, does without answering, and answers late', async () => {
    const { clock, server } = setUp();
    server.seed(Deployment, deployment());
    const scaleTo = (replicas: number) =>
      server.patch(Deployment, web, { type: 'merge', body: { spec: { replicas } } }, { fieldManager: 'me' });
    const replicas = () => server.find<WorkloadFixture>(Deployment, web)?.spec.replicas;

    server.faults = () => ({ kind: 'error', error: conflict(Deployment, 'web') });
    expect(hasReason(await failure(scaleTo(3)), 'Conflict')).to.equal(true);
    expect(replicas()).to.equal(2);

    server.faults = () => ({ kind: 'afterCommit', error: timeout() });
    expect((await failure(scaleTo(4))).uncertain).to.equal(true);
    expect(replicas()).to.equal(4);

    server.faults = () => ({ kind: 'delayMs', ms: 500 });
    let answered = false;
    const late = scaleTo(5).then(() => (answered = true));
    await clock.advance(499);
    expect(answered).to.equal(false);
    await clock.advance(1);
    await late;
    expect(replicas()).to.equal(5);
  });

  it('logs every request with whom it impersonates', async () => {
    const { server } = setUp();
    server.seed(Deployment, deployment());
    await server
      .as('system:serviceaccount:shop:fixer')
      .patch(Deployment, web, { type: 'merge', body: {} }, { subresource: 'scale' });
    await server.patch(Deployment, web, { type: 'merge', body: {} }, { dryRun: true });
    await server.list(Pod);
    expect(server.requests.map(({ verb, user, subresource }) => [verb, user, subresource])).to.deep.equal([
      ['patch', 'system:serviceaccount:shop:fixer', 'scale'],
      ['patch', undefined, undefined],
      ['list', undefined, undefined],
    ]);
    expect(server.writes).to.have.length(1);
  });

  it('refuses what is not authorized and says so in an access review', async () => {
    const { server } = setUp();
    server.authorize = ({ verb, resource }) => !(verb === 'patch' && resource.plural === 'nodes');
    server.seed(Node, node());
    const error = await failure(server.patch(Node, { name: 'node-1' }, { type: 'merge', body: {} }));
    expect(error.message).to.equal(
      'nodes "node-1" is forbidden: User "homeostat" cannot patch resource "nodes" in API group ""',
    );
    const review = async (verb: string) => {
      const spec = { resourceAttributes: { verb, resource: 'nodes', group: '' } };
      const asked = { metadata: { name: '' }, spec } as KubeObject;
      return (await server.create<KubeObject & { status: { allowed: boolean } }>(SelfSubjectAccessReview, asked)).status
        .allowed;
    };
    expect([await review('patch'), await review('get')]).to.deep.equal([false, true]);
  });
});

describe('ApiServer world', () => {
  it('keeps a deleted pod for its termination, and an object with finalizers until they are gone', async () => {
    const { clock, server } = setUp();
    server.seed(Pod, pod());
    await server.delete(Pod, { name: 'web-1', namespace: 'shop' });
    expect(server.all<KubeObject>(Pod)[0]?.metadata.deletionTimestamp).to.equal('2026-01-01T00:00:30Z');
    await clock.advance(1000);
    expect(server.all(Pod)).to.deep.equal([]);
  });

  it('gives the same identities and versions on every run', async () => {
    const run = async () => {
      const { server } = setUp();
      await server.create(Remediation, { metadata: { generateName: 'r-', name: '', namespace: 'shop' } });
      await server.create(Remediation, { metadata: { generateName: 'r-', name: '', namespace: 'shop' } });
      return server.all(Remediation);
    };
    expect(await run()).to.deep.equal(await run());
  });

  it('loses no change between opening a watch and reading it', async () => {
    const { server } = setUp();
    const { resourceVersion } = await server.list(Node);
    const abort = new AbortController();
    const seen: WatchEvent<KubeObject>[] = [];
    const reading = (async () => {
      for await (const event of server.watch(Node, { resourceVersion, timeoutSeconds: 60, signal: abort.signal }))
        seen.push(event);
    })();
    server.seed(Node, node({ name: 'a' }));
    await new Promise(setImmediate);
    server.seed(Node, node({ name: 'b' }));
    await new Promise(setImmediate);
    abort.abort();
    await reading;
    expect(seen.map(({ type, object }) => [type, 'metadata' in object && object.metadata.name])).to.deep.equal([
      ['ADDED', 'a'],
      ['ADDED', 'b'],
    ]);
    expect(server.openWatches).to.equal(0);
  });
});
