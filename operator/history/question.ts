import { entityOf } from '../../engine/history/series.ts';
import { metricNamed } from '../../engine/metrics.ts';
import type { Target } from '../../engine/evaluate/target.ts';
import type { Evidence } from '../../engine/evaluate/verdict.ts';
import { workloadTarget } from '../ingest/identity.ts';
import type { UsualQuestion } from './usual.ts';

/** Aggregates whose value is one of samples, so that it can be compared with what samples usually are. */
const ofSamples: ReadonlySet<string> = new Set(['Last', 'Mean', 'Min', 'Max', 'P50', 'P90', 'P95', 'P99']);

/**
 * What to ask for to see how unusual a value of a signal is; undefined when the value cannot be compared with samples of the
 * metric (it is a number of them, or how fast they change), or is about no workload and no node.
 */
export function questionOf(
  target: Target,
  { metric, aggregate }: Pick<Evidence, 'metric' | 'aggregate'>,
  atMs: number,
): UsualQuestion | undefined {
  const known = metricNamed(metric);
  if (known === undefined || !Number.isFinite(atMs)) return undefined;
  // What all rows of a target rise by together is not what one of them does.
  const isComparable =
    known.kind === 'gauge' ? ofSamples.has(aggregate) : aggregate === 'Rate' && known.scope === target.kind;
  if (!isComparable) return undefined;
  // A node judged by its pods is the sum of many histories, of which there is none.
  if (target.kind === 'Node' && known.scope !== 'Node') return undefined;
  const entity = entityOf(identityOf(target), known.scope);
  return entity === undefined ? undefined : { entity, container: target.container, metric, atMs };
}

const identityOf = (target: Target): Parameters<typeof entityOf>[0] => {
  if (target.kind === 'Node') return { Node: target };
  const { workload } = target;
  return workload && { Workload: workloadTarget(target.namespace, workload, {}) };
};
