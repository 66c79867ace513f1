import type { Scope } from './frame/types.ts';

/** A metric that can stand in a frame and in a policy's signal. */
export interface Metric {
  /** OpenTelemetry semantic-convention name where one exists. */
  readonly name: string;
  /** UCUM, as OpenTelemetry writes units; `1` is a ratio. */
  readonly unit: string;
  /** A gauge is a level. A counter only rises and begins again at 0 with what it counts; `Rate` and `Increase` make sense of it. */
  readonly kind: 'gauge' | 'counter';
  readonly scope: Scope;
  readonly producer: 'agent' | 'state';
  readonly description: string;
  /** Its value never stands still where it is measured: one that does is a sensor that is stuck. */
  readonly restless?: true;
  /** Names of values, for a metric that stands for a state; the detector `state` knows them. */
  readonly states?: Readonly<Record<string, number>>;
}

const agent = (
  scope: Scope,
  name: string,
  unit: string,
  kind: Metric['kind'],
  description: string,
  traits: Pick<Metric, 'restless'> = {},
): Metric => ({
  name,
  unit,
  kind,
  scope,
  producer: 'agent',
  description,
  ...traits,
});
const state = (
  scope: Scope,
  name: string,
  unit: string,
  kind: Metric['kind'],
  description: string,
  states?: Metric['states'],
): Metric => ({ name, unit, kind, scope, producer: 'state', description, ...(states && { states }) });

const restless = { restless: true } as const;
const condition = { True: 1, False: 0, Unknown: -1 } as const;

/**
 * The catalogue: everything a source may send and a policy may name, in the order of `kubectl explain` and the docs.
 * A container metric may be read at pod scope too where a pod row carries it.
 */
export const metrics = [
  agent(
    'Node',
    'system.cpu.utilization',
    '1',
    'gauge',
    'Share of the node’s CPU time that was not idle in the interval.',
    restless,
  ),
  agent('Node', 'system.cpu.load_average.1m', '{thread}', 'gauge', 'Load average of the last minute.'),
  agent(
    'Node',
    'system.memory.utilization',
    '1',
    'gauge',
    'Share of the node’s memory that is not available.',
    restless,
  ),
  agent('Node', 'system.memory.available', 'By', 'gauge', 'Memory that can be given out without swapping.', restless),
  agent(
    'Node',
    'system.filesystem.utilization',
    '1',
    'gauge',
    'Used share of the file system that holds the agent’s root.',
  ),
  agent('Node', 'system.disk.io_time', '1', 'gauge', 'Share of the interval in which the busiest disk was busy.'),
  agent(
    'Node',
    'system.network.io.receive',
    'By/s',
    'gauge',
    'Bytes received a second over all interfaces but loopback.',
  ),
  agent('Node', 'system.network.io.transmit', 'By/s', 'gauge', 'Bytes sent a second over all interfaces but loopback.'),
  agent('Node', 'system.pressure.cpu', '1', 'gauge', 'PSI: share of time in which some task waited for a CPU.'),
  agent('Node', 'system.pressure.memory', '1', 'gauge', 'PSI: share of time in which some task waited for memory.'),
  agent('Node', 'system.pressure.io', '1', 'gauge', 'PSI: share of time in which some task waited for I/O.'),
  agent(
    'Node',
    'k8s.node.kubelet.probe.failures',
    '{probe}',
    'gauge',
    'Probes of the kubelet’s port that failed one after the other; 0 after a success. While the kubelet waits for a CPU, none counts for 20 s.',
  ),
  agent(
    'Pod',
    'k8s.pod.oom_kills',
    '{kill}',
    'counter',
    'Processes of the pod that the kernel killed for memory; counts children too.',
  ),
  agent('Pod', 'k8s.pod.memory.working_set', 'By', 'gauge', 'Memory of the pod that cannot be reclaimed easily.'),
  agent(
    'Pod',
    'k8s.pod.memory.limit_utilization',
    '1',
    'gauge',
    'Working set over the pod’s memory limit; missing without a limit.',
  ),
  agent(
    'Pod',
    'k8s.pod.network.io.receive',
    'By/s',
    'gauge',
    'Bytes received a second over all interfaces of the pod but loopback.',
  ),
  agent(
    'Pod',
    'k8s.pod.network.io.transmit',
    'By/s',
    'gauge',
    'Bytes sent a second over all interfaces of the pod but loopback.',
  ),
  agent(
    'Pod',
    'k8s.pod.filesystem.usage',
    'By',
    'gauge',
    'Bytes of the node’s disk that the pod uses: writable layers, logs and emptyDir volumes.',
  ),
  agent(
    'Pod',
    'k8s.pod.volume.utilization',
    '1',
    'gauge',
    'Used share of the fullest of the pod’s persistent volumes; missing without one.',
  ),
  agent('Pod', 'k8s.pod.cpu.usage', '{cpu}', 'gauge', 'CPU cores used in the interval.'),
  agent(
    'Pod',
    'k8s.pod.cpu.throttled',
    '1',
    'gauge',
    'Share of the interval’s CFS periods in which the pod was throttled; missing without a limit.',
  ),
  agent('Container', 'k8s.container.cpu.usage', '{cpu}', 'gauge', 'CPU cores used in the interval.'),
  agent(
    'Container',
    'k8s.container.cpu.limit_utilization',
    '1',
    'gauge',
    'CPU used over the container’s CPU limit; missing without a limit.',
  ),
  agent(
    'Container',
    'k8s.container.cpu.throttled',
    '1',
    'gauge',
    'Share of the interval’s CFS periods in which the container was throttled; missing without a limit.',
  ),
  agent(
    'Container',
    'k8s.container.filesystem.usage',
    'By',
    'gauge',
    'Bytes of the container’s writable layer and its logs.',
  ),
  agent(
    'Container',
    'k8s.container.memory.usage',
    'By',
    'gauge',
    'Memory charged to the container, page cache included.',
  ),
  agent(
    'Container',
    'k8s.container.memory.working_set',
    'By',
    'gauge',
    'Memory of the container that cannot be reclaimed easily.',
  ),
  agent('Container', 'k8s.container.memory.limit', 'By', 'gauge', 'The container’s memory limit; missing without one.'),
  agent(
    'Container',
    'k8s.container.memory.limit_utilization',
    '1',
    'gauge',
    'Working set over the container’s memory limit; missing without a limit.',
  ),
  agent(
    'Container',
    'k8s.container.oom_kills',
    '{kill}',
    'counter',
    'Processes of the container that the kernel killed for memory.',
  ),
  agent('Container', 'k8s.container.processes', '{process}', 'gauge', 'Tasks in the container.'),
  agent(
    'Container',
    'k8s.container.pressure.cpu',
    '1',
    'gauge',
    'PSI of the container: share of time in which some task waited for a CPU.',
  ),
  agent(
    'Container',
    'k8s.container.pressure.memory',
    '1',
    'gauge',
    'PSI of the container: share of time in which some task waited for memory.',
  ),
  agent(
    'Container',
    'k8s.container.pressure.io',
    '1',
    'gauge',
    'PSI of the container: share of time in which some task waited for I/O.',
  ),
  state('Node', 'k8s.node.condition_ready', '1', 'gauge', 'Condition Ready: 1 True, 0 False, -1 Unknown.', condition),
  state(
    'Node',
    'k8s.node.condition_memory_pressure',
    '1',
    'gauge',
    'Condition MemoryPressure: 1 True, 0 False, -1 Unknown.',
    condition,
  ),
  state(
    'Node',
    'k8s.node.condition_disk_pressure',
    '1',
    'gauge',
    'Condition DiskPressure: 1 True, 0 False, -1 Unknown.',
    condition,
  ),
  state(
    'Node',
    'k8s.node.condition_pid_pressure',
    '1',
    'gauge',
    'Condition PIDPressure: 1 True, 0 False, -1 Unknown.',
    condition,
  ),
  state(
    'Node',
    'k8s.node.problems',
    '{condition}',
    'gauge',
    'Conditions of the node that are True, besides those of the kubelet: NetworkUnavailable, and what the node problem detector and others find, such as KernelDeadlock.',
  ),
  state(
    'Node',
    'k8s.node.events.warnings',
    '{event}',
    'counter',
    'Events of type Warning about the node, repetitions counted, since the operator watches them; it does when a policy names this.',
  ),
  state('Node', 'k8s.node.unschedulable', '1', 'gauge', '1 while the node is cordoned.'),
  state('Workload', 'k8s.workload.pods.desired', '{pod}', 'gauge', 'Replicas asked for.'),
  state('Workload', 'k8s.workload.pods.available', '{pod}', 'gauge', 'Replicas available.'),
  state('Workload', 'k8s.workload.pods.unavailable', '{pod}', 'gauge', 'Replicas asked for that are not available.'),
  state('Pod', 'k8s.pod.ready', '1', 'gauge', 'Condition Ready: 1 True, 0 False, -1 Unknown.', condition),
  state('Pod', 'k8s.pod.phase', '1', 'gauge', '0 Pending, 1 Running, 2 Succeeded, 3 Failed, 4 Unknown.', {
    Pending: 0,
    Running: 1,
    Succeeded: 2,
    Failed: 3,
    Unknown: 4,
  }),
  state(
    'Pod',
    'k8s.pod.events.warnings',
    '{event}',
    'counter',
    'Events of type Warning about the pod, repetitions counted, since the operator watches them; it does when a policy names this.',
  ),
  state(
    'Container',
    'k8s.container.restarts',
    '{restart}',
    'counter',
    'Restarts of the container in its pod, as the kubelet counts them.',
  ),
  state(
    'Container',
    'k8s.container.failures',
    '{failure}',
    'counter',
    'Ends of the container with another exit code than 0 that the API server has shown since the operator saw the pod.',
  ),
  state('Container', 'k8s.container.ready', '1', 'gauge', '1 while the container is ready.'),
  state(
    'Container',
    'k8s.container.status.waiting',
    '1',
    'gauge',
    'Waiting: 0 no; 1 ContainerCreating or PodInitializing; 2 CrashLoopBackOff; 3 ErrImagePull or ImagePullBackOff; 4 CreateContainer(Config)Error; 5 any other reason.',
    {
      None: 0,
      ContainerCreating: 1,
      PodInitializing: 1,
      CrashLoopBackOff: 2,
      ErrImagePull: 3,
      ImagePullBackOff: 3,
      CreateContainerError: 4,
      CreateContainerConfigError: 4,
      Other: 5,
    },
  ),
  state(
    'Container',
    'k8s.container.status.terminated',
    '1',
    'gauge',
    'Last or current end: 0 none; 1 Completed; 2 Error; 3 OOMKilled; 4 any other reason.',
    { None: 0, Completed: 1, Error: 2, OOMKilled: 3, Other: 4 },
  ),
] as const satisfies readonly Metric[];

export type MetricName = (typeof metrics)[number]['name'];

const byName: ReadonlyMap<string, Metric> = new Map(metrics.map((metric) => [metric.name, metric]));
let declared: ReadonlyMap<string, Metric> = new Map();

/**
 * Makes the metrics known that this installation declares for itself (engine/declared.ts), in place of those declared
 * before. A process does so once, before anything asks.
 */
export function declareMetrics(own: readonly Metric[]): void {
  declared = new Map(own.map((metric) => [metric.name, metric]));
}

/** Everything that a policy may name here: the catalogue, then what is declared. */
export const knownMetrics = (): readonly Metric[] => [...metrics, ...declared.values()];

/** The metric of that name, of the catalogue or declared, if there is one. */
export const metricNamed = (name: string): Metric | undefined => byName.get(name) ?? declared.get(name);
