/**
 * Whose rows are whose, as the stream and recordings tell it: of each object what the join makes identities of, and
 * nothing that changes more often than those.
 */
import type { Join } from '../join.ts';
import {
  daemonSetView,
  deploymentView,
  nodeView,
  podView,
  replicaSetView,
  statefulSetView,
  type ContainerStatus,
  type NodeView,
  type PodView,
  type WorkloadView,
} from '../views.ts';
import type { KubeObject, ObjectMeta, Resource } from '../../kube/api.ts';
import * as resources from '../../kube/resources.ts';

/** A kind of which objects are told. */
export interface LineageKind {
  readonly resource: Resource;
  /** An object, as the API server sends it, as ingest knows it. */
  readonly view: (object: KubeObject) => KubeObject;
  /** What is told of that. */
  readonly keep: (view: KubeObject) => KubeObject;
  readonly set: (join: Join, kept: KubeObject) => void;
  readonly remove: (join: Join, kept: KubeObject) => void;
}

const kind = <T extends KubeObject>(
  resource: Resource,
  view: (object: KubeObject) => T,
  keep: (view: T) => T,
  set: (join: Join, kept: T) => void,
  remove: (join: Join, metadata: ObjectMeta) => void,
): LineageKind => ({
  resource,
  view,
  // What comes in was made by `view` or `keep`, here or in another process.
  keep: (viewed) => keep(viewed as T),
  set: (join, kept) => set(join, kept as T),
  remove: (join, { metadata }) => remove(join, metadata),
});

const workload = (resource: Resource, view: (object: KubeObject) => WorkloadView): LineageKind =>
  kind(
    resource,
    view,
    (viewed) => ({ ...viewed, metadata: identityOf(viewed.metadata), desired: 0, available: 0 }),
    (join, kept) => join.setWorkload(kept),
    (join, { uid }) => join.deleteWorkload(uid ?? ''),
  );

/** The kinds, in the order in which their objects are to be known: a pod after what it belongs to. */
export const lineageKinds: readonly LineageKind[] = [
  kind<KubeObject>(
    resources.Namespace,
    ({ metadata }) => ({ metadata }),
    ({ metadata }) => ({ metadata: identityOf(metadata) }),
    () => {},
    () => {},
  ),
  kind<NodeView>(
    resources.Node,
    nodeView,
    ({ metadata }) => ({ metadata: identityOf(metadata), spec: {}, status: {} }),
    (join, kept) => join.setNode(kept),
    (join, { name }) => join.deleteNode(name),
  ),
  workload(resources.Deployment, deploymentView),
  workload(resources.StatefulSet, statefulSetView),
  workload(resources.DaemonSet, daemonSetView),
  kind<KubeObject>(
    resources.ReplicaSet,
    replicaSetView,
    ({ metadata }) => ({ metadata: identityOf(metadata) }),
    (join, kept) => join.setReplicaSet(kept),
    (join, { uid }) => join.deleteReplicaSet(uid ?? ''),
  ),
  kind<PodView>(
    resources.Pod,
    podView,
    keptPod,
    (join, kept) => join.setPod(kept),
    (join, { uid }) => join.deletePod(uid ?? ''),
  ),
];

/** The kind of this name; undefined for one that this program does not know. */
export const lineageKind = (name: string): LineageKind | undefined =>
  lineageKinds.find(({ resource }) => resource.kind === name);

function identityOf({ name, namespace, uid, labels, ownerReferences }: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(labels && { labels }),
    ...(ownerReferences && { ownerReferences }),
  };
}

function keptPod({ metadata, kubeletUid, spec, status }: PodView): PodView {
  const { startTime, containerStatuses, initContainerStatuses } = status;
  return {
    metadata: identityOf(metadata),
    ...(kubeletUid !== undefined && { kubeletUid }),
    spec,
    status: {
      ...(startTime !== undefined && { startTime }),
      ...(containerStatuses && { containerStatuses: containerStatuses.map(keptContainer) }),
      ...(initContainerStatuses && { initContainerStatuses: initContainerStatuses.map(keptContainer) }),
    },
  };
}

const keptContainer = ({ name, containerID, state, lastState }: ContainerStatus): ContainerStatus => ({
  name,
  ...(containerID !== undefined && { containerID }),
  ...(state && { state: { ...state, ...(state.waiting && { waiting: {} }) } }),
  ...(lastState && { lastState }),
});
