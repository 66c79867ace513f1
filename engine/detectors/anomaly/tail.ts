/**
 * How rare a score is among those that came before it, without a model of them: a conformal p-value (Vovk, Gammerman
 * and Shafer 2005, "Algorithmic Learning in a Random World") over a histogram whose counts fade. Where scores
 * are as they were, a p-value of p or less comes in a share of p of all values. The numbers of
 * one tail stand in a shared array, from `at`.
 */
const lowBins = 24;
const highBins = 32;
const bins = lowBins + highBins;
export const tailSize = bins + 1;
const binWidth = 0.18;
/** The least strangeness that is told from none, and its logarithm. */
const leastScore = 0.01;
const firstBin = Math.log(leastScore);
const halfLife = 20_000;

/**
 * One number to rank a value by, 0 to `bins`: its strangeness; without any, how far it is from what is usual, as a
 * share of the farthest. A strangeness of 0 is what most values have: they would all be equal.
 */
export const placeOf = (strangeness: number, far: number): number =>
  strangeness > leastScore
    ? Math.min(bins - 1e-9, lowBins + (Math.log(strangeness) - firstBin) / binWidth)
    : Math.min(1 - 1e-9, far) * lowBins;

/** The share of earlier places that were at least as high, between 1 / (1 + n) and 1. */
export function rank(state: Float64Array, at: number, place: number): number {
  const own = Math.floor(place);
  // Within a bin places are taken as even.
  let higher = (1 - (place - own)) * (state[at + own] as number);
  for (let bin = own + 1; bin < bins; bin++) higher += state[at + bin] as number;
  return (1 + higher) / (1 + (state[at + bins] as number));
}

/** Adds a place to those that later ones are compared with. */
export function learn(state: Float64Array, at: number, place: number): void {
  const bin = at + Math.floor(place);
  state[bin] = (state[bin] as number) + 1;
  const count = (state[at + bins] as number) + 1;
  state[at + bins] = count;
  // Halving in steps keeps the sum equal to its parts and costs nothing in between.
  if (count >= 2 * halfLife) for (let i = 0; i < tailSize; i++) state[at + i] = (state[at + i] as number) / 2;
}
