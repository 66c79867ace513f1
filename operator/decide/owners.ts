/**
 * Whose the pods are that a step would end: their controllers, up to the last one. What is watched is known; of the others
 * each is read, and only where some protection looks at labels.
 */
import type { GuardrailSpec } from '../../crds/guardrail.ts';
import { answerTo, describeRead, type Read } from '../actions/live.ts';
import { resourceOf, workloadResource } from '../actions/resources.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../kube/api.ts';
import type { World } from './decision.ts';

type Protection = NonNullable<GuardrailSpec['protect']>[number];

/** The controller of a pod, or of its controller, as far as it is known. */
export type Owner =
  | { readonly is: 'Known'; readonly read: Read; readonly labels: Readonly<Record<string, string>> }
  /** Not read yet, or it cannot be read. */
  | { readonly is: 'Unknown'; readonly read: Read; readonly message: string };

/** From pod to Deployment are two; nothing that we know has more than three. */
const mostLevels = 4;

const controllerOf = ({ ownerReferences }: ObjectMeta): OwnerReference | undefined =>
  ownerReferences?.find(({ controller }) => controller === true);

/** The owners of a pod from the nearest to the last that is known. One that is gone has nothing to say any more. */
export function ownersOf(pod: KubeObject, { cluster, live }: Pick<World, 'cluster' | 'live'>): Owner[] {
  const { namespace } = pod.metadata;
  const owners: Owner[] = [];
  let reference = controllerOf(pod.metadata);
  while (reference !== undefined && owners.length < mostLevels) {
    const { apiVersion, kind, name, uid } = reference;
    const read: Read = { resource: resourceOf(apiVersion, kind), namespace, name };
    const watched = cluster?.owner(uid);
    const answer = answerTo(live, read);
    if (watched !== undefined) {
      owners.push({ is: 'Known', read, labels: watched.labels });
      reference = watched.controller;
    } else if (answer.is === 'Found') {
      const { metadata } = answer.object;
      if (metadata.uid !== uid) break;
      owners.push({ is: 'Known', read, labels: metadata.labels ?? {} });
      reference = controllerOf(metadata);
    } else {
      // Of a kind that is not known here the plural is a guess: what is not found by it may well be there.
      if (answer.is === 'Absent' && workloadResource(apiVersion, kind) !== undefined) break;
      const why = answer.is === 'Unreadable' ? answer.message : 'the API server does not find it';
      owners.push({ is: 'Unknown', read, message: why });
      break;
    }
  }
  return owners;
}

/** Whether labels of its owners could make this protection cover something in that namespace. */
export const looksAtOwners = (
  { namespaces, selector, nodeSelector }: Protection,
  namespace: string | undefined,
): boolean =>
  selector !== undefined &&
  nodeSelector === undefined &&
  (namespaces === undefined || namespaces.includes(namespace ?? ''));

/** The questions about the owners of these pods that are neither watched nor left alone by every protection. */
export function ownerReads(
  pods: readonly KubeObject[],
  protections: readonly Protection[],
  world: Pick<World, 'cluster' | 'live'>,
): Read[] {
  const asked = pods.filter(({ metadata }) =>
    protections.some((protection) => looksAtOwners(protection, metadata.namespace)),
  );
  return asked.flatMap((pod) => ownersOf(pod, world).flatMap((owner) => (owner.is === 'Unknown' ? [owner.read] : [])));
}

/** `Pod shop/web-1 belongs to Deployment shop/web`. */
export const belonging = (pod: string, { read }: Owner): string => `${pod} belongs to ${describeRead(read)}`;
