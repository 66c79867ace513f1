/** What a one-sided sum overshoots its level by, on average, in deviations (Siegmund 1985). */
const overshoot = 1.166;

/**
 * How many values of mere normal noise there are, on average, until a one-sided cumulative sum with reference value
 * `k` exceeds `level`, both in deviations: (e^(2kb) - 2kb - 1) / (2k²) with b = level + 1.166 (Siegmund 1985,
 * "Sequential Analysis"; a few percent off for levels from 3).
 */
export function runLength(level: number, k: number): number {
  const x = 2 * k * (level + overshoot);
  return (Math.exp(x) - x - 1) / (2 * k * k);
}

/** The level whose run length is `values`; never less than 3. */
export function levelFor(values: number, k: number): number {
  let low = 3;
  let high = 100;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (runLength(middle, k) < values) low = middle;
    else high = middle;
  }
  return low;
}
