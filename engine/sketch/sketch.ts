import { bucketOf, coarser, finest, relativeErrorOf, valueOf } from './buckets.ts';

/**
 * How many numbers fell into which bucket: any quantile of them within `relativeError`, their sum, the least and the
 * greatest. It does not change once made. Of the same numbers there is one sketch, however they were merged (but for the
 * rounding of `sum`): its resolution is the finest with which it is within its bounds, and that follows from the numbers.
 */
export interface Sketch {
  /** Buckets an octave: 2 to this power (`buckets.ts`). */
  readonly resolution: number;
  /** The buckets that hold any, ascending, and how many each. */
  readonly buckets: Int32Array;
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
  /** Infinity and -Infinity when it is empty. */
  readonly min: number;
  readonly max: number;
}

/** As many buckets as a sketch has at most; at the coarsest resolution there can be one more. */
export const mostBuckets = 256;
/** From the first to the last bucket of one sign. */
export const mostSpan = 1024;

export const emptySketch: Sketch = {
  resolution: finest,
  buckets: new Int32Array(0),
  counts: new Float64Array(0),
  count: 0,
  sum: 0,
  min: Infinity,
  max: -Infinity,
};

/** The sketch of some numbers; those that are not finite are left out. */
export function sketchOf(values: Iterable<number>, most = mostBuckets): Sketch {
  const counts = new Map<number, number>();
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const bucket = bucketOf(value, finest);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const buckets = Int32Array.from(counts.keys()).toSorted();
  return fitted(
    {
      resolution: finest,
      buckets,
      counts: Float64Array.from(buckets, (bucket) => counts.get(bucket) ?? 0),
      count: 0,
      sum,
      min,
      max,
    },
    most,
  );
}

/** The sketch of the numbers of both. */
export function merged(a: Sketch, b: Sketch, most = mostBuckets): Sketch {
  const resolution = Math.min(a.resolution, b.resolution);
  const [left, right] = [coarsened(a, resolution), coarsened(b, resolution)];
  const buckets = new Int32Array(left.buckets.length + right.buckets.length);
  const counts = new Float64Array(buckets.length);
  let [i, j, length] = [0, 0, 0];
  while (i < left.buckets.length || j < right.buckets.length) {
    const one = left.buckets[i] ?? Infinity;
    const other = right.buckets[j] ?? Infinity;
    buckets[length] = Math.min(one, other);
    if (one <= other) counts[length] = (counts[length] as number) + (left.counts[i++] as number);
    if (other <= one) counts[length] = (counts[length] as number) + (right.counts[j++] as number);
    length++;
  }
  return fitted(
    {
      resolution,
      buckets: buckets.slice(0, length),
      counts: counts.slice(0, length),
      count: 0,
      sum: a.sum + b.sum,
      min: Math.min(a.min, b.min),
      max: Math.max(a.max, b.max),
    },
    most,
  );
}

/** The same at the finest resolution at which it is within its bounds; its count is that of its buckets. */
export function fitted(sketch: Sketch, most = mostBuckets): Sketch {
  let fit = sketch;
  while (fit.resolution > 0 && (fit.buckets.length > most || !isWithinSpan(fit.buckets)))
    fit = coarsened(fit, fit.resolution - 1);
  let count = 0;
  for (const each of fit.counts) count += each;
  return { ...fit, count };
}

/** The same at a resolution that is not finer. */
export function coarsened(sketch: Sketch, resolution: number): Sketch {
  if (resolution >= sketch.resolution) return sketch;
  const buckets = sketch.buckets.slice();
  const counts = sketch.counts.slice();
  let length = 0;
  for (let i = 0; i < buckets.length; i++) {
    let bucket = buckets[i] as number;
    for (let each = sketch.resolution; each > resolution; each--) bucket = coarser(bucket);
    if (length > 0 && buckets[length - 1] === bucket) {
      counts[length - 1] = (counts[length - 1] as number) + (counts[i] as number);
      continue;
    }
    buckets[length] = bucket;
    counts[length++] = counts[i] as number;
  }
  return { ...sketch, resolution, buckets: buckets.slice(0, length), counts: counts.slice(0, length) };
}

/** The same with each count times `share`, rounded; buckets that come to nothing are left out. */
export function faded(sketch: Sketch, share: number): Sketch {
  const kept = sketch.buckets.filter((_, i) => Math.round((sketch.counts[i] as number) * share) > 0);
  const counts = sketch.counts.map((count) => Math.round(count * share)).filter((count) => count > 0);
  return { ...fitted({ ...sketch, buckets: kept, counts }), sum: sketch.sum * share };
}

/**
 * The value of rank ⌊q (n - 1)⌋ of n sorted numbers, for q from 0 to 1, within `relativeError` of it; NaN when there are
 * none. Of numbers nearer to zero than 1e-12 it is within 1e-12.
 */
export function quantile({ resolution, buckets, counts, count, min, max }: Sketch, q: number): number {
  if (count === 0) return NaN;
  const rank = Math.floor(q * (count - 1));
  let below = 0;
  for (let i = 0; i < buckets.length; i++) {
    below += counts[i] as number;
    if (below > rank) return Math.min(max, Math.max(min, valueOf(buckets[i] as number, resolution)));
  }
  return max;
}

/** How far a quantile is from the exact one at most, as a share of it. */
export const relativeError = ({ resolution }: Sketch): number => relativeErrorOf(resolution);

/** Whether the buckets of each sign lie near enough to each other. */
function isWithinSpan(buckets: Int32Array): boolean {
  const first = buckets[0] ?? 0;
  const last = buckets.at(-1) ?? 0;
  // Most are of one sign, or zero and one sign.
  if (last - first < mostSpan) return true;
  const negative = buckets.findLast((bucket) => bucket < 0) ?? first;
  const positive = buckets.find((bucket) => bucket > 0) ?? last;
  return (first >= 0 || negative - first < mostSpan) && (last <= 0 || last - positive < mostSpan);
}
