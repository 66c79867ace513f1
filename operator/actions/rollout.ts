/** How far a workload is with bringing its pods to its template, whatever its kind calls that. */
import type { KubeObject, Resource } from '../kube/api.ts';
import type { Effect, Target } from './action.ts';
import { valueAt } from './json.ts';
import { describeRead } from './live.ts';
import { workloads } from './resources.ts';
import { isRead, workloadOf, type Subject } from './subjects.ts';

/** The workloads that replace their pods when their template changes. */
export const rollable: readonly Resource[] = workloads.filter(({ kind }) =>
  ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind),
);

/** The workload whose template is changed, or why there is none. */
export const rollableOf = (target: Target): Subject => {
  const workload = workloadOf(target);
  if (!isRead(workload) || rollable.includes(workload.resource)) return workload;
  const message = `${describeRead(workload)} has no rollouts: only a Deployment, a StatefulSet or a DaemonSet has`;
  return { refused: 'WrongWorkload', message };
};

/** Why a change of its template would not reach its pods by itself. */
export function standstill(object: KubeObject): { readonly reason: string; readonly message: string } | undefined {
  if (valueAt(object, '/spec/paused') === true) {
    return { reason: 'RolloutPaused', message: 'is paused: nothing would follow until somebody resumes it' };
  }
  if (valueAt(object, '/spec/updateStrategy/type') === 'OnDelete') {
    return { reason: 'StrategyOnDelete', message: 'has the update strategy OnDelete: nothing would follow' };
  }
  const partition = Number(valueAt(object, '/spec/updateStrategy/rollingUpdate/partition') ?? 0);
  if (partition === 0) return undefined;
  return { reason: 'Partitioned', message: `updates only pods from number ${partition} on (partition)` };
}

const number = (object: KubeObject, path: string): number | undefined => {
  const value = valueAt(object, path);
  return typeof value === 'number' ? value : undefined;
};

/** Done when its controller has seen the template and all its pods are of it and available. */
export function rolloutOf(object: KubeObject): Effect {
  const status = (field: string): number => number(object, `/status/${field}`) ?? 0;
  const isDaemon = number(object, '/status/desiredNumberScheduled') !== undefined;
  const wanted = isDaemon ? status('desiredNumberScheduled') : (number(object, '/spec/replicas') ?? 1);
  const updated = status(isDaemon ? 'updatedNumberScheduled' : 'updatedReplicas');
  const available = status(isDaemon ? 'numberAvailable' : 'availableReplicas');
  // Of a Deployment: pods of the old template that have not gone yet.
  const old = isDaemon ? 0 : Math.max(0, status('replicas') - updated);
  const observed = status('observedGeneration') >= (object.metadata.generation ?? 0);
  const message = `${updated} of ${wanted} pods are of the new template, ${available} available, ${old} old ones left`;
  const isDone = observed && updated >= wanted && available >= wanted && old === 0;
  return { is: isDone ? 'Done' : 'Pending', message };
}
