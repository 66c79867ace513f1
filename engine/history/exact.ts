import { quantile, relativeError, type Sketch } from '../sketch/sketch.ts';
import { least } from '../sketch/buckets.ts';
import type { Values } from '../windows/window.ts';

/** What a sketch said of numbers that were kept beside it. */
export interface Check {
  /** The greatest distance of a quantile from the exact one, as a share of it. */
  readonly error: number;
  /** Whether that is more than the sketch promises, or its count or its extremes are not those of the numbers. */
  readonly isViolated: boolean;
}

const asked = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1];
/** More numbers of one series are not kept: it is not checked in that minute. */
const mostKept = 100_000;
/** Of sums and quotients in doubles. */
const rounding = 1e-9;

/** The numbers of a few series, as they were, to check their sketches by. */
export class ExactNumbers {
  readonly #numbers: ReadonlyMap<number, number[]>;
  /** Most series are passed over by a look at one bit. */
  readonly #mask: number;

  constructor(series: Iterable<number>) {
    this.#numbers = new Map(Array.from(series, (one): [number, number[]] => [one, []]));
    this.#mask = [...this.#numbers.keys()].reduce((mask, one) => mask | (1 << (one & 31)), 0);
  }

  get series(): IterableIterator<number> {
    return this.#numbers.keys();
  }

  /** The same as `MinuteTable.add` is given. */
  add(series: Int32Array, values: Values, size: number): void {
    for (let i = 0; i < size; i++) {
      const one = series[i] as number;
      if (((this.#mask >>> (one & 31)) & 1) === 0) continue;
      const kept = this.#numbers.get(one);
      const value = values[i] as number;
      if (kept !== undefined && kept.length <= mostKept && Number.isFinite(value)) kept.push(value);
    }
  }

  /** Compares a sketch with the numbers of its series; undefined when they were too many. */
  check(series: number, sketch: Sketch): Check | undefined {
    const numbers = this.#numbers.get(series);
    if (numbers === undefined || numbers.length > mostKept) return undefined;
    return compared(sketch, numbers);
  }
}

/** Compares a sketch with the numbers it should be of. */
export function compared(sketch: Sketch, numbers: readonly number[]): Check {
  const sorted = Float64Array.from(numbers).toSorted();
  let error = 0;
  for (const q of asked) {
    const exact = sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
    const distance = Math.abs(quantile(sketch, q) - exact);
    if (distance > least) error = Math.max(error, distance / Math.abs(exact));
  }
  const isWhole = sketch.count === sorted.length && sketch.min === (sorted[0] ?? Infinity);
  const hasMax = sketch.max === (sorted.at(-1) ?? -Infinity);
  return { error, isViolated: !isWhole || !hasMax || error > relativeError(sketch) + rounding };
}
