import type { RowIdentity } from '../evaluate/target.ts';
import type { Scope } from '../frame/types.ts';
import { metricNamed } from '../metrics.ts';

/** One line of history: a metric of all containers of one name in the pods of a workload, of its pods, or of a node. */
export interface Series {
  /** `Deployment/shop/cart`, `Node/worker-1`: by name, so that what is made anew under its name has its history. */
  readonly entity: string;
  /** Empty unless the metric is one of containers. */
  readonly container: string;
  readonly metric: string;
}

/** Whose history a row of this scope adds to; undefined for pods that belong to no workload. */
export function entityOf(identity: RowIdentity | undefined, scope: Scope): string | undefined {
  if (scope === 'Node') return identity?.Node && `Node/${identity.Node.name}`;
  const workload = identity?.Workload;
  return workload?.workload && `${workload.workload.kind}/${workload.namespace}/${workload.name}`;
}

/** Kept besides the metrics of the policies in force, unless an installation says otherwise. */
export const usualMetrics: readonly string[] = [
  'k8s.container.cpu.usage',
  'k8s.container.memory.working_set',
  'system.cpu.utilization',
  'system.memory.utilization',
];

/** Of a counter it is kept what it rises by a second. */
export const isCounter = (metric: string): boolean => metricNamed(metric)?.kind === 'counter';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;

/** Entities are spread over so many subjects, so that the history of one can be read without that of all. */
export const partitions = 16;

/** FNV-1a; part of what is stored, so it stays as it is. */
export function partitionOf(entity: string): number {
  let hash = 0x81_1c_9d_c5;
  for (const byte of new TextEncoder().encode(entity)) hash = Math.imul(hash ^ byte, 0x01_00_01_93);
  return (hash >>> 0) % partitions;
}
