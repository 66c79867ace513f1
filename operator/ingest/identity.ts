/** Who the rows of a pod, a node or a workload count for, as pure functions of what is known of the objects. */
import type { RowIdentity, Target } from '../../engine/evaluate/target.ts';
import { parseTime } from '../kube/time.ts';
import { controllerOf, type ContainerStatus, type NodeView, type PodView, type WorkloadView } from './views.ts';

/** The identities of a pod's rows. */
export interface PodIdentity {
  readonly pod: RowIdentity;
  /** Of each container, in the order of `namesOf`. */
  readonly containers: readonly RowIdentity[];
}

/** The controller at the top of a pod's owner chain. */
export type WorkloadReference = NonNullable<Target['workload']>;

export const nodeTarget = ({ metadata }: NodeView): Target => ({
  kind: 'Node',
  key: `Node/${metadata.uid ?? ''}`,
  uid: metadata.uid ?? '',
  namespace: '',
  name: metadata.name,
  node: metadata.name,
  labels: metadata.labels ?? {},
});

export const workloadTarget = (namespace: string, workload: WorkloadReference, labels: Target['labels']): Target => ({
  kind: 'Workload',
  key: `Workload/${workload.uid}`,
  uid: workload.uid,
  namespace,
  name: workload.name,
  workload,
  labels,
});

export const workloadReference = ({ apiVersion, kind, metadata }: WorkloadView): WorkloadReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
});

/**
 * The identities of a pod's rows. `workload` and `node` are the targets that the pod counts for, as far as they are
 * known.
 */
export function podIdentity(pod: PodView, workload: Target | undefined, node: Target | undefined): PodIdentity {
  const { uid = '', name, namespace = '', labels = {} } = pod.metadata;
  const common = {
    uid,
    namespace,
    name,
    ...(pod.spec.nodeName !== undefined && { node: pod.spec.nodeName }),
    ...(workload?.workload && { workload: workload.workload }),
    labels,
  };
  const above = { ...(workload && { Workload: workload }), ...(node && { Node: node }) };
  const podTarget: Target = {
    kind: 'Pod',
    key: ['Pod', uid].join('/'),
    ...common,
    ...started(parseTime(pod.status.startTime)),
  };
  const identity = { ...above, Pod: podTarget };
  const containers = namesOf(pod).map((container) => {
    const key = ['Container', uid, container].join('/');
    const startedMs = startOf(statusOf(pod, container));
    const target: Target = { kind: 'Container', key, ...common, container, ...started(startedMs) };
    return { ...identity, Container: target };
  });
  return { pod: identity, containers };
}

/** By what rows may name each container of a pod: its name, and the runtime's id (hex) of its present and its last run. */
export const rowNamesOf = (pod: PodView): string[][] =>
  namesOf(pod).map((container) => [container, ...runtimeIds(statusOf(pod, container))]);

/** Names of a pod's containers, those of its initialisation first. */
export const namesOf = ({ spec }: PodView): string[] =>
  [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);

export const statusOf = ({ status }: PodView, container: string): ContainerStatus | undefined =>
  status.containerStatuses?.find(({ name }) => name === container) ??
  status.initContainerStatuses?.find(({ name }) => name === container);

/** The first controller reference; the workload itself unless a ReplicaSet stands between. */
export const ownerOf = ({ metadata }: PodView): WorkloadReference | undefined => {
  const owner = controllerOf(metadata);
  return owner && { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid };
};

/** When the present run began, or the last one while none is under way. */
const startOf = (status: ContainerStatus | undefined): number | undefined =>
  parseTime(
    status?.state?.running?.startedAt ??
      status?.state?.terminated?.startedAt ??
      status?.lastState?.terminated?.startedAt,
  );

const started = (startedMs: number | undefined) => (startedMs === undefined ? {} : { startedMs });

const runtimeIds = (status: ContainerStatus | undefined): string[] =>
  [status?.containerID, status?.state?.terminated?.containerID, status?.lastState?.terminated?.containerID]
    .filter((id): id is string => id !== undefined && id !== '')
    .map((id) => id.slice(id.indexOf('://') + 3));
