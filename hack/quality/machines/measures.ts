import type { Segment } from './machine.ts';

/** Rows by falling score. */
const falling = (scores: Float64Array): Int32Array =>
  Int32Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number));

/**
 * Average precision: the area under the curve of precision over recall, row by row, without interpolation and without
 * any adjustment for segments. Rows of equal score switch together.
 */
export function averagePrecision(scores: Float64Array, labels: Uint8Array): number {
  const order = falling(scores);
  const positives = labels.reduce((sum, label) => sum + label, 0);
  let hits = 0;
  let before = 0;
  let area = 0;
  for (let k = 0; k < order.length; k++) {
    hits += labels[order[k] as number] as number;
    if (k + 1 < order.length && scores[order[k + 1] as number] === scores[order[k] as number]) continue;
    area += ((hits - before) / positives) * (hits / (k + 1));
    before = hits;
  }
  return area;
}

/** How alarms are counted: an event covers `eventRows`; the first `graceRows` after a segment count neither way. */
export interface Counting {
  readonly eventRows: number;
  readonly graceRows: number;
}

export interface Outcome {
  readonly found: number;
  readonly missed: number;
  readonly falseEvents: number;
  /** Rows from the beginning of each found segment to its first flagged row. */
  readonly delays: readonly number[];
}

/** What a threshold gives: segments with a flagged row, and events of an hour each outside of them. */
export function outcomeAt(
  scores: Float64Array,
  segments: readonly Segment[],
  threshold: number,
  { eventRows, graceRows }: Counting,
): Outcome {
  const delays: number[] = [];
  let falseEvents = 0;
  let from = 0;
  for (const { first, last } of [...segments, { first: scores.length, last: scores.length - 1 }]) {
    for (let i = from; i < first; i++)
      if ((scores[i] as number) >= threshold) {
        falseEvents++;
        // An event may reach beyond a segment: then it covers what follows it too.
        i += eventRows - 1;
      }
    for (let i = first; i <= last; i++)
      if ((scores[i] as number) >= threshold) {
        delays.push(i - first);
        break;
      }
    from = last + 1 + graceRows;
  }
  return { found: delays.length, missed: segments.length - delays.length, falseEvents, delays };
}

export const f1Of = ({ found, missed, falseEvents }: Outcome): number =>
  found === 0 ? 0 : (2 * found) / (2 * found + falseEvents + missed);

/** The best F1 of all thresholds. It looks at the labels, as everybody's does. */
export function bestF1(scores: Float64Array, segments: readonly Segment[], counting: Counting): number {
  // The thresholds that can be best are scores; a few hundred of the highest tell those of thousands.
  const distinct = Float64Array.from(new Set(scores)).sort().reverse();
  let best = 0;
  const step = Math.max(1, Math.floor(distinct.length / 2000));
  for (let k = 0; k < distinct.length; k += k < 1000 ? 1 : step)
    best = Math.max(best, f1Of(outcomeAt(scores, segments, distinct[k] as number, counting)));
  return best;
}

/** The lowest threshold of a quiet stretch at which it has at most so many events. */
export function thresholdFor(scores: Float64Array, events: number, counting: Counting): number {
  const distinct = Float64Array.from(new Set(scores)).sort();
  let low = 0;
  let high = distinct.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const outcome = outcomeAt(scores, [], distinct[middle] as number, counting);
    if (outcome.falseEvents <= events) high = middle;
    else low = middle + 1;
  }
  return distinct[low] ?? Infinity;
}
