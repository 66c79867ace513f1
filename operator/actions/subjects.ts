/** From a target to the object that an action changes: its pod, its workload, its node. */
import type { KubeObject, Resource } from '../kube/api.ts';
import type { Change, Plan, Target } from './action.ts';
import { answerTo, describeRead, type Live, type Read } from './live.ts';
import { apiVersionOf, Node, Pod, workloadResource, workloads } from './resources.ts';

/** An object to act on, or why there is none. */
export type Subject = Read | { readonly refused: string; readonly message: string };

export const isRead = (subject: Subject): subject is Read => 'resource' in subject;

/** `Container shop/cart-7f9c/app`, as messages name a target. */
export const describeTarget = ({ kind, namespace, name, container }: Target): string =>
  `${kind} ${[namespace, name, container].filter((part) => part !== undefined).join('/')}`;

const none = (message: string): Subject => ({ refused: 'NoSuchObject', message });

/** The node itself, or the one that the pod runs on. */
export function nodeOf(target: Target): Subject {
  const name = target.kind === 'Node' ? target.name : target.node;
  return name === undefined ? none(`${describeTarget(target)} runs on no node`) : { resource: Node, name };
}

/** The pod itself, or that of the container. */
export const podOf = (target: Target): Subject =>
  target.kind === 'Pod' || target.kind === 'Container'
    ? { resource: Pod, namespace: target.namespace, name: target.name }
    : none(`${describeTarget(target)} is not a pod`);

/** The workload itself, or the one that the pod belongs to in the end. */
export function workloadOf({ workload, ...target }: Target): Subject {
  if (workload === undefined) return none(`${describeTarget(target)} belongs to no workload`);
  const resource = workloadResource(workload.apiVersion, workload.kind);
  if (resource === undefined) {
    const known = workloads.map(({ kind }) => kind).join(', ');
    return none(`${workload.apiVersion} ${workload.kind} is not one of the workloads that can be changed: ${known}`);
  }
  return { resource, namespace: target.namespace, name: workload.name };
}

/** The object of the target itself. */
export const ownObject = (target: Target): Subject =>
  target.kind === 'Node' ? nodeOf(target) : target.kind === 'Workload' ? workloadOf(target) : podOf(target);

/** Whose field a step changes, as its parameter `of` says: the target's own, or that of its pod, workload or node. */
export type Of = 'Target' | 'Pod' | 'Workload' | 'Node';

/** The object that `of` means for a target. */
export const subjectBy: Readonly<Record<Of, (target: Target) => Subject>> = {
  Target: ownObject,
  Pod: podOf,
  Workload: workloadOf,
  Node: nodeOf,
};

/** The uid that a target's reference demands of this object; undefined where the reference does not know it. */
function knownUid(target: Target, { resource }: Read): string | undefined {
  if (resource.kind === 'Node') return target.kind === 'Node' ? target.uid : undefined;
  if (resource.kind === 'Pod') return target.uid;
  return target.kind === 'Workload' ? target.uid : target.workload?.uid;
}

/** The subject as it was read, with the reference under which a change of it is recorded; or why it is left alone. */
export function liveSubject(
  target: Target,
  subject: Subject,
  live: Live,
):
  | { readonly is: 'Found'; readonly object: KubeObject; readonly reference: Change['object']; readonly name: string }
  | Extract<Plan, { is: 'Refused' | 'Unreadable' }> {
  if (!isRead(subject)) return { is: 'Refused', reason: subject.refused, message: subject.message };
  const answer = answerTo(live, subject);
  if (answer.is === 'Unreadable') return answer;
  const name = describeRead(subject);
  if (answer.is !== 'Found') return { is: 'Refused', reason: 'TargetGone', message: `${name} is gone` };
  const { object } = answer;
  const { uid, deletionTimestamp } = object.metadata;
  const wanted = knownUid(target, subject);
  if (uid === undefined || (wanted !== undefined && wanted !== uid)) {
    return { is: 'Refused', reason: 'TargetReplaced', message: `${name} was replaced: it has uid ${uid} now` };
  }
  if (deletionTimestamp !== undefined) {
    return { is: 'Refused', reason: 'TargetTerminating', message: `${name} is being deleted` };
  }
  return { is: 'Found', object, reference: referenceTo(subject.resource, object), name };
}

/** The reference under which a change of an object is recorded. */
export const referenceTo = (
  resource: Resource,
  { metadata: { namespace, name, uid } }: KubeObject,
): Change['object'] => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  ...(namespace === undefined ? {} : { namespace }),
  name,
  ...(uid === undefined ? {} : { uid }),
});
