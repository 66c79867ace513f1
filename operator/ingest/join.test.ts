import { expect } from 'chai';
import fc from 'fast-check';
import type { RowIdentity, Target } from '../../engine/evaluate/target.ts';
import type { Keyframe, Row } from '../../engine/frame/types.ts';
import { controllerReference, deployment, node, pod, replicaSet, type PodFixture } from '../testing/fixtures.ts';
import { Join } from './join.ts';
import { sourceKey } from './sources.ts';
import { agentSource, keyframe } from './testing.ts';
import { deploymentView, nodeView, podView, replicaSetView } from './views.ts';

const id = (digit: string): string => digit.repeat(64);
const owner = controllerReference('apps/v1', 'ReplicaSet', 'web-6d4cf56db6', 'uid-rs');
const podRow: Row = { scope: 'Pod', uid: 'uid-pod' };
const containerRow = (container: string): Row => ({ scope: 'Container', uid: 'uid-pod', container });

/** `shop/web-1` of deployment `web`, whose container `app` runs as `aaa…`. */
function webPod(change: (pod: PodFixture) => void = () => {}) {
  const raw = pod({ uid: 'uid-pod', ownerReferences: [owner] });
  Object.assign(raw.status.containerStatuses[0] ?? {}, { containerID: `containerd://${id('a')}` });
  change(raw);
  return podView(raw);
}
const rs = replicaSetView(replicaSet({ uid: 'uid-rs' }));
const web = deploymentView(deployment({ uid: 'uid-web' }));
const node1 = nodeView(node({ uid: 'uid-node', name: 'node-1' }));

function setUp() {
  const join = new Join();
  const everything = (): void => {
    join.setNode(node1);
    join.setWorkload(web);
    join.setReplicaSet(rs);
    join.setPod(webPod());
  };
  const bind = (rows: Row[], change: Partial<Keyframe> = {}): (RowIdentity | undefined)[] =>
    join.bind('agent/node-1', keyframe({ rows, ...change }));
  return { join, everything, bind };
}
const keys = (identity: RowIdentity | undefined): string =>
  [identity?.Container, identity?.Pod, identity?.Workload, identity?.Node]
    .flatMap((target) => target?.key ?? [])
    .sort()
    .join(' ');

const described = (target: Target | undefined) => {
  if (target === undefined) return undefined;
  const { kind, key, uid, namespace, name, container, node: on, workload, labels, startedMs } = target;
  return { kind, key, uid, namespace, name, container, node: on, workload, labels, startedMs };
};

describe('Join', () => {
  const above = 'Node/uid-node Pod/uid-pod Workload/uid-web';
  const cases: [name: string, row: Row, expected: string, source?: Partial<Keyframe>][] = [
    ['a pod counts for its workload and node', podRow, above],
    ['a container is found by the runtime’s id', containerRow(id('a')), `Container/uid-pod/app ${above}`],
    ['and by its name', containerRow('app'), `Container/uid-pod/app ${above}`],
    ['a sandbox is nobody', containerRow(id('f')), ''],
    ['an unknown pod is nobody yet', { scope: 'Pod', uid: 'uid-other' }, ''],
    ['a node', { scope: 'Node', uid: 'node-1' }, 'Node/uid-node'],
    ['another node is not this source’s to speak of', { scope: 'Node', uid: 'node-2' }, ''],
    ['a workload', { scope: 'Workload', uid: 'uid-web' }, 'Workload/uid-web'],
    ['a pod of another node is not this agent’s to speak of', podRow, '', { source: agentSource({ node: 'node-2' }) }],
    ['but the operator’s', podRow, above, { source: agentSource({ producer: 'state', node: '' }) }],
  ];
  for (const [name, row, expected, source] of cases) {
    it(name, () => {
      const { everything, bind } = setUp();
      everything();
      expect(keys(bind([row], source)[0])).to.equal(expected);
    });
  }

  it('describes a container with what policies select by', () => {
    const { everything, bind } = setUp();
    everything();
    expect(described(bind([containerRow(id('a'))])[0]?.Container)).to.deep.equal({
      kind: 'Container',
      key: 'Container/uid-pod/app',
      uid: 'uid-pod',
      namespace: 'shop',
      name: 'web-1',
      container: 'app',
      node: 'node-1',
      workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' },
      labels: { app: 'web' },
      startedMs: Date.UTC(2026, 0, 1),
    });
  });

  const owners: [name: string, apiVersion: string, kind: string][] = [
    ['a StatefulSet', 'apps/v1', 'StatefulSet'],
    ['a DaemonSet', 'apps/v1', 'DaemonSet'],
    ['a Job', 'batch/v1', 'Job'],
    ['somebody’s own controller', 'example.com/v1', 'Game'],
  ];
  for (const [name, apiVersion, kind] of owners) {
    it(`takes ${name} for the workload of its pods`, () => {
      const { join, bind } = setUp();
      const reference = controllerReference(apiVersion, kind, 'top', 'uid-top');
      join.setPod(podView(pod({ uid: 'uid-pod', ownerReferences: [reference] })));
      expect(bind([podRow])[0]?.Workload?.workload).to.deep.equal({ apiVersion, kind, name: 'top', uid: 'uid-top' });
    });
  }

  it('takes a ReplicaSet without a Deployment for the workload', () => {
    const { join, bind } = setUp();
    join.setReplicaSet(replicaSetView(replicaSet({ uid: 'uid-rs', ownerReferences: [] })));
    join.setPod(webPod());
    expect(bind([podRow])[0]?.Workload?.workload?.kind).to.equal('ReplicaSet');
  });

  it('finds a static pod by the UID that its kubelet gave it', () => {
    const { join, bind } = setUp();
    const hash = '0123456789abcdef0123456789abcdef';
    bind([{ scope: 'Pod', uid: hash }]);
    join.setPod(podView(pod({ uid: 'uid-pod', annotations: { 'kubernetes.io/config.mirror': hash } })));
    expect(join.takeTouched()).to.deep.equal(['agent/node-1']);
    expect(bind([{ scope: 'Pod', uid: hash }])[0]?.Pod?.uid).to.equal('uid-pod');
    join.deletePod('uid-pod');
    expect(bind([{ scope: 'Pod', uid: hash }])[0]).to.equal(undefined);
  });

  describe('says which sources must be bound again', () => {
    const restarted = webPod(({ status }) =>
      Object.assign(status.containerStatuses[0] ?? {}, {
        containerID: `containerd://${id('b')}`,
        restartCount: 1,
        lastState: { terminated: { exitCode: 1, containerID: `containerd://${id('a')}` } },
      }),
    );
    const changes: [name: string, change: (join: Join) => void, touched: boolean][] = [
      ['a pod’s status', (join) => join.setPod(webPod(({ status }) => (status.phase = 'Failed'))), false],
      ['a pod’s labels', (join) => join.setPod(webPod(({ metadata }) => (metadata.labels = { app: 'api' }))), true],
      ['a restarted container', (join) => join.setPod(restarted), true],
      ['a pod that is gone', (join) => join.deletePod('uid-pod'), true],
      ['a pod of another node', (join) => join.setPod(podView(pod({ uid: 'x' }, { nodeName: 'node-2' }))), false],
      ['a ReplicaSet that is gone', (join) => join.deleteReplicaSet('uid-rs'), true],
      ['a Deployment that was scaled', (join) => join.setWorkload({ ...web, desired: 9 }), false],
      [
        'a Deployment’s labels',
        (join) => join.setWorkload(deploymentView(deployment({ uid: 'uid-web', labels: {} }))),
        true,
      ],
      [
        'a node’s heartbeat',
        (join) => join.setNode(nodeView(node({ uid: 'uid-node', name: 'node-1', resourceVersion: '9' }))),
        false,
      ],
      [
        'a node’s labels',
        (join) => join.setNode(nodeView(node({ uid: 'uid-node', name: 'node-1', labels: { pool: 'b' } }))),
        true,
      ],
      ['a node that is gone', (join) => join.deleteNode('node-1'), true],
    ];
    for (const [name, change, touched] of changes) {
      it(`${touched ? 'after' : 'not after'} ${name}`, () => {
        const { join, everything, bind } = setUp();
        everything();
        bind([podRow, containerRow(id('a'))]);
        expect(join.takeTouched()).to.deep.equal([]);
        change(join);
        expect([join.hasTouched, join.takeTouched()]).to.deep.equal([touched, touched ? ['agent/node-1'] : []]);
      });
    }

    it('goes on with the identity that is bound when a change does not touch it', () => {
      const { join, everything, bind } = setUp();
      everything();
      const rows = [podRow, containerRow(id('a'))];
      const bound = bind(rows);
      join.setPod(webPod(({ status }) => (status.phase = 'Failed')));
      for (const [i, identity] of bind(rows).entries()) expect(identity).to.equal(bound[i]);
    });

    it('keeps a container’s last run bound beside the present one', () => {
      const { join, everything, bind } = setUp();
      everything();
      join.setPod(restarted);
      const [last, now] = bind([containerRow(id('a')), containerRow(id('b'))]);
      expect(last?.Container?.key).to.equal('Container/uid-pod/app');
      expect(now).to.deep.equal(last);
    });

    it('in whatever order the objects appear', () => {
      const { join, bind } = setUp();
      const rows = [podRow];
      expect(keys(bind(rows)[0])).to.equal('');
      const seen: string[] = [];
      for (const appear of [
        () => join.setPod(webPod()),
        () => join.setReplicaSet(rs),
        () => join.setNode(node1),
        () => join.setWorkload(web),
      ]) {
        appear();
        expect(join.takeTouched()).to.deep.equal(['agent/node-1']);
        seen.push(keys(bind(rows)[0]));
      }
      expect(seen).to.deep.equal(['Pod/uid-pod', 'Pod/uid-pod Workload/uid-web', above, above]);
      expect(bind(rows)[0]?.Workload?.labels).to.deep.equal({ app: 'web' });
    });

    it('whatever happens to whatever objects', () => {
      const owners = [owner, controllerReference('apps/v1', 'StatefulSet', 'db', 'uid-db')];
      const pods = ['a', 'b', 'c'];
      const sources = [agentSource(), agentSource({ producer: 'state', node: '' })].map((source) => {
        const nodes: Row[] = source.node === '' ? [] : [{ scope: 'Node', uid: source.node }];
        const rows = [...nodes, ...pods.map((uid): Row => ({ scope: 'Pod', uid }))];
        return { key: sourceKey(source), keyframe: keyframe({ source, rows }) };
      });
      const choice = fc.nat({ max: 1 });
      const step = fc.record({
        what: fc.constantFrom('pod', 'pod', 'pod', 'no pod', 'set', 'no set', 'web', 'no web', 'node', 'no node'),
        uid: fc.constantFrom(...pods),
        labels: choice.map((x) => ({ x: `${x}` })),
        owner: choice,
      });
      type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
      const take: Record<string, (join: Join, step: Step) => void> = {
        pod(join, { uid, labels, owner: at }) {
          const ownerReferences = owners.slice(at, at + 1);
          join.setPod(podView(pod({ uid, name: uid, labels, ownerReferences }, { nodeName: 'node-1' })));
        },
        'no pod': (join, { uid }) => join.deletePod(uid),
        set: (join) => join.setReplicaSet(rs),
        'no set': (join) => join.deleteReplicaSet('uid-rs'),
        web: (join, { labels }) => join.setWorkload(deploymentView(deployment({ uid: 'uid-web', labels }))),
        'no web': (join) => join.deleteWorkload('uid-web'),
        node: (join, { labels }) => join.setNode(nodeView(node({ uid: 'uid-node', name: 'node-1', labels }))),
        'no node': (join) => join.deleteNode('node-1'),
      };
      const whose = (bound: readonly (RowIdentity | undefined)[]) =>
        bound.map((row) => [described(row?.Pod), described(row?.Workload), described(row?.Node)]);
      fc.assert(
        fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
          const join = new Join();
          const bound = new Map(sources.map(({ key, keyframe }) => [key, whose(join.bind(key, keyframe))]));
          for (const each of steps) take[each.what]?.(join, each);
          const touched = join.takeTouched();
          // What is known in the end, in the order in which it is known at once.
          const now = new Map(steps.map((each) => [`${each.what.replace('no ', '')} ${subjectOf(each)}`, each]));
          const anew = new Join();
          for (const each of [...now.values()].sort((a, b) => rank(a) - rank(b))) take[each.what]?.(anew, each);
          for (const { key, keyframe } of sources) {
            const expected = whose(anew.bind(key, keyframe));
            if (!touched.includes(key)) expect(bound.get(key)).to.deep.equal(expected);
            expect(whose(join.bind(key, keyframe))).to.deep.equal(expected);
          }
        }),
      );
      function subjectOf({ what, uid }: Step): string {
        return what.endsWith('pod') ? uid : '';
      }
      function rank({ what }: Step): number {
        return ['node', 'web', 'set', 'pod'].indexOf(what);
      }
    });

    it('not after the source was released', () => {
      const { join, everything, bind } = setUp();
      bind([podRow]);
      join.release('agent/node-1');
      everything();
      expect(join.takeTouched()).to.deep.equal([]);
    });
  });
});
