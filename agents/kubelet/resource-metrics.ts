import { Exposition, type Sample } from '../prometheus/exposition.ts';
import type { NodePod } from './pods.ts';
import type { CpuStats, PodStats, Summary } from './summary.ts';

const wanted: ReadonlySet<string> = new Set([
  'pod_cpu_usage_seconds_total',
  'pod_memory_working_set_bytes',
  'container_cpu_usage_seconds_total',
  'container_memory_working_set_bytes',
]);

/**
 * What a kubelet says at /metrics/resource: CPU and working set of its pods and their containers, and nothing else. It names
 * pods, so only those in `pods` are known. Throws a TypeError when it cannot be read.
 */
export function resourceSummaryOf(text: string, pods: readonly NodePod[]): Summary {
  const samples = new Map<string, Sample>();
  const exposition = new Exposition({
    openMetrics: false,
    wants: (name) => wanted.has(name),
    onSample: (sample) => samples.set(keyOf(sample.name, sample.labels), sample),
    onMalformed: () => {
      throw new TypeError('it is no text of metrics');
    },
  });
  exposition.push(Buffer.from(text));
  exposition.end();
  const sampleOf = (name: string, labels: Readonly<Record<string, string>>): Sample | undefined =>
    samples.get(keyOf(name, new Map(Object.entries(labels))));
  return {
    node: { network: nothing },
    pods: pods.map(({ uid, namespace, name: pod, containers }): PodStats => ({
      uid,
      cpu: cpuOf(sampleOf('pod_cpu_usage_seconds_total', { namespace, pod })),
      workingSetBytes: bytesOf(sampleOf('pod_memory_working_set_bytes', { namespace, pod })),
      network: nothing,
      filesystemBytes: NaN,
      volumeUtilization: NaN,
      containers: containers.map(({ name }) => {
        const labels = { namespace, pod, container: name };
        return {
          name,
          cpu: cpuOf(sampleOf('container_cpu_usage_seconds_total', labels)),
          memoryBytes: NaN,
          workingSetBytes: bytesOf(sampleOf('container_memory_working_set_bytes', labels)),
          filesystemBytes: NaN,
        };
      }),
    })),
  };
}

const nothing = { atMs: NaN, received: NaN, transmitted: NaN } as const;

const keyOf = (name: string, labels: ReadonlyMap<string, string>): string =>
  [name, labels.get('namespace'), labels.get('pod'), labels.get('container') ?? ''].join(' ');

const cpuOf = (sample: Sample | undefined): CpuStats => ({ atMs: sample?.atMs ?? NaN, seconds: sample?.value ?? NaN });

/** Of a pod that has just begun the kubelet says that it has no memory at all: it has not looked yet. */
const bytesOf = (sample: Sample | undefined): number => sample?.value || NaN;
