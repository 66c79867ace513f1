/** What `scale` makes of a workload whose number of replicas an autoscaler decides. */
import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject } from '../kube/api.ts';
import { controllerReference, deployment } from '../testing/fixtures.ts';
import type { Change } from './action.ts';
import { readOf } from './fields.ts';
import { answerTo, type Live } from './live.ts';
import { actionOf } from './registry.ts';
import { Deployment, HorizontalPodAutoscaler, ScaledObject } from './resources.ts';
import { live, planOf, short, workloadTarget } from './testing.ts';

type Scale = NonNullable<PlanStep['action']['scale']>;

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const meta = (name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject['metadata'] => ({
  name,
  namespace: 'shop',
  uid: `uid-${name}`,
  ...more,
});
/** From 2 to 6 replicas. */
const hpa = (more: Partial<KubeObject['metadata']> = {}, spec: object = {}, status: object = {}): KubeObject =>
  ({
    metadata: meta('web', more),
    spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 6, ...spec },
    status,
  }) as KubeObject;
const scaledObject = (annotations: Record<string, string> = {}, spec: object = {}, status: object = {}): KubeObject =>
  ({
    metadata: meta('queue', { annotations }),
    spec: { scaleTargetRef: { name: 'web' }, ...spec },
    status,
  }) as KubeObject;
const notReady = (reason: string) => ({
  conditions: [{ type: 'Ready', status: 'False', reason, message: 'no such key' }],
});
const kedas = hpa({
  name: 'keda-hpa-queue',
  ownerReferences: [controllerReference('keda.sh/v1alpha1', 'ScaledObject', 'queue', 'uid-queue')],
});
const able = (status: string) => ({
  conditions: [{ type: 'AbleToScale', status, reason: 'FailedGetScale', message: 'no matches for kind' }],
});

const world = (replicas: number, hpas: readonly KubeObject[], scaledObjects: readonly KubeObject[] = []): Live =>
  live(
    [Deployment, deployment({ uid: 'w' }, { replicas })],
    [HorizontalPodAutoscaler, hpas],
    [ScaledObject, scaledObjects],
  );
const of = (scale: Scale, found: Live) => planOf({ scale }, workloadTarget(), found);

describe('scale of what an autoscaler scales', () => {
  const [min, max] = ['/spec/minReplicas', '/spec/maxReplicas'];
  const numbers: [scale: Scale, now: number, expected: string | string[]][] = [
    [{ by: 1 }, 3, [`${min}: 2 -> 4`]],
    [{ to: 5 }, 2, [`${min}: 2 -> 5`]],
    [{ by: 9, max: 5 }, 3, [`${min}: 2 -> 5`]],
    // Up to what the autoscaler may have, unless the step says more.
    [{ by: 9 }, 3, [`${min}: 2 -> 6`]],
    [{ by: 1 }, 6, 'Refused AutoscalerAtLimit'],
    [{ by: 1, max: 8, autoscalerMax: 'Keep' }, 6, 'Refused AutoscalerAtLimit'],
    [{ by: 1, max: 8, autoscalerMax: 'Raise' }, 6, [`${max}: 6 -> 7`, `${min}: 2 -> 7`]],
    [{ by: 9, max: 8, autoscalerMax: 'Raise' }, 6, [`${max}: 6 -> 8`, `${min}: 2 -> 8`]],
    [{ by: 1, max: 8, autoscalerMax: 'Raise' }, 3, [`${min}: 2 -> 4`]],
    [{ by: -1 }, 4, [`${max}: 6 -> 3`]],
    [{ by: -9 }, 4, [`${max}: 6 -> 2`]],
    [{ to: 0 }, 4, [`${max}: 6 -> 2`]],
    [{ by: -1 }, 2, 'Refused AutoscalerAtLimit'],
    [{ by: -1, min: 4 }, 4, 'Nothing'],
    [{ by: 1 }, 0, 'Refused ScaledToZero'],
    // Somebody set it past the autoscaler, which is about to set it back.
    [{ by: -1 }, 9, 'Refused OutOfAutoscalersReach'],
    [{ by: 1 }, 1, 'Refused OutOfAutoscalersReach'],
  ];
  for (const [scale, now, expected] of numbers)
    it(`${JSON.stringify(scale)} of ${now} in 2 to 6`, () =>
      expect(short(of(scale, world(now, [hpa()])))).to.deep.equal(expected));

  it('that has no minimum takes it for 1, and gives it back as absent', () =>
    expect(short(of({ by: 1 }, world(3, [hpa({}, { minReplicas: undefined })])))).to.deep.equal([
      `${min}: absent -> 4`,
    ]));

  const other = hpa({ name: 'second', uid: 'uid-second' });
  const rollout = { ownerReferences: [controllerReference('example.com/v1', 'Service', 'web', 'uid-s')] };
  const circumstances: [what: string, world: Live, expected: string | string[]][] = [
    [
      'an HPA of another workload',
      world(3, [hpa({}, { scaleTargetRef: { ...scaleTargetRef, name: 'api' } })]),
      ['/spec/replicas: 3 -> 4'],
    ],
    [
      'an HPA of another kind',
      world(3, [hpa({}, { scaleTargetRef: { ...scaleTargetRef, kind: 'StatefulSet' } })]),
      ['/spec/replicas: 3 -> 4'],
    ],
    [
      'an HPA that names an old version',
      world(3, [hpa({}, { scaleTargetRef: { ...scaleTargetRef, apiVersion: 'extensions/v1beta1' } })]),
      [`${min}: 2 -> 4`],
    ],
    ['an HPA that is able', world(3, [hpa({}, {}, able('True'))]), [`${min}: 2 -> 4`]],
    ['an HPA that is not', world(3, [hpa({}, {}, able('False'))]), 'Refused AutoscalerUnable'],
    ['two HPAs', world(3, [hpa(), other]), 'Refused SeveralAutoscalers'],
    ['an HPA that something makes', world(3, [hpa(rollout)]), 'Refused OwnedByController'],
    ['KEDA', world(3, [kedas], [scaledObject()]), ['/spec/minReplicaCount: absent -> 4']],
    [
      'KEDA with limits',
      world(3, [kedas], [scaledObject({}, { minReplicaCount: 1, maxReplicaCount: 3 })]),
      'Refused AutoscalerAtLimit',
    ],
    [
      'KEDA that is paused',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused': 'true' })]),
      'Refused AutoscalerPaused',
    ],
    [
      'KEDA that is paused at a number',
      world(3, [], [scaledObject({ 'autoscaling.keda.sh/paused-replicas': '3' })]),
      'Refused AutoscalerPaused',
    ],
    [
      'KEDA that goes on',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused': 'false' })]),
      ['/spec/minReplicaCount: absent -> 4'],
    ],
    [
      'KEDA that is paused at a number that is none',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused-replicas': 'false' })]),
      'Refused AutoscalerPaused',
    ],
    [
      'KEDA that is paused by a word',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused': 'until monday' })]),
      'Refused AutoscalerPaused',
    ],
    [
      'KEDA that goes on, as Go writes it',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused': 'F' })]),
      ['/spec/minReplicaCount: absent -> 4'],
    ],
    [
      'KEDA that is to have no fewer',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused-scale-in': 'true' })]),
      ['/spec/minReplicaCount: absent -> 4'],
    ],
    [
      'KEDA that is to have no more',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused-scale-out': 'true' })]),
      'Refused AutoscalerPaused',
    ],
    [
      'KEDA that is paused in a way of a later version',
      world(3, [kedas], [scaledObject({ 'autoscaling.keda.sh/paused-by-moonlight': 'true' })]),
      'Refused AutoscalerPaused',
    ],
    [
      'KEDA that finds it wrong',
      world(3, [kedas], [scaledObject({}, {}, notReady('ScaledObjectCheckFailed'))]),
      'Refused AutoscalerUnable',
    ],
    [
      'KEDA that cannot read its metrics',
      world(3, [kedas], [scaledObject({}, {}, notReady('TriggerError'))]),
      ['/spec/minReplicaCount: absent -> 4'],
    ],
    ['KEDA that has made no HPA', world(3, [], [scaledObject()]), 'Refused AutoscalerUnable'],
    ['KEDA beside an HPA of somebody', world(3, [hpa()], [scaledObject()]), 'Refused SeveralAutoscalers'],
    ['an HPA whose ScaledObject is gone', world(3, [kedas]), 'Refused OwnedByController'],
  ];
  for (const [what, found, expected] of circumstances)
    it(what, () => expect(short(of({ by: 1 }, found))).to.deep.equal(expected));

  it('KEDA with fewer: its maximum is lowered, also where it has said none', () => {
    const found = world(3, [kedas], [scaledObject()]);
    expect(short(of({ by: -9 }, found))).to.deep.equal(['/spec/maxReplicaCount: absent -> 1']);
  });

  it('KEDA that is to have no fewer, or no more, for now', () => {
    const paused = (what: string) =>
      world(3, [kedas], [scaledObject({ [`autoscaling.keda.sh/paused-scale-${what}`]: 'true' })]);
    expect(short(of({ by: -1 }, paused('in')))).to.equal('Refused AutoscalerPaused');
    expect(short(of({ by: -1 }, paused('out')))).to.deep.equal(['/spec/maxReplicaCount: absent -> 2']);
  });

  it('says who holds it, between which numbers, and what to do', () => {
    expect(of({ by: 1 }, world(6, [hpa()])).message).to.equal(
      'Deployment shop/web has 6 replicas, and HorizontalPodAutoscaler shop/web holds it between 2 and 6: there can be no more unless the step says autoscalerMax: Raise',
    );
    expect(of({ by: 1 }, world(3, [hpa()])).message).to.equal(
      'have HorizontalPodAutoscaler shop/web keep at least 4 replicas of Deployment shop/web, not 3',
    );
  });

  it('names an object that the answers of the plan are enough to change, as a dry run does', () => {
    const found = world(3, [hpa()]);
    const plan = of({ by: 1 }, found);
    const [change] = plan.is === 'Changes' ? plan.changes : [];
    if (change === undefined) return expect.fail(plan.message);
    expect(answerTo(found, readOf(change)).is).to.equal('Found');
    const context = { target: workloadTarget(), manager: 'homeostat/fix-1', nowMs: 0 };
    const [request] = actionOf({ scale: { by: 1 } }).requests([change], found, context);
    expect(request).to.deep.include({ verb: 'patch', name: 'web', subresource: undefined });
    expect(request).to.have.nested.property('patch.body.spec.minReplicas', 4);
  });

  describe('its effect', () => {
    const change = (path: string, from: string, to: string): Change => ({
      object: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        namespace: 'shop',
        name: 'web',
        uid: 'a',
      },
      path,
      from,
      to,
    });
    const raised = [change(max, '4', '5'), change(min, '2', '5')];
    const cases: [what: string, changes: readonly Change[], pods: number, expected: string][] = [
      ['the pods are there', [change(min, '2', '4')], 4, 'Done'],
      ['the metrics want even more', [change(min, '2', '4')], 6, 'Done'],
      ['the autoscaler has not looked yet', [change(min, '2', '4')], 3, 'Pending'],
      ['both limits are raised, and the pods are there', raised, 5, 'Done'],
      ['both limits are raised, and the pods are not there', raised, 4, 'Pending'],
      ['the pods are gone', [change(max, '6', '3')], 3, 'Done'],
      ['the pods are not gone yet', [change(max, '6', '3')], 4, 'Pending'],
    ];
    for (const [what, changes, replicas, expected] of cases)
      it(what, () => {
        const found = deployment({ uid: 'w', generation: 2 }, { replicas });
        const status = { ...found.status, observedGeneration: 2, replicas };
        const context = { target: workloadTarget(), manager: 'homeostat/fix-1', nowMs: 0 };
        const read = live([Deployment, { ...found, status } as KubeObject]);
        expect(actionOf({ scale: { by: 1 } }).effect(changes, read, context).is).to.equal(expected);
      });
  });
});
