import type { Machine } from '../machines/machine.ts';

/**
 * The distance of each row from the subspace of the first `components` principal components of the first part, after
 * scaling each metric by its mean and deviation there.
 */
export function pcaScores({ values, metrics, rows, trainRows }: Machine, components = 8): Float64Array {
  const mean = new Float64Array(metrics);
  const scale = new Float64Array(metrics);
  for (let m = 0; m < metrics; m++) {
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < trainRows; row++) {
      const x = values[row * metrics + m] as number;
      sum += x;
      squares += x * x;
    }
    mean[m] = sum / trainRows;
    scale[m] = Math.sqrt(Math.max(0, squares / trainRows - (sum / trainRows) ** 2)) + 1e-3;
  }
  const at = (row: number, m: number): number =>
    ((values[row * metrics + m] as number) - (mean[m] as number)) / (scale[m] as number);
  const covariance = Array.from({ length: metrics }, () => new Float64Array(metrics));
  const x = new Float64Array(metrics);
  for (let row = 0; row < trainRows; row++) {
    for (let m = 0; m < metrics; m++) x[m] = at(row, m);
    for (let a = 0; a < metrics; a++)
      for (let b = 0; b <= a; b++)
        (covariance[a] as Float64Array)[b] =
          (covariance[a]?.[b] as number) + ((x[a] as number) * (x[b] as number)) / trainRows;
  }
  for (let a = 0; a < metrics; a++)
    for (let b = a + 1; b < metrics; b++) (covariance[a] as Float64Array)[b] = covariance[b]?.[a] as number;
  const axes = principalAxes(covariance, components);
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let m = 0; m < metrics; m++) x[m] = at(row, m);
    for (const axis of axes) {
      const along = dot(x, axis);
      for (let m = 0; m < metrics; m++) x[m] = (x[m] as number) - along * (axis[m] as number);
    }
    scores[row] = dot(x, x);
  }
  return scores;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The first eigenvectors, by power iteration; each is taken out of the matrix before the next is sought. */
function principalAxes(matrix: readonly Float64Array[], count: number): readonly Float64Array[] {
  const axes: Float64Array[] = [];
  for (let k = 0; k < Math.min(count, matrix.length); k++) {
    let axis: Float64Array = Float64Array.from(matrix, (_, i) => 1 + ((i * 7 + k * 3) % 11) / 11);
    let value = 0;
    for (let turn = 0; turn < 300; turn++) {
      const next = Float64Array.from(matrix, (row) => dot(row, axis));
      value = Math.sqrt(dot(next, next));
      if (value < 1e-12) break;
      axis = next.map((x) => x / value);
    }
    for (const [a, row] of matrix.entries())
      for (let b = 0; b < row.length; b++)
        row[b] = (row[b] as number) - value * (axis[a] as number) * (axis[b] as number);
    axes.push(axis);
  }
  return axes;
}
