/**
 * Who decides the number of replicas when that is an autoscaler, and how it is made to want more or fewer: by its own
 * limits. Whoever runs the service has said with them what the metrics may do; `spec.replicas` would be overwritten within
 * seconds, and a pause would leave the service without its autoscaler in the middle of trouble. So
 *
 * - more: its minimum is raised to the wanted number. Metrics may ask for still more; they can no longer ask for less. Up to
 *   its maximum, which is raised as well only where the step says so (`autoscalerMax: Raise`).
 * - fewer: its maximum is lowered to the wanted number, down to its minimum and never to 0. Metrics may ask for still less.
 *
 * Both hold whether or not the metrics can be read. What KEDA made is changed in its ScaledObject, from which it makes it.
 */
import type { KubeObject, Resource } from '../kube/api.ts';
import type { Change, Plan } from './action.ts';
import { fieldChange } from './fields.ts';
import { isJsonObject, valueAt } from './json.ts';
import { faultOf, pausesOf, type Pauses } from './keda.ts';
import { answerTo, describeRead, type Live, type Read } from './live.ts';
import { apiVersionOf, HorizontalPodAutoscaler, ScaledObject, workloadResource } from './resources.ts';

/** The field with the fewest, or the most, replicas that an autoscaler may want, whoever's it is. */
export const isMinimum = (path: string): boolean => path === '/spec/minReplicas' || path === '/spec/minReplicaCount';
export const isMaximum = (path: string): boolean => path === '/spec/maxReplicas' || path === '/spec/maxReplicaCount';

const fields = {
  HorizontalPodAutoscaler: { min: '/spec/minReplicas', max: '/spec/maxReplicas' },
  ScaledObject: { min: '/spec/minReplicaCount', max: '/spec/maxReplicaCount' },
} as const;
/** What KEDA takes for an absent `maxReplicaCount`. */
const defaultMaximum = 100;

/** The autoscaler of a workload, and between how many replicas it holds it. */
export interface Autoscaler {
  readonly is: 'Autoscaler';
  readonly kind: keyof typeof fields;
  readonly object: KubeObject;
  readonly reference: Change['object'];
  /** `HorizontalPodAutoscaler shop/web`. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The annotation by which somebody has said that there are to be no more, or no fewer, for now. */
  readonly paused?: Pick<Pauses, 'more' | 'fewer'>;
}

/** The autoscalers of the namespace: any of them may own the number. */
export const autoscalerReads = ({ namespace }: Pick<Read, 'namespace'>): Read[] => [
  { resource: HorizontalPodAutoscaler, namespace },
  { resource: ScaledObject, namespace },
];

/** The workload that an autoscaler is about; KEDA leaves out what is a Deployment. Undefined: of a kind not known here. */
export function scaledBy(autoscaler: KubeObject): Read | undefined {
  const reference = valueAt(autoscaler, '/spec/scaleTargetRef');
  if (!isJsonObject(reference)) return undefined;
  const { kind = 'Deployment', name } = reference;
  // Autoscalers name old API versions, too, and mean the same object.
  const resource = workloadResource('apps/v1', String(kind));
  return resource && { resource, namespace: autoscaler.metadata.namespace, name: String(name) };
}

const scales = (autoscaler: KubeObject, { resource, name }: Read): boolean => {
  const scaled = scaledBy(autoscaler);
  return scaled?.name === name && scaled?.resource.kind === resource.kind;
};

type Refusal = Extract<Plan, { is: 'Refused' }>;
const refuse = (reason: string, message: string): Refusal => ({ is: 'Refused', reason, message });

/** The autoscaler that decides the replicas of a workload; undefined when none does; a refusal when it must be left alone. */
export function autoscalerOf(workload: Read, live: Live): Autoscaler | Refusal | undefined {
  const found: KubeObject[][] = [];
  for (const read of autoscalerReads({ namespace: workload.namespace })) {
    const answer = answerTo(live, read);
    if (answer.is === 'Unreadable') {
      const what = `whether an autoscaler owns the replicas of ${describeRead(workload)} cannot be told`;
      return refuse('AutoscalersUnknown', `${what}: ${answer.message}`);
    }
    found.push(answer.is === 'List' ? answer.items.filter((item) => scales(item, workload)) : []);
  }
  const [hpas = [], scaledObjects = []] = found;
  if (hpas.length > 1 || scaledObjects.length > 1) {
    const names = [...hpas, ...scaledObjects].map(({ metadata }) => metadata.name).join(', ');
    return refuse(
      'SeveralAutoscalers',
      `several autoscalers decide the replicas of ${describeRead(workload)}: ${names}`,
    );
  }
  const [[hpa], [scaledObject]] = [hpas, scaledObjects];
  return scaledObject === undefined ? hpa && ownHpa(hpa) : ofKeda(scaledObject, hpa);
}

function ownHpa(hpa: KubeObject): Autoscaler | Refusal {
  const found = describe(HorizontalPodAutoscaler, hpa);
  return madeByOthers(found.name, hpa) ?? unable(found.name, hpa) ?? found;
}

function ofKeda(scaledObject: KubeObject, hpa: KubeObject | undefined): Autoscaler | Refusal {
  const found = describe(ScaledObject, scaledObject);
  const paused = pausesOf(scaledObject);
  if (paused.all !== undefined) return isPaused(found.name, paused.all);
  const ruled = madeByOthers(found.name, scaledObject);
  if (ruled !== undefined) return ruled;
  if (hpa === undefined)
    return refuse(
      'AutoscalerUnable',
      `KEDA has made no HorizontalPodAutoscaler for ${found.name} yet: it does not scale`,
    );
  const owner = hpa.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.uid !== scaledObject.metadata.uid) {
    const names = `${found.name} and HorizontalPodAutoscaler ${hpa.metadata.name}, which is not of its making`;
    return refuse('SeveralAutoscalers', `several autoscalers decide the same replicas: ${names}`);
  }
  const whole = { ...found, paused };
  return (
    unfit(found.name, scaledObject) ??
    unable(`HorizontalPodAutoscaler ${hpa.metadata.name} of ${found.name}`, hpa) ??
    whole
  );
}

const isPaused = (name: string, annotation: string): Refusal =>
  refuse('AutoscalerPaused', `${name} is paused by its annotation ${annotation}`);

/** Other limits would have no effect. */
function unfit(name: string, scaledObject: KubeObject): Refusal | undefined {
  const fault = faultOf(scaledObject);
  return fault === undefined ? undefined : refuse('AutoscalerUnable', `KEDA does nothing with ${name}: ${fault}`);
}

function describe(resource: Resource & { readonly kind: string }, object: KubeObject): Autoscaler {
  const kind = resource.kind === 'ScaledObject' ? 'ScaledObject' : 'HorizontalPodAutoscaler';
  const { namespace, name, uid } = object.metadata;
  return {
    is: 'Autoscaler',
    kind,
    object,
    reference: {
      apiVersion: apiVersionOf(resource),
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
    },
    name: describeRead({ resource, namespace, name }),
    // What scales to 0 does that apart from its limits; an autoscaler holds at least one.
    min: Math.max(1, Number(valueAt(object, fields[kind].min) ?? 1)),
    max: Number(valueAt(object, fields[kind].max) ?? defaultMaximum),
  };
}

/** Its limits are somebody else's to set: they would be set back. */
function madeByOthers(name: string, { metadata }: KubeObject): Refusal | undefined {
  if (metadata.deletionTimestamp !== undefined) return refuse('TargetTerminating', `${name} is being deleted`);
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner && refuse('OwnedByController', `${name} belongs to ${owner.kind} ${owner.name}, which sets its limits`);
}

function unable(name: string, hpa: KubeObject): Refusal | undefined {
  const able = valueAt(hpa, '/status/conditions/[type=AbleToScale]');
  if (!isJsonObject(able) || able['status'] !== 'False') return undefined;
  return refuse(
    'AutoscalerUnable',
    `${name} is not able to scale: ${String(able['reason'])}, ${String(able['message'])}`,
  );
}

/** Has the autoscaler want so many replicas instead of those that there are now, as far as its limits may be moved. */
export function moveLimits(
  autoscaler: Autoscaler,
  workload: string,
  numbers: { readonly now: number; readonly to: number; readonly mayRaise: boolean },
): Plan {
  const { name, min, max, kind, paused } = autoscaler;
  const { now, to, mayRaise } = numbers;
  const annotation = to > now ? paused?.more : paused?.fewer;
  if (annotation !== undefined) return isPaused(name, annotation);
  const held = `${workload} has ${now} replicas, and ${name} holds it between ${min} and ${max}`;
  if (now < min || now > max) return refuse('OutOfAutoscalersReach', `${held}: it is still on its way there`);
  const wish = (limit: 'min' | 'max', value: number) =>
    fieldChange(autoscaler, { path: fields[kind][limit], to: value });
  if (to > now) {
    const most = mayRaise ? to : Math.min(to, max);
    if (most <= now)
      return refuse('AutoscalerAtLimit', `${held}: there can be no more unless the step says autoscalerMax: Raise`);
    // The maximum first: at no time is it below the minimum.
    const changes = [...(most > max ? wish('max', most) : []), ...wish('min', most)];
    return {
      is: 'Changes',
      changes,
      message: `have ${name} keep at least ${most} replicas of ${workload}, not ${now}`,
    };
  }
  const least = Math.max(to, min);
  if (least >= now) return refuse('AutoscalerAtLimit', `${held}: there can be no fewer`);
  const message = `have ${name} keep at most ${least} replicas of ${workload}, not ${now}`;
  return { is: 'Changes', changes: wish('max', least), message };
}
