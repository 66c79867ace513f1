import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { patienceMs } from '../testing/eventually.ts';
import { node } from '../testing/fixtures.ts';
import { connectToCluster, makeNamespace, removeNamespace } from '../testing/real-cluster.ts';
import { TcpProxy } from '../testing/tcp-proxy.ts';
import { missingAccess } from './access.ts';
import { ApiError, type KubeObject } from './api.ts';
import { systemClock } from './clock.ts';
import { EventRecorder, referenceTo } from './events.ts';
import { connect, type HttpKubeApi } from './http-api.ts';
import { LeaderElection, type LeaseObject } from './lease.ts';
import { silentLogger } from './logger.ts';
import { ownersOf } from './managed-fields.ts';
import { Reflector, slim } from './reflector.ts';
import { ConfigMap, Event, Lease, Node } from './resources.ts';

interface ConfigMapObject extends KubeObject {
  data?: Record<string, string>;
}

const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => expect.fail('did not fail'),
    (error: unknown) => (error instanceof ApiError ? error : expect.fail(String(error))),
  );

/** Waits for something that another process brings about; what `what` throws is the end of the test. */
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + patienceMs;
  while (!(await what())) {
    if (Date.now() > endMs) expect.fail(`did not happen within ${patienceMs} ms: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the runtime on a real API server', function () {
  const cleanUps: (() => Promise<unknown> | void)[] = [];
  let api: HttpKubeApi;
  let namespace: string;

  before(async () => {
    api = connectToCluster();
    namespace = await makeNamespace(api, 'runtime');
    cleanUps.push(
      () => api.close(),
      () => removeNamespace(api, namespace),
    );
  });
  after(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  const configMap = (name: string, value: string): ConfigMapObject => ({
    metadata: { name, namespace },
    data: { value },
  });
  const reflectorOf = (from: HttpKubeApi) =>
    new Reflector<ConfigMapObject>({
      api: from,
      resource: ConfigMap,
      namespace,
      labelSelector: 'test=reflector',
      transform: slim,
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    });
  const labelled = (name: string, value: string): ConfigMapObject => {
    const object = configMap(name, value);
    return { ...object, metadata: { ...object.metadata, labels: { test: 'reflector' } } };
  };

  /** A client that reaches the same server through a proxy, with TLS end to end. */
  async function throughProxy(timeouts = {}): Promise<{ proxy: TcpProxy; proxied: HttpKubeApi }> {
    const { hostname, port } = new URL(api.server);
    const proxy = new TcpProxy(hostname, Number(port || 443));
    const address = `https://127.0.0.1:${await proxy.start()}`;
    const config = parse(readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8')) as {
      clusters: { cluster: Record<string, unknown> }[];
    };
    for (const { cluster } of config.clusters)
      Object.assign(cluster, { server: address, 'tls-server-name': 'kubernetes.default.svc' });
    const directory = mkdtempSync(join(tmpdir(), 'homeostat-proxy-'));
    const file = join(directory, 'kubeconfig');
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const proxied = connect({ kubeconfig: file }, timeouts);
    cleanUps.push(
      () => rmSync(directory, { recursive: true }),
      () => proxy.stop(),
      () => proxied.close(),
    );
    return { proxy, proxied };
  }

  it('makes twenty calls over one TLS connection', async () => {
    const { proxy, proxied } = await throughProxy();
    for (let i = 0; i < 20; i++) await proxied.list(ConfigMap, { namespace, limit: 1 });
    expect(proxy.connections).to.equal(1);
  });

  it('ends a call on a network that went silent, and goes on when it is back', async () => {
    const { proxy, proxied } = await throughProxy({ callMs: 3000 });
    await proxied.get(ConfigMap, { namespace: 'kube-system', name: 'kube-root-ca.crt' });
    proxy.silent = true;
    const error = await failure(proxied.get(ConfigMap, { namespace: 'kube-system', name: 'kube-root-ca.crt' }));
    expect(error.reason).to.equal('Timeout');
    proxy.silent = false;
    await proxied.get(ConfigMap, { namespace: 'kube-system', name: 'kube-root-ca.crt' });
  });

  it('reflects a kind through cut connections, and misses nothing', async () => {
    const { proxy, proxied } = await throughProxy();
    await api.create(ConfigMap, labelled('a', '1'));
    await api.create(ConfigMap, labelled('gone', '1'));
    const reflector = reflectorOf(proxied);
    const seen: string[] = [];
    reflector.onEvent(({ type, object }) => seen.push(`${type} ${object.metadata.name} ${object.data?.['value']}`));
    reflector.start();
    await reflector.synced(patienceMs);
    await api.replace(ConfigMap, labelled('a', '2'));
    await until(() => seen.length === 3);
    proxy.cut();
    await api.replace(ConfigMap, labelled('a', '3'));
    await api.delete(ConfigMap, { name: 'gone', namespace });
    await api.create(ConfigMap, labelled('b', '1'));
    await until(() => seen.length === 6);
    expect(seen).to.deep.equal([
      'ADDED a 1',
      'ADDED gone 1',
      'MODIFIED a 2',
      'MODIFIED a 3',
      'DELETED gone 1',
      'ADDED b 1',
    ]);
    const stored = reflector.store.get(`${namespace}/a`);
    expect([stored?.kind, stored?.metadata.managedFields, typeof stored?.metadata.creationTimestamp]).to.deep.equal([
      'ConfigMap',
      undefined,
      'string',
    ]);
    await reflector.stop();
  });

  it('takes times with six digits only, which is what it sends', async () => {
    const lease = (renewTime: string): LeaseObject => ({
      metadata: { name: 'times', namespace },
      spec: { holderIdentity: 'a', renewTime },
    });
    expect((await failure(api.create(Lease, lease('2026-01-01T00:00:00.123Z')))).status).to.equal(400);
    const created = await api.create<LeaseObject>(Lease, lease('2026-01-01T00:00:00.123000Z'));
    expect(created.spec?.renewTime).to.equal('2026-01-01T00:00:00.123000Z');
  });

  it('has one leader at a time, and the next one follows a release at once, a silence after the lease', async () => {
    const leading: string[] = [];
    const candidate = (identity: string, from = api) =>
      new LeaderElection({
        api: from,
        namespace,
        name: 'leader',
        identity,
        clock: systemClock,
        random: Math.random,
        logger: silentLogger,
        leaseDurationMs: 8000,
        renewDeadlineMs: 6000,
        retryPeriodMs: 300,
        onStartedLeading: () => leading.push(identity),
        onStoppedLeading: () => void leading.push(`not ${identity}`),
      });
    const { proxy, proxied } = await throughProxy();
    const [a, b, c] = [candidate('a'), candidate('b', proxied), candidate('c')];
    a.start();
    await until(() => a.isLeader());
    b.start();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect([a.isLeader(), b.isLeader(), b.holder]).to.deep.equal([true, false, 'a']);
    await a.stop();
    await until(() => b.isLeader());
    c.start();
    await until(() => c.holder === 'b');
    proxy.silent = true;
    await until(() => {
      expect(b.isLeader() && c.isLeader()).to.equal(false);
      return c.isLeader();
    });
    expect(leading).to.deep.equal(['a', 'not a', 'b', 'not b', 'c']);
    proxy.silent = false;
    await Promise.all([b.stop(), c.stop()]);
    expect((await api.get<LeaseObject>(Lease, { name: 'leader', namespace })).spec?.holderIdentity).to.equal('');
  });

  it('writes events that kubectl describe finds, and counts what repeats', async () => {
    const regarding = await api.create<ConfigMapObject>(ConfigMap, configMap('eventful', '1'));
    const recorder = new EventRecorder({
      api,
      clock: systemClock,
      logger: silentLogger,
      controller: 'homeostat.dev/operator',
      instance: 'test-0',
    });
    const event = {
      regarding: referenceTo(regarding),
      type: 'Warning',
      reason: 'Tried',
      action: 'Try',
      note: 'ü'.repeat(800),
    } as const;
    const stored = async () => {
      const { items } = await api.list<KubeObject & { reason: string; series?: { count: number }; note: string }>(
        Event,
        { namespace },
      );
      return items.filter(({ reason }) => reason === 'Tried');
    };
    recorder.record(event);
    await until(async () => (await stored()).length === 1);
    recorder.record(event);
    recorder.record(event);
    await recorder.stop();
    const [first, ...others] = await stored();
    expect([first?.series?.count, others, Buffer.byteLength(first?.note ?? '') <= 1024]).to.deep.equal([3, [], true]);
    const legacy = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
    const fieldSelector = `involvedObject.uid=${regarding.metadata.uid}`;
    expect((await api.list(legacy, { namespace, fieldSelector })).items).to.have.length(1);
  });

  it('knows who cordoned and who tainted a node, and a JSON patch refuses to taint over a change', async () => {
    const fixture = node({ name: `${namespace}-node` });
    const { metadata } = await api.create(Node, { metadata: fixture.metadata });
    cleanUps.push(() => api.delete(Node, metadata));
    const fieldManager = 'homeostat/fix-1';
    const cordoned = await api.patch<KubeObject & { spec: { unschedulable?: boolean } }>(
      Node,
      metadata,
      { type: 'merge', body: { metadata: { uid: metadata.uid }, spec: { unschedulable: true } } },
      { fieldManager },
    );
    expect(
      ownersOf(cordoned, ['spec', 'unschedulable']).map(({ manager, operation }) => [manager, operation]),
    ).to.deep.equal([[fieldManager, 'Update']]);
    const taint = { key: 'homeostat.dev/test', effect: 'NoSchedule' };
    const over = (seen: unknown) =>
      api.patch(
        Node,
        metadata,
        {
          type: 'json',
          body: [
            { op: 'test', path: '/spec/taints', value: seen },
            { op: 'add', path: '/spec/taints', value: [taint] },
          ],
        },
        { fieldManager },
      );
    expect(await failure(over([{ key: 'not', effect: 'there' }]))).to.include({ status: 422, reason: 'Invalid' });
    // The node's controllers taint it as well: read, try, and read again when they came in between.
    let tainted: KubeObject = cordoned;
    await until(async () => {
      const { spec } = await api.get<KubeObject & { spec: { taints?: object[] } }>(Node, metadata);
      try {
        tainted = await over(spec.taints ?? null);
        return true;
      } catch {
        return false;
      }
    });
    expect(ownersOf(tainted, ['spec', 'taints', '0', 'key'])[0]?.manager).to.equal(fieldManager);
  });

  it('finds missing permissions before they are needed', async () => {
    const permissions = [{ verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' }] as const;
    expect(await missingAccess(api, permissions)).to.deep.equal([]);
    expect(await missingAccess(api.as(`system:serviceaccount:${namespace}:default`), permissions)).to.deep.equal([
      'patch deployments.apps/scale',
    ]);
  });
});
