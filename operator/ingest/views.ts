/**
 * What is kept of the cluster's objects: a pod is 40 kB on the wire, and some hundred bytes are enough to say whose
 * samples are whose and how it is. Each function is the `transform` of a reflector.
 */
import type { Condition, KubeObject, ObjectMeta, OwnerReference } from '../kube/api.ts';
import { defined } from './defined.ts';

export interface TerminatedState {
  exitCode: number;
  reason?: string;
  containerID?: string;
  startedAt?: string;
  finishedAt?: string;
}
export interface ContainerState {
  waiting?: { reason?: string };
  running?: { startedAt?: string };
  terminated?: TerminatedState;
}
export interface ContainerStatus {
  name: string;
  /** `containerd://<hex>`; absent before the first start. */
  containerID?: string;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

type StatusCondition = Pick<Condition, 'type' | 'status'>;

export interface PodView extends KubeObject {
  /** Static pods only: the UID by which the kubelet, and so its cgroup, knows the pod. */
  kubeletUid?: string | undefined;
  spec: { nodeName?: string; containers: { name: string }[]; initContainers?: { name: string }[] };
  status: {
    phase?: string;
    startTime?: string;
    conditions?: StatusCondition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}
export interface NodeView extends KubeObject {
  spec: { unschedulable?: boolean };
  status: { conditions?: StatusCondition[] };
}
/** A ReplicaSet: only its own controller matters. */
export type ReplicaSetView = KubeObject;
/** A Deployment, StatefulSet or DaemonSet. */
export interface WorkloadView extends KubeObject {
  kind: string;
  apiVersion: string;
  desired: number;
  available: number;
}

/** An object as the API server sends it: anything may be absent. */
interface Raw extends KubeObject {
  spec?: {
    nodeName?: string;
    unschedulable?: boolean;
    replicas?: number;
    containers?: { name: string }[];
    initContainers?: { name: string }[];
  };
  status?: PodView['status'] & {
    availableReplicas?: number;
    desiredNumberScheduled?: number;
    numberAvailable?: number;
  };
}

export const podView = (raw: Raw): PodView => ({
  metadata: slimMeta(raw.metadata),
  spec: defined({
    nodeName: raw.spec?.nodeName,
    containers: (raw.spec?.containers ?? []).map(({ name }) => ({ name })),
    initContainers: raw.spec?.initContainers?.map(({ name }) => ({ name })),
  }),
  status: defined({
    phase: raw.status?.phase,
    startTime: raw.status?.startTime,
    conditions: conditionsOf(raw, (type) => type === 'Ready'),
    containerStatuses: raw.status?.containerStatuses?.map(slimContainer),
    initContainerStatuses: raw.status?.initContainerStatuses?.map(slimContainer),
  }),
  ...defined({ kubeletUid: raw.metadata.annotations?.['kubernetes.io/config.mirror'] }),
});

export const nodeView = (raw: Raw): NodeView => ({
  metadata: slimMeta(raw.metadata),
  spec: defined({ unschedulable: raw.spec?.unschedulable }),
  status: defined({ conditions: conditionsOf(raw, () => true) }),
});

export const replicaSetView = ({ metadata }: KubeObject): ReplicaSetView => {
  const { labels: _labels, ...kept } = slimMeta(metadata);
  return { metadata: kept };
};

export const deploymentView = (raw: Raw): WorkloadView => replicated(raw, 'Deployment');
export const statefulSetView = (raw: Raw): WorkloadView => replicated(raw, 'StatefulSet');
export const daemonSetView = (raw: Raw): WorkloadView => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: slimMeta(raw.metadata),
  desired: raw.status?.desiredNumberScheduled ?? 0,
  available: raw.status?.numberAvailable ?? 0,
});

const replicated = (raw: Raw, kind: string): WorkloadView => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: slimMeta(raw.metadata),
  desired: raw.spec?.replicas ?? 1,
  available: raw.status?.availableReplicas ?? 0,
});

/** The reference to the controller of an object, if it has one. */
export const controllerOf = ({ ownerReferences }: ObjectMeta): OwnerReference | undefined =>
  ownerReferences?.find(({ controller }) => controller === true);

function slimMeta(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, labels, deletionTimestamp } = metadata;
  const controller = controllerOf(metadata);
  const ownerReferences = controller && [controller];
  return defined({ name, namespace, uid, resourceVersion, labels, ownerReferences, deletionTimestamp });
}

const conditionsOf = (raw: Raw, wanted: (type: string) => boolean): StatusCondition[] | undefined =>
  raw.status?.conditions?.filter(({ type }) => wanted(type)).map(({ type, status }) => ({ type, status }));

const slimContainer = (status: ContainerStatus): ContainerStatus => {
  const { name, containerID, ready, restartCount, state, lastState } = status;
  return defined({
    name,
    containerID,
    ready,
    restartCount,
    state: state && slimState(state),
    lastState: lastState && slimState(lastState),
  });
};

const slimState = ({ waiting, running, terminated }: ContainerState): ContainerState => ({
  ...(running && { running: defined({ startedAt: running.startedAt }) }),
  ...(waiting && { waiting: defined({ reason: waiting.reason }) }),
  ...(terminated && { terminated: slimEnd(terminated) }),
});

const slimEnd = ({ exitCode, reason, containerID, startedAt, finishedAt }: TerminatedState): TerminatedState =>
  defined({ exitCode, reason, containerID, startedAt, finishedAt });
