import type { ActionParameters } from '../../crds/actions.ts';
import type { KubeObject } from '../kube/api.ts';
import type { Action, Change, Effect, Plan, Target } from './action.ts';
import { autoscalerOf, autoscalerReads, isMaximum, isMinimum, moveLimits } from './autoscaler.ts';
import { fieldChange, fieldRequests, inspectField } from './fields.ts';
import { sameJson, valueAt, valueOf } from './json.ts';
import { answerTo, describeRead } from './live.ts';
import { changing, listing } from './permissions.ts';
import { HorizontalPodAutoscaler, ScaledObject } from './resources.ts';
import { isRead, liveSubject, workloadOf, type Subject } from './subjects.ts';

type Parameters = ActionParameters<'scale'>;

const path = '/spec/replicas';
const scalable = new Set(['Deployment', 'StatefulSet', 'ReplicaSet']);

const subjectOf = (target: Target): Subject => {
  const workload = workloadOf(target);
  if (!isRead(workload) || scalable.has(workload.resource.kind)) return workload;
  return { refused: 'NotScalable', message: `${describeRead(workload)} has no number of replicas` };
};

/** The owner that decides how many replicas there are, as a refusal; nothing when it is no owner. */
function ruledByOwner(name: string, { metadata }: KubeObject): Plan | undefined {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  if (controller === undefined) return undefined;
  const message = `${name} belongs to ${controller.kind} ${controller.name}, which decides its replicas`;
  return { is: 'Refused', reason: 'OwnedByController', message };
}

/** The wanted number, or why there is nothing to do: what was asked for never turns into the opposite direction. */
function wanted({ by, to, min = 0, max = Infinity }: Parameters, now: number): number | string {
  const bounded = Math.min(Math.max(to ?? now + (by ?? 0), min), max);
  if (by !== undefined && by > 0 && bounded <= now) return `has ${now} replicas and may have ${max} at most`;
  if (by !== undefined && by < 0 && bounded >= now) return `has ${now} replicas and must have ${min} at least`;
  return bounded === now ? `has ${now} replicas already` : bounded;
}

const problemOf = ({ by, to, min, max }: Parameters): string | undefined => {
  if ((by === undefined) === (to === undefined)) return 'must have exactly one of by and to';
  if (by === 0) return 'by: 0 changes nothing';
  return min !== undefined && max !== undefined && min > max ? 'min is greater than max' : undefined;
};

/** How many pods there are to be for these changes to have had their effect. */
function goalOf(changes: readonly Change[]): { readonly atLeast?: number; readonly atMost?: number } {
  const goals = changes.map(({ path: field, from, to }) => {
    const [before, after] = [Number(valueOf(from) ?? 1), Number(valueOf(to))];
    if (isMinimum(field)) return { atLeast: after };
    if (isMaximum(field)) return after < before ? { atMost: after } : {};
    return after > before ? { atLeast: after } : { atMost: after };
  });
  return Object.assign({}, ...goals) as { atLeast?: number; atMost?: number };
}

/** Seen when the workload's controller has made, or removed, the pods, for us or for the autoscaler. */
function seenIn(workload: KubeObject, { atLeast = 0, atMost = Infinity }: ReturnType<typeof goalOf>): Effect {
  const pods = Number(valueAt(workload, '/status/replicas') ?? 0);
  const generation = valueAt(workload, '/metadata/generation');
  const observed = sameJson(valueAt(workload, '/status/observedGeneration'), generation);
  const message = `${pods} of ${atMost === Infinity ? atLeast : atMost} replicas are there`;
  return { is: observed && pods >= atLeast && pods <= atMost ? 'Done' : 'Pending', message };
}

/**
 * Changes the number of replicas: through the `scale` subresource, or where an autoscaler decides that number, by moving
 * the limit of the autoscaler (autoscaler.ts says which, and why). Refused where an owner decides it, where the autoscaler
 * cannot follow, and where who decides cannot be found out.
 */
export const scale: Action<Parameters> = {
  reversible: true,
  targets: ['Workload', 'Pod', 'Container'],
  permissions: [
    ...['deployments', 'statefulsets', 'replicasets'].flatMap((resource) => [
      { verb: 'get' as const, group: 'apps', resource },
      { verb: 'patch' as const, group: 'apps', resource, subresource: 'scale' },
    ]),
    ...listing([HorizontalPodAutoscaler, ScaledObject]),
    // Where nothing scales but people, nobody needs to be allowed to change what does.
    ...[HorizontalPodAutoscaler, ScaledObject].flatMap((ifAny) =>
      changing([ifAny]).map((needed) => Object.assign(needed, { ifAny })),
    ),
  ],
  subject: subjectOf,
  reads: (target, _params, purpose) => [
    ...[subjectOf(target)].filter(isRead),
    ...(purpose === 'Plan' ? autoscalerReads(target) : []),
  ],
  plan(params, live, { target }) {
    const problem = problemOf(params);
    if (problem !== undefined) return { is: 'Refused', reason: 'InvalidParameters', message: `scale ${problem}` };
    const workload = subjectOf(target);
    const subject = liveSubject(target, workload, live);
    if (subject.is !== 'Found' || !isRead(workload)) return subject as Plan;
    const { object, name } = subject;
    const ruled = ruledByOwner(name, object);
    if (ruled !== undefined) return ruled;
    const autoscaler = autoscalerOf(workload, live);
    if (autoscaler?.is === 'Refused') return autoscaler;
    const now = Number(valueAt(object, path) ?? 1);
    if (now === 0) {
      const whose = autoscaler === undefined ? '' : `, and ${autoscaler.name} does nothing meanwhile`;
      const message = `${name} was scaled to zero by somebody, who must be the one to scale it up again${whose}`;
      return { is: 'Refused', reason: 'ScaledToZero', message };
    }
    const to = wanted(params, now);
    if (typeof to === 'string') return { is: 'Nothing', message: `${name} ${to}` };
    if (autoscaler !== undefined)
      return moveLimits(autoscaler, name, { now, to, mayRaise: params.autoscalerMax === 'Raise' });
    const changes = fieldChange(subject, { path, subresource: 'scale', to });
    return { is: 'Changes', changes, message: `scale ${name} from ${now} to ${to} replicas` };
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectField(change, live, manager),
  effect(changes, live, { target }) {
    const workload = subjectOf(target);
    const answer = isRead(workload) ? answerTo(live, workload) : undefined;
    if (answer?.is !== 'Found') return { is: 'Pending', message: `the workload of ${target.name} cannot be seen` };
    return seenIn(answer.object, goalOf(changes));
  },
};
