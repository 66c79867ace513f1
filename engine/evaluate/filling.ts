import { grown } from '../windows/pane-window.ts';
import type { Values, Window } from '../windows/window.ts';

const oneSlot = new Int32Array(1);
const oneValue = new Float64Array(1);
const filled = new Float64Array(1).fill(1);

/**
 * Puts the last value in the place of samples that are missing, where a policy says so: one each interval, for `maxMs`
 * after the last that was measured, and no longer. Only windows see them: a target is as stale as without.
 */
export class Filling {
  /** Samples that were made up. */
  total = 0;
  readonly #maxMs: number;
  readonly #window: Window;
  /** Those of them that the window holds. */
  readonly #made: Window;
  #last = new Float64Array(0);
  /** For each slot, the time of the newest sample, measured or made up. */
  #untilMs = new Float64Array(0);
  #out = new Float64Array(0);

  constructor(maxMs: number, window: Window, made: Window) {
    this.#maxMs = maxMs;
    this.#window = window;
    this.#made = made;
  }

  grow(slots: number): void {
    this.#made.grow(slots);
    this.#last = grown(this.#last, new Float64Array(slots));
    this.#untilMs = grown(this.#untilMs, new Float64Array(slots));
  }

  reset(slot: number): void {
    this.#made.reset(slot);
    this.#untilMs[slot] = -Infinity;
  }

  /** How many samples in the window of a slot are made up. */
  count(slot: number): number {
    oneSlot[0] = slot;
    this.#made.read(oneSlot, 1, this.newestMs(slot), oneValue);
    return oneValue[0] || 0;
  }

  /** When the newest sample of a slot was read, or would have been. */
  newestMs(slot: number): number {
    return this.#untilMs[slot] ?? -Infinity;
  }

  /**
   * Fills the gaps before samples that are about to be taken, and answers them with those that are missing filled.
   * `lastSampleMs` says when the newest sample of each slot was measured, and `intervalMs` how far apart they come.
   */
  take(
    slots: Int32Array,
    values: Values,
    length: number,
    tMs: number,
    lastSampleMs: Float64Array,
    intervalMs: (slot: number) => number,
  ): Values {
    if (this.#out.length < length) this.#out = new Float64Array(length);
    const out = this.#out;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      out[i] = value;
      if (slot < 0 || (this.#untilMs[slot] === -Infinity && Number.isNaN(value))) continue;
      const endMs = (lastSampleMs[slot] as number) + this.#maxMs;
      if (this.#untilMs[slot] !== -Infinity) this.#fill(slot, tMs, endMs, intervalMs(slot));
      if (!Number.isNaN(value)) this.#last[slot] = value;
      else if (tMs > (this.#untilMs[slot] as number) && tMs <= endMs) {
        out[i] = this.#last[slot] as number;
        this.#note(slot, tMs);
      } else continue;
      this.#untilMs[slot] = Math.max(tMs, this.#untilMs[slot] as number);
    }
    return out;
  }

  /** Makes up what should have come before `tMs`, until `endMs`. */
  #fill(slot: number, tMs: number, endMs: number, intervalMs: number): void {
    if (!(intervalMs > 0)) return;
    let atMs = (this.#untilMs[slot] as number) + intervalMs;
    for (; atMs <= endMs && atMs < tMs - intervalMs / 2; atMs += intervalMs) {
      oneSlot[0] = slot;
      oneValue[0] = this.#last[slot] as number;
      this.#window.take(oneSlot, oneValue, 1, atMs);
      this.#note(slot, atMs);
      this.#untilMs[slot] = atMs;
    }
  }

  #note(slot: number, atMs: number): void {
    oneSlot[0] = slot;
    this.#made.take(oneSlot, filled, 1, atMs);
    this.total++;
  }
}
