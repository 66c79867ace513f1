import { grown } from '../windows/pane-window.ts';

/**
 * The slots of a policy's targets: which is whose, and how many rows of all sources speak of each. Slots are used again
 * after their target has gone.
 */
export class Slots {
  /** For each slot: itself, or -1 while it is free. */
  live = new Int32Array(0);
  readonly #slotOf = new Map<string, number>();
  readonly #free: number[] = [];
  /** The slots of which no row speaks, and since when. */
  readonly #gone = new Map<number, number>();
  #rows = new Int32Array(0);
  #length = 0;

  /** Number of targets. */
  get size(): number {
    return this.#slotOf.size;
  }

  /** Every slot is less. */
  get length(): number {
    return this.#length;
  }

  /** How many slots there is room for. */
  get capacity(): number {
    return this.live.length;
  }

  /** The slots of all targets, in the order in which they were taken. */
  values(): Iterable<number> {
    return this.#slotOf.values();
  }

  /** Slots of which no row speaks since a time. */
  get gone(): Iterable<readonly [slot: number, sinceMs: number]> {
    return this.#gone;
  }

  isGone(slot: number): boolean {
    return this.#gone.has(slot);
  }

  of(key: string): number | undefined {
    return this.#slotOf.get(key);
  }

  /** A slot for a target that has none. */
  take(key: string, nowMs: number): number {
    const slot = this.#free.pop() ?? this.#length++;
    if (slot >= this.live.length) this.#grow(slot + 1);
    this.#slotOf.set(key, slot);
    this.live[slot] = slot;
    this.#rows[slot] = 0;
    this.#gone.set(slot, nowMs);
    return slot;
  }

  free(key: string, slot: number): void {
    this.#slotOf.delete(key);
    this.live[slot] = -1;
    this.#gone.delete(slot);
    this.#free.push(slot);
  }

  addRow(slot: number): void {
    this.#rows[slot] = (this.#rows[slot] as number) + 1;
    this.#gone.delete(slot);
  }

  /** Answers whether no row speaks of the slot any more. */
  removeRow(slot: number, nowMs: number): boolean {
    const left = (this.#rows[slot] as number) - 1;
    this.#rows[slot] = left;
    if (left === 0) this.#gone.set(slot, nowMs);
    return left === 0;
  }

  /** By doubling at first; later by a sixteenth, since what hangs on a slot is some hundred bytes. */
  #grow(slots: number): void {
    const had = this.live.length;
    const more = had < 4096 ? Math.max(64, had) : Math.max(4096, had / 16);
    const capacity = Math.max(slots, Math.ceil((had + more) / 64) * 64);
    this.live = grown(this.live, new Int32Array(capacity).fill(-1));
    this.#rows = grown(this.#rows, new Int32Array(capacity));
  }
}
