import { expect } from 'chai';
import type { KubeObject } from '../kube/api.ts';
import { controllerReference, deployment, pod, replicaSet } from '../testing/fixtures.ts';
import { ControllerRevision, DaemonSet, Deployment, Job, Pod, ReplicaSet, StatefulSet } from './resources.ts';
import { rolloutOf } from './rollout.ts';
import { live, planOf, short, workloadTarget } from './testing.ts';

const template = (image: string, labels: object = {}) => ({
  metadata: { labels: { app: 'web', ...labels } },
  spec: { containers: [{ name: 'app', image }] },
});
const web = (spec: object = {}) => deployment({ uid: 'w' }, { template: template('web:3'), ...spec });
const set = (revision: number, available: number): KubeObject =>
  ({
    ...replicaSet(
      {
        name: `web-${revision}`,
        uid: `rs-${revision}`,
        annotations: { 'deployment.kubernetes.io/revision': String(revision) },
        ownerReferences: [controllerReference('apps/v1', 'Deployment', 'web', 'w')],
      },
      { template: template(`web:${revision}`, { 'pod-template-hash': `h${revision}` }) },
    ),
    status: { availableReplicas: available },
  }) as KubeObject;
const back = (image: string) =>
  `/spec/template: ${JSON.stringify(template('web:3'))} -> ${JSON.stringify(template(image))}`;

describe('rolloutUndo', () => {
  const cases: [
    what: string,
    toRevision: number | undefined,
    sets: KubeObject[],
    expected: string | string[],
    spec?: object,
  ][] = [
    ['goes back to what is still available', undefined, [set(1, 0), set(2, 1), set(3, 0)], [back('web:2')]],
    ['goes past what never came up', undefined, [set(1, 2), set(2, 0), set(3, 0)], [back('web:1')]],
    [
      'refuses what is not available and was not seen to be',
      undefined,
      [set(1, 0), set(2, 0), set(3, 2)],
      'Refused NotKnownToWork',
    ],
    ['refuses when there is nothing earlier', undefined, [set(3, 2)], 'Refused NoEarlierRevision'],
    ['takes the revision that is named', 1, [set(1, 1), set(2, 1), set(3, 0)], [back('web:1')]],
    ['refuses a named one that is not available', 1, [set(1, 0), set(2, 1), set(3, 0)], 'Refused NotKnownToWork'],
    ['refuses a named one that is gone', 9, [set(2, 1), set(3, 0)], 'Refused RevisionGone'],
    ['has nothing to do when it is there', 3, [set(2, 1), set(3, 0)], 'Nothing'],
    [
      'refuses while the rollout is paused',
      undefined,
      [set(2, 1), set(3, 0)],
      'Refused RolloutPaused',
      { paused: true },
    ],
  ];
  for (const [what, toRevision, sets, expected, spec] of cases)
    it(what, () => {
      const action = { rolloutUndo: toRevision === undefined ? {} : { toRevision } };
      const found = planOf(action, workloadTarget(), live([Deployment, web(spec)], [ReplicaSet, sets]));
      expect(short(found), 'message' in found ? found.message : '').to.deep.equal(expected);
    });

  it('goes back to the latest that was available, when it was rolled out in full since', () => {
    const world = live([Deployment, web()], [ReplicaSet, [set(1, 0), set(2, 0), set(3, 2)]]);
    const seen = (...uids: string[]) => ({ wasAvailable: (uid: string) => uids.includes(uid) });
    const of = (toRevision: number | undefined, ...uids: string[]) => {
      const action = { rolloutUndo: toRevision === undefined ? {} : { toRevision } };
      return short(planOf(action, workloadTarget(), world, seen(...uids)));
    };
    expect(of(undefined, 'rs-1', 'rs-2', 'rs-3')).to.deep.equal([back('web:2')]);
    expect(of(undefined, 'rs-1', 'rs-3')).to.deep.equal([back('web:1')]);
    expect(of(1, 'rs-1')).to.deep.equal([back('web:1')]);
    expect(of(2, 'rs-1')).to.equal('Refused NotKnownToWork');
  });

  it('knows the revisions of a DaemonSet that were available by the hash that its pods have', () => {
    const ownerReferences = [controllerReference('apps/v1', 'DaemonSet', 'web', 'w')];
    const revision = (number: number): KubeObject =>
      ({
        metadata: { name: `web-${number}`, labels: { 'controller-revision-hash': `h${number}` }, ownerReferences },
        revision: number,
        data: { spec: { template: template(`web:${number}`) } },
      }) as KubeObject;
    const world = live([DaemonSet, web()], [ControllerRevision, [revision(1), revision(3)]], [Pod, []]);
    const wasAvailable = (uid: string, hash: string) => uid === 'w' && hash === 'h1';
    const found = planOf({ rolloutUndo: {} }, workloadTarget('DaemonSet'), world, { wasAvailable });
    expect(short(found)).to.deep.equal([back('web:1')]);
  });

  it('finds the revisions of a StatefulSet, and which of them still has a ready pod', () => {
    const ownerReferences = [controllerReference('apps/v1', 'StatefulSet', 'web', 'w')];
    const revision = (number: number): KubeObject =>
      ({
        metadata: { name: `web-r${number}`, ownerReferences },
        revision: number,
        data: { spec: { template: { $patch: 'replace', ...template(`web:${number}`) } } },
      }) as KubeObject;
    const own = pod({ name: 'web-0', ownerReferences, labels: { 'controller-revision-hash': 'web-r1' } });
    const world = live([StatefulSet, web()], [ControllerRevision, [revision(1), revision(3)]], [Pod, [own]]);
    expect(short(planOf({ rolloutUndo: {} }, workloadTarget('StatefulSet'), world))).to.deep.equal([back('web:1')]);
  });

  it('knows nothing where it cannot read the revisions, and is not for a Job', () => {
    const unreadable = live([Deployment, web()], [ReplicaSet, 'Unreadable']);
    expect(planOf({ rolloutUndo: {} }, workloadTarget(), unreadable).is).to.equal('Unreadable');
    const job = live([Job, web()]);
    expect(short(planOf({ rolloutUndo: {} }, workloadTarget('Job', 'batch/v1'), job))).to.equal(
      'Refused WrongWorkload',
    );
  });
});

describe('rolloutRestart', () => {
  const cases: [what: string, kind: string, spec: object, expected: string | string[]][] = [
    [
      'says when',
      'Deployment',
      {},
      ['/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt: absent -> "2026-01-31T08:15:00.000Z"'],
    ],
    ['refuses what is paused', 'Deployment', { paused: true }, 'Refused RolloutPaused'],
    ['refuses OnDelete', 'StatefulSet', { updateStrategy: { type: 'OnDelete' } }, 'Refused StrategyOnDelete'],
    [
      'refuses a partition',
      'StatefulSet',
      { updateStrategy: { rollingUpdate: { partition: 2 } } },
      'Refused Partitioned',
    ],
  ];
  for (const [what, kind, spec, expected] of cases)
    it(what, () => {
      const resource = kind === 'Deployment' ? Deployment : StatefulSet;
      expect(short(planOf({ rolloutRestart: {} }, workloadTarget(kind), live([resource, web(spec)])))).to.deep.equal(
        expected,
      );
    });
});

describe('a rollout', () => {
  const cases: [what: string, status: object, is: 'Done' | 'Pending'][] = [
    ['is done when all pods are new and available', { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, 'Done'],
    ['is not while old pods are left', { replicas: 3, updatedReplicas: 2, availableReplicas: 3 }, 'Pending'],
    ['is not while new ones are not available', { replicas: 2, updatedReplicas: 2, availableReplicas: 1 }, 'Pending'],
    [
      'is not before its controller has seen it',
      { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
      'Pending',
    ],
    [
      'of a DaemonSet counts nodes',
      { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 },
      'Done',
    ],
    [
      'of a DaemonSet waits for each',
      { desiredNumberScheduled: 3, updatedNumberScheduled: 2, numberAvailable: 3 },
      'Pending',
    ],
  ];
  for (const [what, status, is] of cases)
    it(what, () => {
      const object = { ...deployment({ generation: 2 }), status: { observedGeneration: 2, ...status } };
      expect(rolloutOf(object).is).to.equal(is);
    });
});
