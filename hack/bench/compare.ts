/** Two ways to do the same, measured beside each other. */
export interface Comparison {
  readonly nanoseconds: number;
  readonly baselineNanoseconds: number;
  /** How many times as fast as the baseline: the median over rounds that were made one right after the other. */
  readonly ratio: number;
}

/**
 * Times both, their rounds taking turns, so that whatever else the machine does falls on both alike. Medians of `rounds`
 * after three to warm up.
 */
export const compare = (
  ours: () => unknown,
  baseline: () => unknown,
  { rounds = 15, roundMs = 20 } = {},
): Comparison => {
  const pairs: { ours: number; baseline: number }[] = [];
  for (let round = -3; round < rounds; round++) {
    const pair = { ours: nanosecondsOf(ours, roundMs), baseline: nanosecondsOf(baseline, roundMs) };
    if (round >= 0) pairs.push(pair);
  }
  return {
    nanoseconds: Math.round(medianOf(pairs.map((pair) => pair.ours))),
    baselineNanoseconds: Math.round(medianOf(pairs.map((pair) => pair.baseline))),
    ratio: rounded(medianOf(pairs.map((pair) => pair.baseline / pair.ours)), 2),
  };
};

/** Time of one call, over as many as fit into `roundMs`. */
const nanosecondsOf = (work: () => unknown, roundMs: number): number => {
  const started = performance.now();
  let times = 0;
  let elapsed: number;
  do {
    work();
    times++;
    elapsed = performance.now() - started;
  } while (elapsed < roundMs);
  return (elapsed * 1e6) / times;
};

/** The median; NaN of nothing. */
export const medianOf = (values: readonly number[]): number => quantileOf(values, 0.5);

/** The smallest value that is not below this share of all; NaN of nothing. */
export const quantileOf = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
