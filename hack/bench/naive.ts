import { metrics, type NaiveMessage } from './load.ts';

interface Sample {
  readonly atMs: number;
  readonly value: number;
}

const windowMs = 60_000;

/**
 * The evaluator one would write first, as a measure for ours: JSON, a list of samples for each series under its name,
 * each aggregate computed anew from the list with every sample. Same windows, same thresholds, same policy.
 */
export class NaiveEvaluator {
  /** Targets of which all three signals fire. */
  readonly firing = new Set<string>();
  readonly #series = new Map<string, Sample[]>();
  readonly #signals = new Map<string, boolean>();

  take(message: Uint8Array): void {
    const { capturedMs, columns } = JSON.parse(Buffer.from(message).toString()) as NaiveMessage;
    for (const { metric, uids, values } of columns)
      uids.forEach((uid, row) => this.#sample(uid, metric, { atMs: capturedMs, value: values[row] ?? Number.NaN }));
  }

  #sample(uid: string, metric: string, sample: Sample): void {
    const name = `${uid}/${metric}`;
    const samples = this.#series.get(name) ?? [];
    this.#series.set(name, samples);
    samples.push(sample);
    while ((samples[0]?.atMs ?? 0) <= sample.atMs - windowMs) samples.shift();
    this.#signals.set(name, isBeyond(metric, samples));
    if (metrics.every((one) => this.#signals.get(`${uid}/${one}`) === true)) this.firing.add(uid);
    else this.firing.delete(uid);
  }
}

const isBeyond = (metric: string, samples: readonly Sample[]): boolean => {
  const values = samples.map(({ value }) => value);
  if (metric === metrics[0]) return values.reduce((sum, value) => sum + value, 0) / values.length > 0.9;
  if (metric === metrics[1]) return Math.max(...values) > 0.9;
  return slopeOf(samples) < 1;
};

/** Least squares, per second. */
const slopeOf = (samples: readonly Sample[]): number => {
  const [first] = samples;
  if (first === undefined || samples.length < 2) return 0;
  const points = samples.map(({ atMs, value }) => ({ x: (atMs - first.atMs) / 1000, y: value }));
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return covariance / variance;
};
