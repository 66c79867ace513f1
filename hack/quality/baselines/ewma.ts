import type { Machine } from '../machines/machine.ts';

/** How many deviations each value is from the moving mean; moves by values clipped at three deviations. */
export function ewmaScores({ values, metrics, rows }: Machine): Float64Array {
  const weightOf = (n: number): number => Math.max(1 / (n + 1), 1 / 500);
  const scores = new Float64Array(rows * metrics);
  const mean = new Float64Array(metrics);
  const variance = new Float64Array(metrics);
  for (let row = 0; row < rows; row++)
    for (let m = 0; m < metrics; m++) {
      const off = (values[row * metrics + m] as number) - (mean[m] as number);
      const deviation = Math.sqrt(variance[m] as number) + 1e-3;
      if (row >= 50) scores[row * metrics + m] = Math.abs(off) / deviation;
      const clipped = row < 50 ? off : Math.max(-3 * deviation, Math.min(3 * deviation, off));
      const weight = weightOf(row);
      mean[m] = (mean[m] as number) + weight * clipped;
      variance[m] = (1 - weight) * ((variance[m] as number) + weight * clipped * clipped);
    }
  return scores;
}
