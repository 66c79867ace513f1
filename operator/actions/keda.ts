/** What people and KEDA say on a ScaledObject: https://keda.sh/docs/latest/concepts/scaling-deployments/ */
import type { KubeObject } from '../kube/api.ts';
import { isJsonObject, valueAt } from './json.ts';

const prefix = 'autoscaling.keda.sh/paused';
/** What each annotation holds up; one of a later version holds up everything. */
const heldUpBy: ReadonlyMap<string, keyof Pauses> = new Map([
  [`${prefix}-scale-in`, 'fewer'],
  [`${prefix}-scale-out`, 'more'],
]);

/** What is paused, each with the annotation that says so: everything, to have more, to have fewer. */
export interface Pauses {
  all?: string;
  more?: string;
  fewer?: string;
}

/** One that names a number of replicas pauses whatever its value is, the others unless it is false. */
export function pausesOf({ metadata: { annotations = {} } }: KubeObject): Pauses {
  const pauses: Pauses = {};
  for (const [key, value] of Object.entries(annotations))
    if (key.startsWith(prefix) && (key === `${prefix}-replicas` || !isFalse(value)))
      pauses[heldUpBy.get(key) ?? 'all'] = `${key}: ${value}`;
  return pauses;
}

/** As KEDA reads it; what is neither true nor false is true. */
const isFalse = (value: string): boolean => ['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(value);

/**
 * What KEDA finds wrong with a ScaledObject, which keeps it from bringing its HPA up to date; undefined when nothing is.
 * Metrics that it cannot read do not.
 */
export function faultOf(scaledObject: KubeObject): string | undefined {
  const ready = valueAt(scaledObject, '/status/conditions/[type=Ready]');
  if (!isJsonObject(ready) || ready['status'] !== 'False' || ready['reason'] !== 'ScaledObjectCheckFailed')
    return undefined;
  return String(ready['message']);
}
