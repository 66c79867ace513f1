import { grown } from '../windows/pane-window.ts';

/** Why a target is looked at though the signal of a sample does not fire. */
export const watched = 1;
/** … and as time passes. */
export const timed = 2;
/** It is inactive, and at least one of its signals is not quiet. */
export const noticed = 4;

/** Which slots are looked at though their signals are quiet, and which are to be judged next. */
export class Attention {
  /** For each slot, why it is looked at: `watched`, `timed`, `noticed`; 0 for nearly all. */
  why = new Uint8Array(0);
  /** For how many there is a reason. */
  #attended = 0;
  #hot = new Int32Array(64);
  #hotCount = 0;
  #judged = 0;
  #isHot = new Uint8Array(0);

  /** Whether any slot is looked at though its signals are quiet. */
  get any(): boolean {
    return this.#attended > 0;
  }

  grow(capacity: number): void {
    this.why = grown(this.why, new Uint8Array(capacity));
    this.#isHot = grown(this.#isHot, new Uint8Array(capacity));
  }

  pay(slot: number, why: number): void {
    if (this.why[slot] !== 0) this.#attended--;
    if (why !== 0) this.#attended++;
    this.why[slot] = why;
  }

  /** Remembers to judge a slot, once. */
  heat(slot: number): void {
    if (this.#isHot[slot] !== 0) return;
    this.#isHot[slot] = 1;
    if (this.#hotCount === this.#hot.length) this.#hot = grown(this.#hot, new Int32Array(2 * this.#hotCount));
    this.#hot[this.#hotCount++] = slot;
  }

  /** Remembers to judge all that are looked at as time passes. */
  heatTimed(length: number): void {
    if (this.#attended === 0) return;
    for (let slot = 0; slot < length; slot++) if (((this.why[slot] as number) & timed) !== 0) this.heat(slot);
  }

  /** Puts those that are to be judged into the order of their slots. */
  sort(): void {
    this.#hot.subarray(0, this.#hotCount).sort();
  }

  /** The next slot to be judged, which it is not any more; -1 when there is none. */
  next(): number {
    if (this.#judged === this.#hotCount) {
      this.#judged = this.#hotCount = 0;
      return -1;
    }
    const slot = this.#hot[this.#judged++] as number;
    this.#isHot[slot] = 0;
    return slot;
  }
}
