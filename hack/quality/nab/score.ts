import type { NabFile, Profile } from './corpus.ts';

/**
 * The scoring of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, "Evaluating Real-time Anomaly Detection
 * Algorithms", section II): early hits within a window count more, only the best hit of a window counts, each row that
 * is flagged outside costs more the farther it is behind a window.
 */

/** What each row is worth if it is flagged, and to which window it belongs (-1: none). */
export interface Worth {
  readonly value: Float64Array;
  readonly window: Int32Array;
  /** The first row that counts: those before it are for learning. */
  readonly first: number;
  /** Windows in which a row counts. */
  readonly windows: number;
}

const sigmoid = (y: number): number => (y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1);

export function worthOf({ values, windows }: NabFile): Worth {
  const rows = values.length;
  const value = new Float64Array(rows).fill(-1);
  const window = new Int32Array(rows).fill(-1);
  const first = Math.min(Math.floor(0.15 * rows), 750);
  let counted = 0;
  for (const [w, { left, right }] of windows.entries()) {
    const width = right - left + 1;
    for (let i = left; i <= right; i++) {
      window[i] = w;
      value[i] = sigmoid(-(right - i + 1) / width) / sigmoid(-1);
    }
    const next = windows[w + 1]?.left ?? rows;
    for (let i = right + 1; i < next; i++) value[i] = sigmoid((i - right) / (width - 1));
    if (right >= first) counted++;
  }
  return { value, window, first, windows: counted };
}

/** What a corpus gives at each threshold: falling thresholds, from "never", and the raw score at or above each. */
export interface Curve {
  readonly thresholds: Float64Array;
  readonly raw: Float64Array;
}

/** The raw score of files at every threshold that their scores have. Rows of equal score switch together. */
export function curveOf(worths: readonly Worth[], scores: readonly Float64Array[], profile: Profile): Curve {
  const { file, row } = fallingRows(worths, scores);
  const best = worths.map(({ windows, window }) => new Float64Array(windows > 0 ? 1 + Math.max(...window) : 0));
  let raw = -profile.fn * worths.reduce((sum, { windows }) => sum + windows, 0);
  const thresholds = [Infinity];
  const curve = [raw];
  for (let k = 0; k < row.length; k++) {
    const f = file[k] as number;
    const i = row[k] as number;
    const worth = worths[f] as Worth;
    const w = worth.window[i] as number;
    const value = worth.value[i] as number;
    if (w < 0) raw += profile.fp * value;
    else {
      const had = best[f]?.[w] as number;
      if (had === 0) raw += profile.fn + profile.tp * value;
      else if (value > had) raw += profile.tp * (value - had);
      if (value > had) (best[f] as Float64Array)[w] = value;
    }
    const score = scores[f]?.[i] as number;
    const next = scores[file[k + 1] ?? -1]?.[row[k + 1] as number];
    if (next === score) continue;
    thresholds.push(score);
    curve.push(raw);
  }
  return { thresholds: Float64Array.from(thresholds), raw: Float64Array.from(curve) };
}

/** All rows that count, the highest score first. */
function fallingRows(worths: readonly Worth[], scores: readonly Float64Array[]): { file: Int32Array; row: Int32Array } {
  const files: number[] = [];
  const rows: number[] = [];
  for (const [f, { first }] of worths.entries())
    for (let i = first; i < (scores[f]?.length ?? 0); i++) {
      // A score of nothing is never flagged: every threshold is above it.
      if (!((scores[f]?.[i] as number) > 0)) continue;
      files.push(f);
      rows.push(i);
    }
  const order = Int32Array.from(files.keys()).sort(
    (a, b) =>
      (scores[files[b] as number]?.[rows[b] as number] as number) -
      (scores[files[a] as number]?.[rows[a] as number] as number),
  );
  return {
    file: Int32Array.from(order, (k) => files[k] as number),
    row: Int32Array.from(order, (k) => rows[k] as number),
  };
}

export interface Best {
  readonly threshold: number;
  readonly raw: number;
}

/** The threshold at which a curve is highest; of equal ones the highest threshold. */
export function bestOf({ thresholds, raw }: Curve): Best {
  let best = 0;
  for (let k = 1; k < raw.length; k++) if ((raw[k] as number) > (raw[best] as number)) best = k;
  return { threshold: thresholds[best] as number, raw: raw[best] as number };
}

/** The raw score at a threshold. */
export function rawAt({ thresholds, raw }: Curve, threshold: number): number {
  let low = 0;
  let high = thresholds.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((thresholds[middle] as number) >= threshold) low = middle;
    else high = middle;
  }
  return raw[low] as number;
}

/** A raw score on the scale of the benchmark: 0 is a detector that never speaks, 100 a perfect one. */
export function normalised(raw: number, windows: number, { tp, fn }: Profile): number {
  const silent = -windows * fn;
  return (100 * (raw - silent)) / (windows * tp - silent);
}
