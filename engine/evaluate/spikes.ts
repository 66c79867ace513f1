import { grown } from '../windows/pane-window.ts';
import type { Values } from '../windows/window.ts';

// What is kept of a slot: the last two values, how far neighbours are apart on average, the same a value ago, and how
// many values there were.
const last = 0;
const before = 1;
const apart = 2;
const apartBefore = 3;
const seen = 4;
const size = 5;

const learnt = 30;
const memory = 100;
/** A step counts as so many of what is usual at most. */
const clip = 4;
/** Independent normal values of deviation 1 are so far apart. */
const perDeviation = 2 / Math.sqrt(Math.PI);

/**
 * Outliers: single values that are away from the one before and the one after, which agree with each other. It is
 * Hampel's filter (Davies and Gather 1993) over three values, with the deviation taken from the distances of
 * neighbours. A level that changes and stays is none, so that no fault looks like one; and where values never move, the
 * first that does is an event. An outlier is known with the value after it.
 */
export class Spikes {
  readonly #deviations: number;
  #state = new Float64Array(0);

  constructor(deviations: number) {
    this.#deviations = deviations;
  }

  grow(slots: number): void {
    if (slots * size > this.#state.length) this.#state = grown(this.#state, new Float64Array(slots * size));
  }

  reset(slot: number): void {
    this.#state.fill(0, slot * size, (slot + 1) * size);
  }

  /** Takes samples; tells `found` of each slot whose last value but one was an outlier. */
  take(slots: Int32Array, values: Values, length: number, found: (slot: number) => void): void {
    const state = this.#state;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (slot < 0 || Number.isNaN(value)) continue;
      const at = slot * size;
      const count = state[at + seen] as number;
      const step = value - (state[at + last] as number);
      if (count > learnt && this.#isSpike(at, step, value)) found(slot);
      const usual = state[at + apart] as number;
      const far = usual > 0 ? Math.min(Math.abs(step), clip * usual) : Math.abs(step);
      state[at + apartBefore] = usual;
      if (count > 0) state[at + apart] = usual + (far - usual) / Math.min(count, memory);
      state[at + before] = state[at + last] as number;
      state[at + last] = value;
      state[at + seen] = count + 1;
    }
  }

  #isSpike(at: number, step: number, value: number): boolean {
    const state = this.#state;
    const away = (state[at + last] as number) - (state[at + before] as number);
    const far = (this.#deviations * (state[at + apartBefore] as number)) / perDeviation;
    const least = Math.min(Math.abs(away), Math.abs(step));
    if (far === 0 || least <= far || away > 0 === step > 0) return false;
    return Math.abs(value - (state[at + before] as number)) < least / 2;
  }
}
