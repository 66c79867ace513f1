/**
 * How rare a score is among those that came before it, without a model of them: a conformal rank over a histogram of
 * log-odds whose counts fade. The numbers of one tail stand in a shared array, from `at`.
 */
const bins = 32;
export const tailSize = bins + 1;
const binWidth = 0.4;
const firstBin = -4;
const halfLife = 20_000;

/** The share of earlier scores that were at least as great, between 1 / (1 + n) and 1. */
export function rank(state: Float64Array, at: number, score: number): number {
  let greater = 0;
  for (let bin = binOf(score); bin < bins; bin++) greater += state[at + bin] as number;
  return (1 + greater) / (1 + (state[at + bins] as number));
}

/** Adds a score to those that later ones are compared with. */
export function learn(state: Float64Array, at: number, score: number): void {
  const bin = at + binOf(score);
  state[bin] = (state[bin] as number) + 1;
  const count = (state[at + bins] as number) + 1;
  state[at + bins] = count;
  // Halving in steps keeps the sum equal to its parts and costs nothing in between.
  if (count >= 2 * halfLife) for (let i = 0; i < tailSize; i++) state[at + i] = (state[at + i] as number) / 2;
}

const binOf = (score: number): number => {
  const odds = Math.log(score / (1 - Math.min(score, 0.999_999)));
  return Math.max(0, Math.min(bins - 1, Math.floor((odds - firstBin) / binWidth)));
};
