import { seeded } from '../data.ts';
import type { Machine } from '../machines/machine.ts';

/**
 * What netdata does for each metric (its `src/ml`, described in "ML Models and Anomaly Detection" of its docs): the
 * steps of the series, smoothed over three, six of them in a row as one point; k-means with two centres over a window
 * of the past; the distance from the nearer centre, between 0 for the nearest and 1 for the farthest point of that
 * window. Strange is what is beyond 0.99 for every one of the last models.
 */
const smoothing = 3;
const points = 6;
/** Rows that a model learns from, how often one is made, and how many are kept. */
const windowRows = 360;
const everyRows = 180;
const kept = 18;
const isStrange = 0.99;

const known = new WeakMap<Machine, Float64Array>();

/** For each row and metric the least distance of all models: 1 is as far as the farthest point a model knows. */
export function kMeansScores(machine: Machine): Float64Array {
  const scores = known.get(machine) ?? scoresOf(machine);
  known.set(machine, scores);
  return scores;
}

function scoresOf({ values, metrics, rows }: Machine): Float64Array {
  const scores = new Float64Array(rows * metrics);
  for (let m = 0; m < metrics; m++) {
    const steps = smoothedSteps(values, metrics, m, rows);
    const random = seeded(m + 1);
    const models: Model[] = [];
    for (let row = points; row < rows; row++) {
      if (row >= windowRows && row % everyRows === 0) {
        models.push(learn(steps, row - windowRows + points, row, random));
        if (models.length > kept) models.shift();
      }
      let least = Infinity;
      for (const model of models) {
        least = Math.min(least, distance(model, steps, row));
        if (least === 0) break;
      }
      scores[row * metrics + m] = least === Infinity ? 0 : least;
    }
  }
  return scores;
}

/** The share of metrics that are strange: netdata's node anomaly rate. */
export function anomalyRate(scores: Float64Array, metrics: number): Float64Array {
  return Float64Array.from({ length: scores.length / metrics }, (_, row) => {
    let strange = 0;
    for (let i = row * metrics; i < (row + 1) * metrics; i++) if ((scores[i] as number) >= isStrange) strange++;
    return strange / metrics;
  });
}

interface Model {
  readonly centers: readonly Float64Array[];
  readonly least: number;
  readonly most: number;
}

function smoothedSteps(values: Float32Array, metrics: number, m: number, rows: number): Float64Array {
  const steps = new Float64Array(rows);
  const at = (row: number): number => values[Math.max(0, row) * metrics + m] as number;
  // The mean of three steps in a row is a third of what lies between their ends.
  for (let row = 0; row < rows; row++) steps[row] = Math.abs(at(row) - at(row - smoothing)) / smoothing;
  return steps;
}

function gap(center: Float64Array, steps: Float64Array, row: number): number {
  let sum = 0;
  for (let i = 0; i < points; i++) sum += ((center[i] as number) - (steps[row - i] as number)) ** 2;
  return sum;
}

const nearest = (centers: readonly Float64Array[], steps: Float64Array, row: number): number =>
  gap(centers[0] as Float64Array, steps, row) <= gap(centers[1] as Float64Array, steps, row) ? 0 : 1;

const nearestGap = (centers: readonly Float64Array[], steps: Float64Array, row: number): number =>
  Math.sqrt(gap(centers[nearest(centers, steps, row)] as Float64Array, steps, row));

function learn(steps: Float64Array, from: number, to: number, random: () => number): Model {
  const pick = (): Float64Array => {
    const row = from + Math.floor(random() * (to - from));
    return Float64Array.from({ length: points }, (_, i) => steps[row - i] as number);
  };
  const centers = [pick(), pick()];
  let moved = true;
  for (let turn = 0; turn < 20 && moved; turn++) {
    moved = false;
    const sums = [new Float64Array(points), new Float64Array(points)];
    const counts = [0, 0];
    for (let row = from; row < to; row++) {
      const c = nearest(centers, steps, row);
      counts[c] = (counts[c] as number) + 1;
      for (let i = 0; i < points; i++)
        (sums[c] as Float64Array)[i] = (sums[c]?.[i] as number) + (steps[row - i] as number);
    }
    for (const [c, sum] of sums.entries()) {
      if ((counts[c] as number) === 0) continue;
      const center = sum.map((x) => x / (counts[c] as number));
      if (center.some((x, i) => Math.abs(x - (centers[c]?.[i] as number)) > 1e-9)) moved = true;
      centers[c] = center;
    }
  }
  let least = Infinity;
  let most = 0;
  for (let row = from; row < to; row++) {
    const far = nearestGap(centers, steps, row);
    least = Math.min(least, far);
    most = Math.max(most, far);
  }
  return { centers, least, most };
}

function distance({ centers, least, most }: Model, steps: Float64Array, row: number): number {
  const far = nearestGap(centers, steps, row);
  return most - least < 1e-12 ? (far > most + 1e-9 ? 1 : 0) : Math.max(0, (far - least) / (most - least));
}
