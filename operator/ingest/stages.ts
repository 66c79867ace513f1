import { Histogram, type Registry } from 'prom-client';
import { latencyBuckets } from '../observe/metrics.ts';

/**
 * The way of a sample from its measuring to the end of its evaluation, in its parts and as a whole; each is observed once
 * for each frame that is judged live. docs/latency.md says from when to when each of them is.
 */
export const ingestStages = ['publish', 'broker', 'decode', 'evaluate', 'sample_verdict'] as const;
export type IngestStage = (typeof ingestStages)[number];

const name = 'homeostat_stage_seconds';

/** Observes how long a stage took, in milliseconds, in the one histogram of all stages; any room may add stages of its own. */
export function stageObserver<S extends string>(
  registry: Registry,
  stages: readonly S[],
): (stage: S, ms: number) => void {
  const known = registry.getSingleMetric(name);
  const histogram =
    known instanceof Histogram
      ? known
      : new Histogram({
          name,
          help: 'Time that a sample, or what followed from it, spent in a stage.',
          labelNames: ['stage'],
          buckets: latencyBuckets,
          registers: [registry],
        });
  for (const stage of stages) histogram.zero({ stage });
  return (stage, ms) => histogram.observe({ stage }, Math.max(0, ms) / 1000);
}
