import { ewmaScores } from '../baselines/ewma.ts';
import { anomalyRate, kMeansScores } from '../baselines/k-means.ts';
import { pcaScores } from '../baselines/pca.ts';
import { everyRow, product, seen, strangeness } from '../anomaly.ts';
import { fused, held } from './fuse.ts';
import type { Machine } from './machine.ts';

/** A way to score a machine: for each row, those of the first part included, one number; higher is stranger. */
export type Method = (machine: Machine) => Float64Array;

/** The smallest deviation that matters, of values that the publishers scaled to about 0..1. */
const least = 0.001;

/** The anomaly detector on each metric by itself, with what it has in the product but the hold-off. */
function anomalyScores({ values, metrics, rows, intervalMs }: Machine): Float64Array {
  const timesMs = Float64Array.from({ length: rows }, (_, row) => row * intervalMs);
  const all = new Float64Array(rows * metrics);
  for (let metric = 0; metric < metrics; metric++) {
    const series = Float64Array.from({ length: rows }, (_, row) => values[row * metrics + metric] as number);
    const of = seen(series, timesMs, least, product.forgetAfter);
    const scores = everyRow(of, strangeness(of));
    for (let row = 0; row < rows; row++) all[row * metrics + metric] = scores[row] as number;
  }
  return all;
}

const topThreeOf =
  (each: Method): Method =>
  (machine) =>
    fused(each(machine), machine.metrics);
const heldOf =
  (each: Method): Method =>
  (machine) =>
    held(each(machine), machine.metrics, machine.intervalMs);

/** Every method, ours first. */
export const methods: Readonly<Record<string, Method>> = {
  'homeostat, three highest held': topThreeOf(heldOf(anomalyScores)),
  'EWMA-z, three highest': topThreeOf(ewmaScores),
  'EWMA-z, three highest held': topThreeOf(heldOf(ewmaScores)),
  'PCA residual, 8 components': (machine) => pcaScores(machine),
  'k-means, distance, three highest': topThreeOf(kMeansScores),
  'k-means, anomaly rate': (machine) => anomalyRate(kMeansScores(machine), machine.metrics),
};
