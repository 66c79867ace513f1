import { grown } from '../windows/pane-window.ts';
import type { Batch, DetectorBank } from './detector.ts';

/** A value beyond this is no measurement, and its square no number: detectors that add up pass it over, and NaN too. */
export const greatest = 1e150;

/** A bank that keeps so many numbers for each slot beside whether it fires; a new slot has zeros. */
export abstract class NumberBank implements DetectorBank {
  firing = new Uint8Array(0);
  /** The numbers of slot s begin at s × `size`. */
  protected state = new Float64Array(0);
  protected readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  abstract judge(batch: Batch): boolean;
  abstract confidence(slot: number): number;
  abstract finding(slot: number): string;

  grow(slots: number): void {
    if (slots <= this.firing.length) return;
    this.state = grown(this.state, new Float64Array(slots * this.size));
    this.firing = grown(this.firing, new Uint8Array(slots));
  }

  reset(slot: number): void {
    this.state.fill(0, slot * this.size, (slot + 1) * this.size);
    this.firing[slot] = 0;
  }

  save(slot: number): Float64Array {
    const saved = new Float64Array(this.size + 1);
    saved.set(this.state.subarray(slot * this.size, (slot + 1) * this.size));
    saved[this.size] = this.firing[slot] ?? 0;
    return saved;
  }

  load(slot: number, saved: Float64Array): void {
    this.state.set(saved.subarray(0, this.size), slot * this.size);
    this.firing[slot] = saved[this.size] ?? 0;
  }
}
