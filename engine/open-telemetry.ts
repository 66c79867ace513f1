import type { MetricName } from './metrics.ts';

/**
 * What the semantic conventions of OpenTelemetry call a metric of the catalogue, for those that mean the same. These
 * conventions are in development and rename; ours stay as they are, since policies name them.
 */
const names = {
  'system.cpu.utilization': 'system.cpu.utilization',
  'system.memory.utilization': 'system.memory.utilization',
  'system.filesystem.utilization': 'system.filesystem.utilization',
  'k8s.pod.memory.working_set': 'k8s.pod.memory.working_set',
  'k8s.pod.memory.limit_utilization': 'k8s.pod.memory.limit.utilization',
  'k8s.pod.cpu.usage': 'k8s.pod.cpu.usage',
  'k8s.pod.filesystem.usage': 'k8s.pod.filesystem.usage',
  'k8s.container.filesystem.usage': 'container.filesystem.usage',
  'k8s.container.cpu.usage': 'container.cpu.usage',
  'k8s.container.cpu.limit_utilization': 'k8s.container.cpu.limit.utilization',
  'k8s.container.memory.usage': 'container.memory.usage',
  'k8s.container.memory.working_set': 'container.memory.working_set',
  'k8s.container.memory.limit': 'k8s.container.memory.limit.current',
  'k8s.container.memory.limit_utilization': 'k8s.container.memory.limit.utilization',
  'k8s.container.restarts': 'k8s.container.restart.count',
  'k8s.container.ready': 'k8s.container.ready',
} as const satisfies { readonly [Name in MetricName]?: string };

const table: ReadonlyMap<string, string> = new Map(Object.entries(names));
const backwards: ReadonlyMap<string, string> = new Map(Object.entries(names).map(([ours, theirs]) => [theirs, ours]));

/** What OpenTelemetry calls a metric of ours, if it has it. */
export const openTelemetryName = (metric: string): string | undefined => table.get(metric);

/** What we call a metric of OpenTelemetry, if we have it. */
export const nameOfOpenTelemetry = (name: string): string | undefined => backwards.get(name);
