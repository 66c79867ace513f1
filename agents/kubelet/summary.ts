/**
 * What a kubelet says at /stats/summary, as far as it is told on. Every figure may be missing (NaN): which ones a
 * kubelet has depends on its runtime and on how long a pod has run.
 */
export interface Summary {
  readonly node: NodeStats;
  readonly pods: readonly PodStats[];
}

export interface NodeStats {
  readonly network: NetworkStats;
}

export interface PodStats {
  readonly uid: string;
  readonly cpu: CpuStats;
  readonly workingSetBytes: number;
  readonly network: NetworkStats;
  /** Files of its containers, their logs and its emptyDir volumes. */
  readonly filesystemBytes: number;
  /** Used share of the fullest of its persistent volumes. */
  readonly volumeUtilization: number;
  readonly containers: readonly ContainerStats[];
}

export interface ContainerStats {
  readonly name: string;
  readonly cpu: CpuStats;
  readonly memoryBytes: number;
  readonly workingSetBytes: number;
  /** Its writable layer and its logs. */
  readonly filesystemBytes: number;
}

/** A counter of seconds and when it was read, in milliseconds since the epoch by the kubelet's clock. */
export interface CpuStats {
  readonly atMs: number;
  readonly seconds: number;
}

/** Counters of bytes over all interfaces, and when they were read. */
export interface NetworkStats {
  readonly atMs: number;
  readonly received: number;
  readonly transmitted: number;
}

/** Reads the answer of a kubelet. Throws a TypeError when it is no summary at all. */
export function summaryOf(answer: unknown): Summary {
  const { node, pods } = object(answer);
  if (typeof node !== 'object' || !Array.isArray(pods)) throw new TypeError('it has no "node" and "pods"');
  return { node: { network: network(object(node)['network']) }, pods: pods.map(podOf) };
}

function podOf(pod: unknown): PodStats {
  const { podRef, cpu, memory, network: traffic, volume, containers, 'ephemeral-storage': files } = object(pod);
  return {
    uid: text(object(podRef)['uid']),
    cpu: cpuOf(cpu),
    workingSetBytes: number(object(memory)['workingSetBytes']),
    network: network(traffic),
    filesystemBytes: number(object(files)['usedBytes']),
    volumeUtilization: fullest(list(volume)),
    containers: list(containers).map(containerOf),
  };
}

function containerOf(container: unknown): ContainerStats {
  const { name, cpu, memory, rootfs, logs } = object(container);
  return {
    name: text(name),
    cpu: cpuOf(cpu),
    memoryBytes: number(object(memory)['usageBytes']),
    workingSetBytes: number(object(memory)['workingSetBytes']),
    filesystemBytes: sum(number(object(rootfs)['usedBytes']), number(object(logs)['usedBytes'])),
  };
}

const cpuOf = (cpu: unknown): CpuStats => ({
  atMs: time(object(cpu)['time']),
  seconds: number(object(cpu)['usageCoreNanoSeconds']) / 1e9,
});

/** Of a pod the kubelet adds nothing up, and tells of the first interface at the top as well. */
function network(stats: unknown): NetworkStats {
  const { time: at, interfaces, rxBytes, txBytes } = object(stats);
  const others = list(interfaces)
    .map(object)
    .filter(({ name }) => name !== 'lo');
  const total = (key: 'rxBytes' | 'txBytes', alone: unknown): number =>
    others.length === 0 ? number(alone) : others.map((each) => number(each[key])).reduce(sum);
  return { atMs: time(at), received: total('rxBytes', rxBytes), transmitted: total('txBytes', txBytes) };
}

function fullest(volumes: readonly unknown[]): number {
  const shares = volumes.map(object).flatMap(({ pvcRef, usedBytes, capacityBytes }) => {
    const share = number(usedBytes) / number(capacityBytes);
    return pvcRef === undefined || Number.isNaN(share) ? [] : [share];
  });
  return shares.length === 0 ? Number.NaN : Math.max(...shares);
}

/** The sum of what is known. */
const sum = (a: number, b: number): number => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b);

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const time = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN);
