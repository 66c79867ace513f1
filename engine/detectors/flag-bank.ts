import type { Batch, DetectorBank } from './detector.ts';

/** A bank whose whole state is whether a slot fires. */
export abstract class FlagBank implements DetectorBank {
  firing = new Uint8Array(0);

  abstract judge(batch: Batch): boolean;

  grow(slots: number): void {
    if (slots <= this.firing.length) return;
    const larger = new Uint8Array(slots);
    larger.set(this.firing);
    this.firing = larger;
  }

  reset(slot: number): void {
    this.firing[slot] = 0;
  }

  /** What is seen is certain. */
  confidence(_slot: number): number {
    return 1;
  }

  finding(_slot: number): string {
    return '';
  }

  save(slot: number): Float64Array {
    return Float64Array.of(this.firing[slot] ?? 0);
  }

  load(slot: number, saved: Float64Array): void {
    this.firing[slot] = saved[0] ?? 0;
  }
}
