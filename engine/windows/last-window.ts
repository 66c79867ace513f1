import { grown } from './pane-window.ts';
import { latenessMs, type Values, type Window } from './window.ts';

/**
 * The newest value of each slot, held however old it is: a state that is told when it changes stands until then.
 * Whether it is too old to be believed is not for the window to say. There is one sample, or none.
 */
export class LastWindow implements Window {
  readonly paneMs = 0;
  readonly spanMs = 0;
  late = 0;
  #values = new Float64Array(0);
  #timesMs = new Float64Array(0);

  grow(slots: number): void {
    const had = this.#values.length;
    if (slots <= had) return;
    this.#values = grown(this.#values, new Float64Array(slots).fill(NaN));
    this.#timesMs = grown(this.#timesMs, new Float64Array(slots).fill(-Infinity));
  }

  reset(slot: number): void {
    this.#values[slot] = NaN;
    this.#timesMs[slot] = -Infinity;
  }

  take(slots: Int32Array, values: Values, length: number, tMs: number, out?: Float64Array): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (slot < 0 || Number.isNaN(value)) continue;
      const held = this.#timesMs[slot] as number;
      if (tMs < held) {
        if (held - tMs > latenessMs) this.late++;
        continue;
      }
      this.#values[slot] = value;
      this.#timesMs[slot] = tMs;
    }
    if (out !== undefined) this.read(slots, length, tMs, out);
  }

  read(slots: Int32Array, length: number, _tMs: number, out: Float64Array): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      out[i] = slot < 0 ? NaN : (this.#values[slot] as number);
    }
  }

  count(slot: number): number {
    return Number.isNaN(this.#values[slot] ?? NaN) ? 0 : 1;
  }
}
