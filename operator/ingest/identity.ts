/** What is read from objects about whose rows are whose, as pure functions of what is known of them. */
import type { Target } from '../../engine/evaluate/target.ts';
import { parseTime } from '../kube/time.ts';
import { controllerOf, type ContainerStatus, type NodeView, type PodView, type WorkloadView } from './views.ts';

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

/** All that rows may name containers of a pod by. */
export const rowNamesOf = (pod: PodView): object[] =>
  namesOf(pod).map((container) => ({ container, runs: runsOf(statusOf(pod, container)) }));

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

/** When the present run began, or the last one while none is under way; in milliseconds since the epoch. */
export const startOf = (status: ContainerStatus | undefined): number | undefined =>
  parseTime(
    status?.state?.running?.startedAt ??
      status?.state?.terminated?.startedAt ??
      status?.lastState?.terminated?.startedAt,
  );

/** The runtime's ids of its present and its last run. */
export const runsOf = (status: ContainerStatus | undefined): (string | undefined)[] => [
  status?.containerID,
  status?.state?.terminated?.containerID,
  status?.lastState?.terminated?.containerID,
];
