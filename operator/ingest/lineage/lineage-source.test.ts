import { expect } from 'chai';
import { lineageNode, lineageSubject } from '../../../engine/frame/subject.ts';
import { BusError } from '../../../wire/bus.ts';
import type { KubeObject } from '../../kube/api.ts';
import { silentLogger } from '../../kube/logger.ts';
import { MutableStore } from '../../kube/store.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { controllerReference, deployment, node, pod, replicaSet } from '../../testing/fixtures.ts';
import type { Reflectors } from '../reflectors.ts';
import { keyframe } from '../testing.ts';
import { lineageKinds } from './kinds.ts';
import { LineageSource } from './lineage-source.ts';
import { decodeLineage, encodeLineage, lineageRepeatMs, type Lineage } from './message.ts';

/** A cluster with `shop/web` and a pod of it on node-1, and what was told of it. */
function cluster(random = () => 0) {
  const clock = new FakeClock();
  const stores = new Map(lineageKinds.map(({ resource }) => [resource.kind, new MutableStore<KubeObject>()]));
  const set = (kind: string, object: KubeObject): void => {
    const { view } = lineageKinds.find(({ resource }) => resource.kind === kind) ?? expect.fail(kind);
    stores.get(kind)?.set({ ...view(object), kind });
  };
  const remove = (kind: string, uid: string): void => {
    const store = stores.get(kind);
    const object = store?.byUid(uid) ?? expect.fail(uid);
    store?.delete(object);
  };
  set('Node', node({ name: 'node-1', uid: 'uid-node' }));
  set('Deployment', deployment({ uid: 'uid-web', namespace: 'shop', labels: { tier: 'front' } }));
  set('ReplicaSet', replicaSet({ uid: 'uid-rs', namespace: 'shop' }));
  const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', 'web-6d4cf56db6', 'uid-rs')];
  set('Pod', pod({ uid: 'uid-1', ownerReferences }));
  const watched = (kind: string) => ({ store: stores.get(kind) });
  const reflectors = {
    pods: watched('Pod'),
    nodes: watched('Node'),
    replicaSets: watched('ReplicaSet'),
    deployments: watched('Deployment'),
    statefulSets: watched('StatefulSet'),
    daemonSets: watched('DaemonSet'),
  } as unknown as Reflectors;
  const told: (Lineage & { readonly node: string | undefined })[] = [];
  const bus = {
    isAway: false,
    publish(subject: string, payload: Uint8Array): Promise<{ duplicate: boolean }> {
      if (bus.isAway) return Promise.reject(new BusError('Disconnected', 'away'));
      const lineage = decodeLineage(payload) ?? expect.fail('no lineage');
      told.push({ ...lineage, node: lineageNode(subject) });
      return Promise.resolve({ duplicate: false });
    },
  };
  const source = new LineageSource({ reflectors, bus, clock, logger: silentLogger, random });
  const rows = keyframe({ rows: [{ scope: 'Container', uid: 'uid-1', container: 'app' }] });
  return { clock, source, told, bus, rows, set, remove };
}

describe('what the leader tells of whose rows are whose', () => {
  it('names each object that rows of a node belong to, owners first, without what changes all the time', async () => {
    const { clock, source, told, rows } = cluster();
    source.setActive(true);
    source.bound('agent/node-1', rows, 1234);
    source.bound('state/node-1', rows, 1300);
    await clock.advance(50);
    expect(told).to.have.length(1);
    expect(told[0]).to.include({ node: 'node-1', atMs: 1234 });
    expect(told[0]?.objects.map(({ kind }) => kind)).to.deep.equal(['Node', 'Deployment', 'ReplicaSet', 'Pod']);
    const { object } = told[0]?.objects[3] ?? expect.fail();
    expect(object.metadata).to.deep.include({ name: 'web-1', namespace: 'shop', labels: { app: 'web' } });
    expect(JSON.stringify(object)).not.to.match(/conditions|resourceVersion|ready/i);
  });

  it('names only what has changed since, and who is gone, until all of it is due again', async () => {
    const { clock, source, told, rows, set, remove } = cluster();
    source.setActive(true);
    source.bound('agent/node-1', rows, 1);
    await clock.advance(50);
    expect(told.at(-1)).not.to.have.property('gone');
    // Nothing that identities are made of has changed.
    source.bound('agent/node-1', rows, 2);
    await clock.advance(50);
    expect(told).to.have.length(1);
    set('Pod', pod({ uid: 'uid-2', name: 'web-2' }));
    const both = keyframe({ rows: [...rows.rows, { scope: 'Container', uid: 'uid-2', container: 'app' }] });
    source.bound('agent/node-1', both, 3);
    await clock.advance(50);
    expect(told.at(-1)).to.deep.include({ atMs: 3, gone: [] });
    expect(told.at(-1)?.objects.map(({ object }) => object.metadata.uid)).to.deep.equal(['uid-2']);
    remove('Pod', 'uid-1');
    source.bound('agent/node-1', both, 4);
    await clock.advance(50);
    expect(told.at(-1)).to.deep.include({ atMs: 4, objects: [], gone: ['uid-1'] });
    for (let ms = 0; ms < lineageRepeatMs + 5_000; ms += 1_000) {
      set('Pod', pod({ uid: 'uid-2', name: 'web-2', resourceVersion: `${ms}` }));
      source.bound('agent/node-1', both, ms);
      await clock.advance(1_000);
    }
    const whole = told.slice(3).filter(({ gone }) => gone === undefined);
    expect(whole).to.have.length(1);
    expect(whole[0]?.objects.map(({ kind }) => kind)).to.deep.equal(['Node', 'Pod']);
  });

  it('is told by the leader only, of everything when it begins, and again each five minutes', async () => {
    const { clock, source, told, rows } = cluster();
    source.bound('agent/node-1', rows, 1);
    await clock.advance(60_000);
    expect(told).to.deep.equal([]);
    source.setActive(true);
    await clock.advance(50);
    expect(told.map(({ atMs }) => atMs)).to.deep.equal([undefined]);
    await clock.advance(lineageRepeatMs + 20_000);
    expect(told).to.have.length(2);
    source.setActive(false);
    await clock.advance(2 * lineageRepeatMs);
    expect(told).to.have.length(2);
  });

  it('is told of a node that is gone once', async () => {
    const { clock, source, told, rows, remove } = cluster();
    source.setActive(true);
    source.bound('agent/node-1', rows, 1);
    await clock.advance(50);
    remove('Node', 'uid-node');
    source.bound('agent/node-1', undefined, 2);
    await clock.advance(3 * lineageRepeatMs);
    expect(told.slice(1)).to.deep.equal([{ node: 'node-1', atMs: 2, objects: [], gone: ['uid-1'] }]);
  });

  it('is told again at times of its own, however many nodes were told of at once', async () => {
    const { clock, source, told, rows } = cluster(() => 0.9);
    source.setActive(true);
    source.bound('agent/node-1', rows, 1);
    await clock.advance(0.54 * lineageRepeatMs);
    expect(told).to.have.length(1);
    await clock.advance(0.02 * lineageRepeatMs);
    expect(told).to.have.length(2);
  });

  it('is told though there are ever more changes', async () => {
    const { clock, source, told, rows } = cluster();
    source.setActive(true);
    for (let i = 0; i < 20; i++) {
      source.bound('agent/node-1', rows, i);
      await clock.advance(10);
    }
    expect(told).to.have.length(1);
  });

  it('is told of what has changed within a second, at however many nodes, and whoever waits besides', async () => {
    const { clock, source, told, rows, set } = cluster();
    const nodes = Array.from({ length: 1000 }, (_, i) => `agent/node-${i}`);
    const toldSince = (ms: number) => told.filter(({ atMs }) => atMs === ms);
    for (const key of nodes) source.bound(key, rows, 1);
    source.setActive(true);
    await clock.advance(50);
    expect(told).to.have.length(16);
    source.bound('agent/node-900', rows, 2);
    await clock.advance(50);
    expect(toldSince(2).map(({ node: name }) => name)).to.deep.equal(['node-900']);
    await clock.advance(10_000);
    expect(told).to.have.length(1000);
    set('Pod', pod({ uid: 'uid-1', resourceVersion: '2' }));
    for (const key of nodes) source.bound(key, rows, 3);
    await clock.advance(1_000);
    expect(toldSince(3)).to.have.length(1000);
  });

  it('is told of nodes that are new in turn', async () => {
    const { clock, source, told, rows } = cluster();
    source.setActive(true);
    for (let i = 0; i < 100; i++) source.bound(`agent/node-${i}`, rows, i);
    await clock.advance(50);
    expect(told).to.have.length(16);
    await clock.advance(600);
    expect(told.map(({ atMs }) => atMs)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
  });

  it('is told once the broker is back', async () => {
    const { clock, source, told, bus, rows } = cluster();
    source.setActive(true);
    bus.isAway = true;
    source.bound('agent/node-1', rows, 1);
    await clock.advance(1_000);
    bus.isAway = false;
    expect(told).to.deep.equal([]);
    await clock.advance(10_000);
    expect(told).to.have.length(1);
  });

  it('comes back as it was written, and nothing else does', () => {
    for (const pods of [0, 1, 30, 3000]) {
      const objects = Array.from({ length: pods }, (_, i) => ({
        kind: 'Pod',
        object: { metadata: { name: `pod-${i}é` } },
      }));
      const encoded = encodeLineage({ atMs: 7, objects });
      expect(decodeLineage(encoded)).to.deep.equal({ atMs: 7, objects });
      expect(encoded.length).to.be.lessThan(20_000);
    }
    for (const other of ['', 'HMSF', 'HMSL', 'HMSL\u0002x', 'HMSL\u0001x'])
      expect(decodeLineage(Buffer.from(other)), JSON.stringify(other)).to.equal(undefined);
    expect(lineageNode(lineageSubject('worker-1.example', 'p'))).to.equal('worker-1.example');
    expect(lineageNode(lineageSubject(''))).to.equal('');
    for (const other of ['homeostat.frames.etnn4qr5e8mj2.agent', 'homeostat.frames.x-y.lineage', 'x.lineage'])
      expect(lineageNode(other)).to.equal(undefined);
  });
});
