/**
 * The share of a normal distribution below `z` deviations, by the error function of Abramowitz and Stegun 1964,
 * formula 7.1.26: wrong by 1.5e-7 at most.
 */
export function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const above = (series * Math.exp(-x * x)) / 2;
  return z > 0 ? 1 - above : above;
}
