import { expect } from 'chai';
import type { Reflectors, Watched } from '../ingest/reflectors.ts';
import {
  daemonSetView,
  deploymentView,
  nodeView,
  replicaSetView,
  statefulSetView,
  type NodeView,
  type PodView,
} from '../ingest/views.ts';
import type { KubeObject } from '../kube/api.ts';
import { MutableStore } from '../kube/store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { controllerReference } from '../testing/fixtures.ts';
import { ClusterView } from './cluster-view.ts';

function watched<T extends KubeObject>(...objects: T[]): Watched<T> {
  const store = new MutableStore<T>();
  store.replace(objects);
  return {
    store,
    synced: () => Promise.resolve(),
    onEvent: () => () => {},
    problem: undefined,
    failingSinceMs: undefined,
  };
}

const labelled = (name: string, ownerReferences?: KubeObject['metadata']['ownerReferences']): KubeObject => ({
  metadata: {
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    labels: { tier: name },
    ...(ownerReferences && { ownerReferences }),
  },
});

describe('what is watched of the owners of pods', () => {
  const ofWeb = controllerReference('apps/v1', 'Deployment', 'web', 'uid-web');
  const reflectors: Reflectors = {
    pods: watched(),
    nodes: watched(),
    replicaSets: watched(replicaSetView(labelled('web-1', [ofWeb])), replicaSetView(labelled('lone'))),
    deployments: watched(deploymentView(labelled('web'))),
    statefulSets: watched(statefulSetView(labelled('db'))),
    daemonSets: watched(daemonSetView(labelled('agent'))),
  };
  const table: [what: string, name: string, tier: string | undefined, controller: string | undefined][] = [
    ['a Deployment', 'web', 'web', undefined],
    ['a StatefulSet', 'db', 'db', undefined],
    ['a DaemonSet', 'agent', 'agent', undefined],
    ['a ReplicaSet of a Deployment, whose labels its pods have', 'web-1', undefined, 'web'],
  ];
  for (const [what, name, tier, controller] of table)
    it(`is ${what}`, () => {
      const owner = new ClusterView(reflectors, new FakeClock()).owner(`uid-${name}`);
      expect([owner?.labels['tier'], owner?.controller?.name]).to.deep.equal([tier, controller]);
    });

  it('is nothing of a ReplicaSet of its own, whose labels are not kept, nor of what is not watched', () => {
    const view = new ClusterView(reflectors, new FakeClock());
    expect([view.owner('uid-lone'), view.owner('uid-job')]).to.deep.equal([undefined, undefined]);
  });
});

describe('what is watched of nodes', () => {
  const nodeOf = (name: string, ready: boolean): NodeView =>
    nodeView({
      metadata: { name, uid: `uid-${name}` },
      status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    } as KubeObject);

  it('is counted on, for all and for groups, and told by name where it has changed', () => {
    const nodes = watched(nodeOf('a', true), nodeOf('b', false));
    let tell: Parameters<Watched<NodeView>['onEvent']>[0] = () => {};
    const view = new ClusterView(
      {
        pods: watched(),
        nodes: { ...nodes, onEvent: (listener) => ((tell = listener), () => {}) },
        replicaSets: watched(),
        deployments: watched(),
        statefulSets: watched(),
        daemonSets: watched(),
      },
      new FakeClock(),
    );
    const group = new Set(['b', 'c']);
    const counts = (): unknown => [view.health(), view.health(group)].map(({ total, healthy }) => [total, healthy]);
    expect(counts()).to.deep.equal([
      [2, 1],
      [1, 0],
    ]);
    const since = view.changes.length;
    tell({ type: 'MODIFIED', object: nodeOf('b', true) });
    tell({ type: 'MODIFIED', object: nodeOf('a', true) });
    tell({ type: 'ADDED', object: nodeOf('c', true) });
    tell({ type: 'DELETED', object: nodeOf('a', true) });
    expect(counts()).to.deep.equal([
      [2, 2],
      [2, 2],
    ]);
    expect(view.changes.since(since)).to.deep.equal(['b', 'c', 'a']);
  });
});

describe('what is watched of pods', () => {
  it('tells which revisions were available for a while, and of which workload they are', async () => {
    const clock = new FakeClock();
    const store = new MutableStore<PodView>();
    let listener: Parameters<Watched<PodView>['onEvent']>[0] = () => {};
    const tell = (events: ReturnType<typeof store.set>): void => {
      for (const event of events) listener(event);
    };
    const ofWeb = controllerReference('apps/v1', 'Deployment', 'web', 'uid-web');
    const replicaSets = ['web-1', 'web-2'].map((name) => replicaSetView(labelled(name, [ofWeb])));
    const view = new ClusterView(
      {
        pods: { ...watched(), store, onEvent: (told) => ((listener = told), () => {}) },
        nodes: watched(),
        replicaSets: watched(...replicaSets),
        deployments: watched(deploymentView(labelled('web'))),
        statefulSets: watched(statefulSetView(labelled('db'))),
        daemonSets: watched(),
      },
      clock,
    );
    const kinds: Record<string, string> = { db: 'StatefulSet', job: 'Job' };
    const pod = (name: string, owner: string, ready: boolean, labels: Record<string, string> = {}): PodView => ({
      metadata: {
        name,
        uid: name,
        labels,
        ownerReferences: [controllerReference('apps/v1', kinds[owner] ?? 'ReplicaSet', owner, `uid-${owner}`)],
      },
      spec: { containers: [] },
      status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    });
    const revised = { 'controller-revision-hash': 'db-7f' };
    const healthy = (): unknown[] => [
      view.workload('uid-web')?.healthy,
      view.workload('uid-db')?.healthy,
      ['a', 'b', 'c', 'd'].filter((name) => view.isPodHealthy(name)),
    ];
    tell(store.set(pod('a', 'web-1', true)));
    tell(store.set(pod('b', 'web-2', false)));
    tell(store.set(pod('c', 'db', true, revised)));
    tell(store.set(pod('e', 'job', true)));
    expect(healthy()).to.deep.equal([1, 1, ['a', 'c']]);
    await clock.advance(60_000);
    tell(store.set(pod('d', 'web-2', true)));
    expect(healthy()).to.deep.equal([2, 1, ['a', 'c', 'd']]);
    tell(store.delete(pod('a', 'web-1', true)));
    tell(store.set(pod('c', 'db', false, revised)));
    expect(healthy()).to.deep.equal([1, 0, ['d']]);
    expect(view.stableOf('uid-web')).to.deep.equal([['uid-web-1', '']]);
    expect(view.stableOf('uid-db')).to.deep.equal([['uid-db', 'db-7f']]);
    expect(view.stableOf('uid-gone')).to.equal(undefined);
    expect(view.wasAvailable('uid-web-1', '')).to.equal(true);
    expect(view.wasAvailable('uid-web-2', '')).to.equal(false);
    // Nobody would tell when it can be forgotten.
    expect(view.wasAvailable('uid-job', '')).to.equal(false);
  });
});
