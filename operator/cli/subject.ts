/** A pod, a node or a workload of the cluster as our objects name their targets. */
import type { RemediationSpec } from '../../crds/remediation.ts';
import type { KubeObject, OwnerReference } from '../kube/api.ts';
import { apiVersionOf, DaemonSet, Deployment, Node, Pod, ReplicaSet, StatefulSet } from '../kube/resources.ts';
import { readIfThere, type Reference } from './find.ts';
import type { Session } from './session.ts';

type Target = RemediationSpec['target'];

/** What incidents can be about, as kinds of the command line. */
export const subjectKinds = [Pod, Node, Deployment, StatefulSet, DaemonSet] as const;

/** A pod as far as it matters here. */
export interface PodObject extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly { readonly name: string }[] };
}

/** The target that an object would be; a `container` makes it that container of the pod. */
export async function targetOf(
  session: Session,
  { resource }: Reference,
  object: KubeObject,
  container?: string,
): Promise<Target> {
  const { name, namespace, uid = '' } = object.metadata;
  const common = { name, uid, ...(namespace === undefined ? {} : { namespace }) };
  if (resource.kind === 'Node') return { kind: 'Node', ...common };
  if (resource.kind !== 'Pod') {
    return {
      kind: 'Workload',
      ...common,
      workload: { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid },
    };
  }
  const owner = await topOwner(session, object);
  const { nodeName } = (object as PodObject).spec ?? {};
  return {
    kind: container === undefined ? 'Pod' : 'Container',
    ...common,
    ...(container === undefined ? {} : { container }),
    ...(nodeName === undefined ? {} : { node: nodeName }),
    ...(owner === undefined
      ? {}
      : { workload: { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid } }),
  };
}

/** The controller at the top: of a ReplicaSet its Deployment. */
async function topOwner(session: Session, object: KubeObject): Promise<OwnerReference | undefined> {
  const owner = controllerOf(object);
  if (owner?.kind !== 'ReplicaSet') return owner;
  const set = await readIfThere(session, { resource: ReplicaSet, name: owner.name });
  return (set && controllerOf(set)) ?? owner;
}

const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);
