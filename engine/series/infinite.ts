import type { Values } from '../windows/window.ts';

/** How many of the first `length` values are infinite; NaN is a missing one, and is not. */
export function infiniteIn(values: Values, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (isInfinite(values[i] as number)) count++;
  return count;
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
