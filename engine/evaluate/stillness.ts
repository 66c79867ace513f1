import { grown } from '../windows/pane-window.ts';
import type { Values } from '../windows/window.ts';

/** What has moved so often before is known to move. */
const knownByMoves = 10;
const flatAfterMs = 60_000;

/**
 * How long the values of each slot have been exactly the same: the mark of a sensor that is stuck, where a value never
 * stands still while all is well. A share at one of its ends, 0 or 1, may stand there.
 */
export class Stillness {
  #values = new Float64Array(0);
  /** When a value like the newest came first. */
  #sinceMs = new Float64Array(0);
  #moves = new Uint8Array(0);

  grow(slots: number): void {
    if (slots <= this.#values.length) return;
    this.#values = grown(this.#values, new Float64Array(slots).fill(NaN));
    this.#sinceMs = grown(this.#sinceMs, new Float64Array(slots));
    this.#moves = grown(this.#moves, new Uint8Array(slots));
  }

  reset(slot: number): void {
    this.#values[slot] = NaN;
    this.#moves[slot] = 0;
  }

  take(slots: Int32Array, values: Values, length: number, tMs: number): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (slot < 0 || Number.isNaN(value) || value === this.#values[slot]) continue;
      this.#values[slot] = value;
      this.#sinceMs[slot] = tMs;
      const moves = this.#moves[slot] as number;
      if (moves <= knownByMoves) this.#moves[slot] = moves + 1;
    }
  }

  /** For how long a slot that has moved before stands still at `tMs`; 0 in the first minute. */
  flatMs(slot: number, tMs: number): number {
    const value = this.#values[slot] ?? NaN;
    const ms = tMs - (this.#sinceMs[slot] ?? tMs);
    // The first value is no move.
    const isKnownToMove = (this.#moves[slot] ?? 0) > knownByMoves;
    return isKnownToMove && ms >= flatAfterMs && value !== 0 && value !== 1 ? ms : 0;
  }
}
