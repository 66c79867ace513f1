import { Counter, Gauge, type Registry } from 'prom-client';
import { countersOf } from '../observe/metrics.ts';
import { frameResults, staleness, timeFaults, type Quality } from './quality.ts';
import type { Loss } from './reader.ts';
import type { Counting } from './source.ts';

/** What the gauges show, looked at when they are read. */
export interface IngestView {
  readonly live: boolean;
  lag(): { readonly messages: number; readonly ms: number };
  /** The stream’s time now. */
  readonly nowMs: number;
  readonly sources: Iterable<readonly [key: string, quality: Quality]>;
  readonly unboundRows: number;
}

export interface IngestMetrics extends Counting {
  /** Messages were not read; 0 when their number is not known. */
  lost(messages: number, why: Loss): void;
  fault(): void;
}

const staleAfterMs = 15_000;

/** Everything that happens to frames, as metrics without a label that grows with the cluster. */
export function ingestMetrics(registry: Registry, view: () => IngestView): IngestMetrics {
  const registers = [registry];
  const frames = new Counter({
    name: 'homeostat_ingest_frames_total',
    help: 'Frames that arrived, by what became of them.',
    labelNames: ['result'],
    registers,
  });
  for (const result of frameResults) frames.inc({ result }, 0);
  const missed = new Counter({
    name: 'homeostat_ingest_missed_frames_total',
    help: 'Frames of a sender’s sequence that never arrived or too late, and those not made between its end and its restart.',
    registers,
  });
  const timeFault = countersOf(
    registry,
    'homeostat_ingest_time_faults_total',
    'Frames with a wrong or late time.',
    'fault',
    timeFaults,
  );
  const breaks = countersOf<Loss>(
    registry,
    'homeostat_ingest_stream_breaks_total',
    'Times that the stream was not as it had been when reading went on (Expired, Recreated, Rewound), or was not read to its end (Skipped).',
    'why',
    ['Expired', 'Recreated', 'Rewound', 'Skipped'],
  );
  const lost = new Counter({
    name: 'homeostat_ingest_lost_messages_total',
    help: 'Messages that the stream’s limits took before they were read, or that were skipped.',
    registers,
  });
  const faults = new Counter({
    name: 'homeostat_ingest_faults_total',
    help: 'Calls of the evaluator that ended in a fault of the program.',
    registers,
  });
  gauges(registry, view);
  return {
    result: (result, count = 1) => frames.inc({ result }, count),
    missed: (count) => missed.inc(count),
    timeFault,
    lost(messages, why) {
      breaks(why);
      lost.inc(messages);
    },
    fault: () => faults.inc(),
  };
}

function gauges(registry: Registry, view: () => IngestView): void {
  const gauge = (name: string, help: string, value: (view: IngestView) => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(value(view())) });
  };
  gauge('homeostat_ingest_live', '1 while the stream is read up to the present.', ({ live }) => (live ? 1 : 0));
  gauge('homeostat_ingest_lag_messages', 'Messages in the stream that wait to be read.', (now) => now.lag().messages);
  gauge(
    'homeostat_ingest_lag_seconds',
    'Age of the last message read while others wait.',
    (now) => now.lag().ms / 1000,
  );
  gauge('homeostat_ingest_unbound_rows', 'Rows of sources that belong to no known object.', (now) => now.unboundRows);
  gauge('homeostat_ingest_clock_skew_seconds', 'Greatest difference of a sender’s clock from the stream’s.', (now) =>
    reduce(now.sources, (most, { skewMs }) => Math.max(most, Math.abs(skewMs) / 1000)),
  );
  gauge('homeostat_ingest_sources', 'Sources of frames that are known.', ({ sources }) =>
    reduce(sources, (n) => n + 1),
  );
  gauge('homeostat_ingest_dropped_by_senders', 'Frames that the present senders say they had to drop.', ({ sources }) =>
    reduce(sources, (n, { droppedBySender }) => n + droppedBySender),
  );
  gauge('homeostat_ingest_stale_sources', 'Sources without fresh samples for 15 s.', ({ sources, nowMs }) =>
    reduce(sources, (n, quality) => n + (staleness(quality, nowMs, staleAfterMs) === undefined ? 0 : 1)),
  );
}

const reduce = (sources: IngestView['sources'], step: (sum: number, quality: Quality) => number): number => {
  let sum = 0;
  for (const [, quality] of sources) sum = step(sum, quality);
  return sum;
};
