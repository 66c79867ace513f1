/** What each action makes of what it finds; what all have in common stands in conformance.test.ts. */
import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { controllerReference, deployment, node, pod, replicaSet } from '../testing/fixtures.ts';
import type { Change, Target } from './action.ts';
import type { Live, Read } from './live.ts';
import { actionOf } from './registry.ts';
import { live, planOf, podTarget, short, workloadTarget } from './testing.ts';
import { HorizontalPodAutoscaler, Node, Pod, resourceOf, ScaledObject } from './resources.ts';

const Deployment = resourceOf('apps/v1', 'Deployment');
const ReplicaSet = resourceOf('apps/v1', 'ReplicaSet');

const nodeTarget: Target = { kind: 'Node', name: 'node-1', uid: 'n' };
describe('cordon', () => {
  const cordoned = node({ uid: 'n' }, { unschedulable: true });
  const tainted = (key: string) => node({ uid: 'n' }, { taints: [{ key, effect: 'NoSchedule' }] });
  const dying = node({ uid: 'n', deletionTimestamp: '2026-01-01T00:00:00Z' });
  const cases: [what: string, world: Live, expected: string | string[]][] = [
    ['a node', live([Node, node({ uid: 'n' })]), ['/spec/unschedulable: absent -> true']],
    ['a node that is cordoned', live([Node, cordoned]), 'Nothing'],
    [
      'a node that does not answer',
      live([Node, tainted('node.kubernetes.io/unreachable')]),
      ['/spec/unschedulable: absent -> true'],
    ],
    [
      'a node that the autoscaler removes',
      live([Node, tainted('ToBeDeletedByClusterAutoscaler')]),
      'Refused HandledByOthers',
    ],
    ['a node that karpenter disrupts', live([Node, tainted('karpenter.sh/disrupted')]), 'Refused HandledByOthers'],
    ['a node that is deleted', live([Node, dying]), 'Refused TargetTerminating'],
    ['another node of that name', live([Node, node({ uid: 'other' })]), 'Refused TargetReplaced'],
    ['no node', live([Node, 'Absent', 'node-1']), 'Refused TargetGone'],
    ['a node that cannot be read', live([Node, 'Unreadable', 'node-1']), 'Unreadable'],
    ['a node that was not read', live(), 'Unreadable'],
  ];
  for (const [what, world, expected] of cases)
    it(what, () => expect(short(planOf({ cordon: {} }, nodeTarget, world))).to.deep.equal(expected));

  it('cordons the node that a pod runs on', () => {
    const found = planOf({ cordon: { reason: 'bad disk' } }, podTarget(), live([Node, node({ uid: 'any' })]));
    expect(found).to.deep.include({ is: 'Changes', message: 'cordon Node node-1: bad disk' });
  });

  it('has nothing to cordon for a pod that is not scheduled', () => {
    const { node: _node, ...unscheduled } = podTarget();
    expect(short(planOf({ cordon: {} }, unscheduled, live()))).to.equal('Refused NoSuchObject');
  });

  it('says who cordoned it before', () => {
    const by = {
      manager: 'kubectl-cordon',
      operation: 'Update' as const,
      fieldsV1: { 'f:spec': { 'f:unschedulable': {} } },
    };
    const theirs = { ...cordoned, metadata: { ...cordoned.metadata, managedFields: [by] } };
    expect(planOf({ cordon: {} }, nodeTarget, live([Node, theirs])).message).to.equal(
      'Node node-1 is cordoned already by kubectl-cordon',
    );
  });
});

describe('scale', () => {
  const nobody = [
    [HorizontalPodAutoscaler, []],
    [ScaledObject, 'Absent'],
  ] as const satisfies [Resource, readonly KubeObject[] | 'Absent'][];
  const web = (replicas: number, meta = {}) => deployment({ uid: 'w', ...meta }, { replicas });
  const autoscaler = (scaleTargetRef: object): KubeObject =>
    ({ metadata: { name: 'auto' }, spec: { scaleTargetRef } }) as KubeObject;
  const of = (scale: NonNullable<PlanStep['action']['scale']>, replicas: number) =>
    short(planOf({ scale }, workloadTarget(), live([Deployment, web(replicas)], ...nobody)));

  const numbers: [scale: NonNullable<PlanStep['action']['scale']>, now: number, expected: string | string[]][] = [
    [{ by: 1 }, 2, ['/spec/replicas: 2 -> 3']],
    [{ by: 3, max: 4 }, 2, ['/spec/replicas: 2 -> 4']],
    [{ by: 1, max: 2 }, 2, 'Nothing'],
    [{ by: 1, max: 2 }, 5, 'Nothing'],
    [{ by: -1 }, 2, ['/spec/replicas: 2 -> 1']],
    [{ by: -5 }, 2, ['/spec/replicas: 2 -> 0']],
    [{ by: -5, min: 1 }, 3, ['/spec/replicas: 3 -> 1']],
    [{ by: -1, min: 3 }, 2, 'Nothing'],
    [{ to: 5 }, 2, ['/spec/replicas: 2 -> 5']],
    [{ to: 2 }, 2, 'Nothing'],
    [{ by: 1 }, 0, 'Refused ScaledToZero'],
    [{}, 2, 'Refused InvalidParameters'],
    [{ by: 1, to: 2 }, 2, 'Refused InvalidParameters'],
    [{ by: 1, min: 5, max: 4 }, 2, 'Refused InvalidParameters'],
  ];
  for (const [scale, now, expected] of numbers)
    it(`${JSON.stringify(scale)} of ${now}`, () => expect(of(scale, now)).to.deep.equal(expected));

  const owned = { ownerReferences: [controllerReference('argoproj.io/v1alpha1', 'Rollout', 'web', 'r')] };
  const rulers: [what: string, world: Live, expected: string | string[]][] = [
    [
      'an HPA scales another',
      live(
        [Deployment, web(2)],
        [HorizontalPodAutoscaler, [autoscaler({ kind: 'Deployment', name: 'api' })]],
        nobody[1],
      ),
      ['/spec/replicas: 2 -> 3'],
    ],
    [
      'the HPAs cannot be read',
      live([Deployment, web(2)], [HorizontalPodAutoscaler, 'Unreadable'], nobody[1]),
      'Refused AutoscalersUnknown',
    ],
    [
      'the ScaledObjects cannot be read',
      live([Deployment, web(2)], nobody[0], [ScaledObject, 'Unreadable']),
      'Refused AutoscalersUnknown',
    ],
    ['it belongs to a Rollout', live([Deployment, web(2, owned)], ...nobody), 'Refused OwnedByController'],
  ];
  for (const [what, world, expected] of rulers)
    it(what, () => expect(short(planOf({ scale: { by: 1 } }, workloadTarget(), world))).to.deep.equal(expected));

  it('leaves the replica sets of a deployment to it', () => {
    const rs = replicaSet({ uid: 'w' });
    const world = live([ReplicaSet, rs], ...nobody);
    expect(
      short(planOf({ scale: { by: 1 } }, workloadTarget('ReplicaSet', 'apps/v1', rs.metadata.name), world)),
    ).to.equal('Refused OwnedByController');
  });

  it('says that a daemon set has no replicas', () => {
    expect(short(planOf({ scale: { by: 1 } }, workloadTarget('DaemonSet'), live()))).to.equal('Refused NotScalable');
  });

  it('asks for no autoscaler when it only looks at what it did', () => {
    const reads = (purpose: 'Plan' | 'Confirm'): string[] =>
      actionOf({ scale: { by: 1 } })
        .reads(workloadTarget(), purpose)
        .map(({ resource }: Read) => resource.kind);
    expect(reads('Plan')).to.deep.equal(['Deployment', 'HorizontalPodAutoscaler', 'ScaledObject']);
    expect(reads('Confirm')).to.deep.equal(['Deployment']);
  });

  describe('its effect', () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'w' };
    const change = (from: string, to: string): Change => ({
      object,
      path: '/spec/replicas',
      subresource: 'scale',
      from,
      to,
    });
    const seen = (replicas: number, observedGeneration = 2) => {
      const found = web(3, { generation: 2 });
      return live([Deployment, { ...found, status: { ...found.status, observedGeneration, replicas } } as KubeObject]);
    };
    const cases: [what: string, change: Change, world: Live, expected: string][] = [
      ['the pods are there', change('2', '3'), seen(3), 'Done'],
      ['a rollout has even more', change('2', '3'), seen(4), 'Done'],
      ['the pods are not there yet', change('2', '3'), seen(2), 'Pending'],
      ['the status is about an older generation', change('2', '3'), seen(3, 1), 'Pending'],
      ['the pods are gone', change('3', '2'), seen(2), 'Done'],
      ['the pods are not gone yet', change('3', '2'), seen(3), 'Pending'],
    ];
    for (const [what, changed, world, expected] of cases)
      it(what, () => {
        const context = { target: workloadTarget(), manager: 'homeostat/fix-1', nowMs: 0 };
        expect(actionOf({ scale: { by: 1 } }).effect([changed], world, context).is).to.equal(expected);
      });
  });
});

describe('label', () => {
  const world = live([Pod, pod({ uid: 'p', labels: { app: 'web', tier: 'front' } })]);
  const of = (set: Record<string, string>, ...remove: string[]) =>
    short(planOf({ label: { of: 'Target', set, remove } }, podTarget(), world));

  it('sets, changes and removes, each as a change of its own', () => {
    expect(of({ tier: 'back', 'homeostat.dev/quarantine': '' }, 'app')).to.deep.equal([
      '/metadata/labels/tier: "front" -> "back"',
      '/metadata/labels/homeostat.dev~1quarantine: absent -> ""',
      '/metadata/labels/app: "web" -> absent',
    ]);
  });
  it('leaves out what is so already', () => expect(of({ app: 'web', tier: 'x' }, 'gone')).to.have.lengthOf(1));
  it('does nothing when all is so already', () => expect(of({ app: 'web' }, 'gone')).to.equal('Nothing'));
  it('takes an absent map of labels for an empty one', () => {
    const { labels: _labels, ...metadata } = pod({ uid: 'p' }).metadata;
    const bare = live([Pod, { ...pod(), metadata }]);
    expect(short(planOf({ label: { of: 'Pod', set: { a: 'b' } } }, podTarget(), bare))).to.deep.equal([
      '/metadata/labels/a: absent -> "b"',
    ]);
  });
  for (const labels of [{ 'a b': 'c' }, { a: 'b c' }, { '/a': 'b' }, { a: '-b' }, { 'A.B/c': 'd' }])
    it(`refuses ${JSON.stringify(labels)}`, () => expect(of(labels)).to.equal('Refused InvalidParameters'));

  const whose: [of: 'Target' | 'Pod' | 'Workload' | 'Node', target: Target, expected: string][] = [
    ['Target', podTarget(), 'Pod web-1'],
    ['Target', { ...podTarget(), kind: 'Container', container: 'app' }, 'Pod web-1'],
    ['Workload', podTarget(), 'Deployment web'],
    ['Node', podTarget(), 'Node node-1'],
    ['Target', nodeTarget, 'Node node-1'],
    ['Pod', nodeTarget, 'NoSuchObject'],
    ['Workload', nodeTarget, 'NoSuchObject'],
  ];
  for (const [of, target, expected] of whose)
    it(`of ${of} for a ${target.kind} is ${expected}`, () => {
      const subject = actionOf({ label: { of, set: { a: 'b' } } }).subject(target);
      expect('refused' in subject ? subject.refused : `${subject.resource.kind} ${subject.name}`).to.equal(expected);
    });
});

describe('restartPod', () => {
  const controlled = { ownerReferences: [controllerReference('apps/v1', 'ReplicaSet', 'web-6d4cf56db6', 'rs')] };
  const web = (readyReplicas: number, replicas = 2) => {
    const found = deployment({ uid: 'w' });
    return { ...found, status: { ...found.status, replicas, readyReplicas } } as KubeObject;
  };
  const found = (meta = {}, phase = 'Running') => {
    const made = pod({ uid: 'p', ...controlled, ...meta });
    return live([Pod, { ...made, status: { ...made.status, phase } } as KubeObject], [Deployment, web(2)]);
  };
  const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
  const refusals: [what: string, world: Live, expected: string][] = [
    ['a pod without a controller', found({ ownerReferences: [] }), 'Refused NoController'],
    ['a mirror of a static pod', found(mirror), 'Refused StaticPod'],
    [
      'a pod that its node owns',
      found({ ownerReferences: [controllerReference('v1', 'Node', 'n', 'n')] }),
      'Refused StaticPod',
    ],
    ['a pod that is ending', found({ deletionTimestamp: '2026-01-01T00:00:00Z' }), 'Refused TargetTerminating'],
    ['a pod that is done', found({}, 'Succeeded'), 'Refused PodFinished'],
    ['another pod of that name', found({ uid: 'other' }), 'Refused TargetReplaced'],
  ];
  for (const [what, world, expected] of refusals)
    it(`refuses ${what}`, () => expect(short(planOf({ restartPod: {} }, podTarget(), world))).to.equal(expected));

  it('does nothing while it cannot see how many pods there are', () => {
    const world = live([Pod, pod({ uid: 'p', ...controlled })], [Deployment, 'Unreadable', 'web']);
    expect(short(planOf({ restartPod: {} }, podTarget(), world))).to.equal('Unreadable');
  });

  it('says beforehand that it cannot be taken back, and keeps what the pod was', () => {
    const decided = planOf({ restartPod: {} }, podTarget(), found());
    expect(decided).to.deep.include({ is: 'Changes', message: 'delete Pod shop/web-1, which cannot be taken back' });
    const [change] = decided.is === 'Changes' ? decided.changes : [];
    expect(change?.path).to.equal('');
    expect(JSON.parse(change?.from ?? '')).to.deep.include({
      nodeName: 'node-1',
      ready: true,
      pods: { wanted: 2, there: 2, ready: 2 },
    });
  });

  describe('its effect', () => {
    const [change] = ((): readonly Change[] => {
      const decided = planOf({ restartPod: {} }, podTarget(), found());
      return decided.is === 'Changes' ? decided.changes : [];
    })();
    const gone: [Resource, 'Absent', string] = [Pod, 'Absent', 'web-1'];
    const cases: [what: string, world: Live, expected: string][] = [
      ['the pod is still ending', live([Pod, pod({ uid: 'p' })], [Deployment, web(2)]), 'Pending'],
      ['it is gone and not replaced', live(gone, [Deployment, web(1, 1)]), 'Pending'],
      ['its replacement is not ready', live(gone, [Deployment, web(1)]), 'Pending'],
      ['its replacement is ready', live(gone, [Deployment, web(2)]), 'Done'],
      ['a pod of the same name took its place', live([Pod, pod({ uid: 'new' })], [Deployment, web(2)]), 'Done'],
      ['it is gone and its workload cannot be read', live(gone), 'Pending'],
      ['it is gone and its workload too', live(gone, [Deployment, 'Absent', 'web']), 'Done'],
    ];
    for (const [what, world, expected] of cases)
      it(what, () => {
        const context = { target: podTarget(), manager: 'homeostat/fix-1', nowMs: 0 };
        const changes = change === undefined ? [] : [change];
        expect(actionOf({ restartPod: {} }).effect(changes, world, context).is).to.equal(expected);
      });
  });
});
