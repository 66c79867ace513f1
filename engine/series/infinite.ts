import type { Values } from '../windows/window.ts';

/** How many of the first `length` values are infinite; NaN is a missing one, and is not. */
export function infiniteIn(values: Values, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (isInfinite(values[i] as number)) count++;
  return count;
}

const nought: number = 0;

/** Whether none of them is infinite or NaN: nought times what is not finite is NaN. By fours, which wait less. */
export function areFinite(values: Values, length: number): boolean {
  let sum = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const first = (values[i] as number) * nought + (values[i + 1] as number) * nought;
    sum += first + ((values[i + 2] as number) * nought + (values[i + 3] as number) * nought);
  }
  for (; i < length; i++) sum += (values[i] as number) * nought;
  return sum === 0;
}

/** Writes the first `length` values to `out`, NaN instead of what is infinite; answers `out`. */
export function withoutInfinite(values: Values, length: number, out: Float64Array): Float64Array {
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    out[i] = isInfinite(value) ? NaN : value;
  }
  return out;
}

/** Whether a value is Infinity or -Infinity. */
export const isInfinite = (value: number): boolean => value === Infinity || value === -Infinity;
