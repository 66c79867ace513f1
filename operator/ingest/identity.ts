/** Who the rows of a pod, a node or a workload count for, as pure functions of what is known of the objects. */
import type { RowIdentity, Target } from '../../engine/evaluate/target.ts';
import { parseTime } from '../kube/time.ts';
import { defined } from './defined.ts';
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
  const { nodeName } = pod.spec;
  // Both are written out: an object that another is spread into takes more room, and these are many.
  const own: Target = defined({
    kind: 'Pod' as const,
    // Joined: a text that is composed is kept with its parts.
    key: ['Pod', uid].join('/'),
    uid,
    namespace,
    name,
    node: nodeName,
    workload: workload?.workload,
    labels,
    startedMs: parseTime(pod.status.startTime),
  });
  const containers = namesOf(pod).map((container) => {
    const target: Target = defined({
      kind: 'Container' as const,
      key: ['Container', uid, container].join('/'),
      uid,
      namespace,
      name,
      node: nodeName,
      workload: workload?.workload,
      labels,
      container,
      startedMs: startOf(statusOf(pod, container)),
    });
    return defined({ Workload: workload, Node: node, Pod: own, Container: target });
  });
  return { pod: defined({ Workload: workload, Node: node, Pod: own }), containers };
}

/** The container of a pod that a row names: by its name, or by the runtime's id (hex) of its present or its last run. */
export function containerNamed(pod: PodView, { containers }: PodIdentity, named: string): RowIdentity | undefined {
  const run = `://${named}`;
  return containers.find(({ Container: { container = '' } = {} }) => {
    return container === named || runsOf(statusOf(pod, container)).some((id) => id?.endsWith(run));
  });
}

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

/** When the present run began, or the last one while none is under way. */
const startOf = (status: ContainerStatus | undefined): number | undefined =>
  parseTime(
    status?.state?.running?.startedAt ??
      status?.state?.terminated?.startedAt ??
      status?.lastState?.terminated?.startedAt,
  );

const runsOf = (status: ContainerStatus | undefined): (string | undefined)[] => [
  status?.containerID,
  status?.state?.terminated?.containerID,
  status?.lastState?.terminated?.containerID,
];
