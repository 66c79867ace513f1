/** What the API server says of an object, as numbers of the metric catalogue. */
import { metrics } from '../../../engine/metrics.ts';
import type { Column, Scope } from '../../../engine/frame/types.ts';
import { scopes } from '../../../engine/frame/types.ts';
import type { ContainerStatus, NodeView, PodView, WorkloadView } from '../views.ts';

/** The columns of every state keyframe: the catalogue’s state metrics, ordered by scope. */
export const stateColumns: readonly Column[] = scopes.flatMap((scope) =>
  metrics
    .filter((metric) => metric.producer === 'state' && metric.scope === scope)
    .map(({ name }) => ({ metric: name, scope })),
);

/** Values of an object by metric name. */
export type Samples = Readonly<Record<string, number>>;

const metricsOf = (scope: Scope): readonly string[] =>
  stateColumns.filter((column) => column.scope === scope).map(({ metric }) => metric);
const names = new Map(scopes.map((scope) => [scope, metricsOf(scope)]));

/** The samples of an object in the order of its scope’s columns; NaN where there is none. */
export const inColumnOrder = (scope: Scope, samples: Samples): Float32Array =>
  Float32Array.from(names.get(scope) ?? [], (metric) => samples[metric] ?? Number.NaN);

export const nodeSamples = (node: NodeView, warnings: number): Samples => ({
  'k8s.node.condition_ready': conditionCode(node, 'Ready'),
  'k8s.node.condition_memory_pressure': conditionCode(node, 'MemoryPressure'),
  'k8s.node.condition_disk_pressure': conditionCode(node, 'DiskPressure'),
  'k8s.node.condition_pid_pressure': conditionCode(node, 'PIDPressure'),
  'k8s.node.problems': problemsOf(node),
  'k8s.node.events.warnings': warnings,
  'k8s.node.unschedulable': node.spec.unschedulable === true ? 1 : 0,
});

export const workloadSamples = ({ desired, available }: WorkloadView): Samples => ({
  'k8s.workload.pods.desired': desired,
  'k8s.workload.pods.available': available,
  'k8s.workload.pods.unavailable': Math.max(0, desired - available),
});

const phases = ['Pending', 'Running', 'Succeeded', 'Failed'];

export const podSamples = (pod: PodView, warnings: number): Samples => {
  const phase = phases.indexOf(pod.status.phase ?? 'Pending');
  return {
    'k8s.pod.ready': conditionCode(pod, 'Ready'),
    'k8s.pod.phase': phase === -1 ? phases.length : phase,
    'k8s.pod.events.warnings': warnings,
  };
};

/** Before a container has a status it has done nothing: it waits to be created. */
export const containerSamples = (status: ContainerStatus | undefined, failures: number): Samples => ({
  'k8s.container.restarts': status?.restartCount ?? 0,
  'k8s.container.failures': failures,
  'k8s.container.ready': status?.ready === true ? 1 : 0,
  'k8s.container.status.waiting': waitingCode(status),
  'k8s.container.status.terminated': terminatedCode(status),
});

/** An absent condition is an unknown one, by the API conventions. */
const conditionCode = ({ status }: NodeView | PodView, type: string): number => {
  const found = status.conditions?.find((condition) => condition.type === type)?.status;
  return found === 'True' ? 1 : found === 'False' ? 0 : -1;
};

/** Those that the kubelet keeps of itself. */
const kubeletConditions = new Set(['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']);

/** All others say, by the convention of the node problem detector, that something is wrong when they are true. */
const problemsOf = ({ status }: NodeView): number =>
  (status.conditions ?? []).filter(({ type, status }) => status === 'True' && !kubeletConditions.has(type)).length;

const waitingCodes: Readonly<Record<string, number>> = {
  ContainerCreating: 1,
  PodInitializing: 1,
  CrashLoopBackOff: 2,
  ErrImagePull: 3,
  ImagePullBackOff: 3,
  CreateContainerError: 4,
  CreateContainerConfigError: 4,
};

const waitingCode = (status: ContainerStatus | undefined): number => {
  if (status?.state?.running !== undefined || status?.state?.terminated !== undefined) return 0;
  return waitingCodes[status?.state?.waiting?.reason ?? 'ContainerCreating'] ?? 5;
};

const terminatedCodes: Readonly<Record<string, number>> = { Completed: 1, Error: 2, OOMKilled: 3 };

const terminatedCode = (status: ContainerStatus | undefined): number => {
  const end = status?.state?.terminated ?? status?.lastState?.terminated;
  return end === undefined ? 0 : (terminatedCodes[end.reason ?? ''] ?? 4);
};
