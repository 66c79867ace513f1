import { Keyed } from '../keyed/keyed.ts';
import { grown } from '../windows/pane-window.ts';

/**
 * The slots of a policy's targets: which is whose, and how many rows of all sources speak of each. Slots are used again
 * after their target has gone, by the next one at its place if there is one: what a source tells of should stay together.
 */
export class Slots {
  /** For each slot: itself, or -1 while it is free. */
  live = new Int32Array(0);
  readonly #slotOf: Keyed<number>;
  /** Those that are free, by the place of the last target. */
  readonly #free = new Map<string, number[]>();
  #freeCount = 0;
  /** The slots of which no row speaks, and since when. */
  readonly #gone = new Map<number, number>();
  #rows = new Int32Array(0);
  #length = 0;

  /** `keyOf` answers the key of the target that a slot was taken for. */
  constructor(keyOf: (slot: number) => string) {
    this.#slotOf = new Keyed(keyOf);
  }

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

  /** A slot for a target that has none; `place` is where its samples come from. */
  take(key: string, nowMs: number, place = ''): number {
    const slot = this.#again(place) ?? this.#length++;
    if (slot >= this.live.length) this.#grow(slot + 1);
    this.#slotOf.set(slot, key);
    this.live[slot] = slot;
    this.#rows[slot] = 0;
    this.#gone.set(slot, nowMs);
    return slot;
  }

  free(key: string, slot: number, place = ''): void {
    this.#slotOf.delete(key);
    this.live[slot] = -1;
    this.#gone.delete(slot);
    const free = this.#free.get(place);
    if (free === undefined) this.#free.set(place, [slot]);
    else free.push(slot);
    this.#freeCount++;
  }

  /** A slot that is free at a place, or at another one when more than a sixteenth of all are. */
  #again(place: string): number | undefined {
    const isMany = this.#freeCount > this.#length / 16;
    const [first] = this.#free.keys();
    const at = this.#free.has(place) || !isMany ? place : first;
    const free = at === undefined ? undefined : this.#free.get(at);
    const slot = free?.shift();
    if (slot !== undefined) this.#freeCount--;
    if (at !== undefined && free?.length === 0) this.#free.delete(at);
    return slot;
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

  /**
   * By doubling at first; later by a quarter. What hangs on a slot is some hundred bytes, so that by less very much would be
   * copied while a large cluster is bound, and left behind; room that was never written to takes no memory.
   */
  #grow(slots: number): void {
    const had = this.live.length;
    const more = had < 4096 ? Math.max(64, had) : Math.max(4096, had / 4);
    const capacity = Math.max(slots, Math.ceil((had + more) / 64) * 64);
    this.live = grown(this.live, new Int32Array(capacity).fill(-1));
    this.#rows = grown(this.#rows, new Int32Array(capacity));
  }
}
