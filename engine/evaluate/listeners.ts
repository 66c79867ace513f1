import type { Range } from '../frame/ranges.ts';

/** Whom the rows of a scope concern; one for all signals of a policy that hear the same, since it is read each time. */
export interface Listeners {
  /** The first of these rows. */
  readonly first: number;
  /** For each of them, the target's slot; -1 for those of nobody, and of what is warming up. */
  readonly slots: Int32Array;
  /** The same slots, each once; `slots` itself, with those of nobody, when no two rows share one. */
  readonly judged: Int32Array;
  /** Whether none of somebody is warming up. */
  readonly isFull: boolean;
  /** The rows of somebody by their slots, when they do not lie so: neighbouring slots are judged together. */
  readonly bySlot: Ordered | undefined;
}

/** Some rows of a column in another order, and their slots. */
export interface Ordered {
  readonly rows: Int32Array;
  readonly slots: Int32Array;
}

/** The targets of all rows of a source. */
export interface Placed {
  /** For each row, the slot it speaks of, or -1. */
  readonly rowSlots: Int32Array;
  /** For each row, the end of its warm-up. */
  readonly warmMs: Float64Array;
}

/** The slots of the rows in `range`, without those that are warm later than `nowMs`. */
export function listenersOf({ rowSlots, warmMs }: Placed, [first, end]: Range, nowMs: number): Listeners {
  const slots = rowSlots.slice(first, end);
  let isFull = true;
  for (let i = 0; i < slots.length; i++) {
    if ((warmMs[first + i] ?? -Infinity) <= nowMs) continue;
    slots[i] = -1;
    isFull = false;
  }
  if (isAscending(slots)) return { first, slots, judged: slots, isFull, bySlot: undefined };
  const bySlot = orderedBySlot(slots);
  const isOnce = bySlot.slots.every((slot, i) => slot !== bySlot.slots[i - 1]);
  if (isOnce) return { first, slots, judged: slots, isFull, bySlot };
  return { first, slots, judged: once(slots, slots.length), isFull, bySlot: undefined };
}

/** The slots among the first `length`, each once. */
export const once = (slots: Int32Array, length: number): Int32Array =>
  Int32Array.from(new Set(slots.subarray(0, length).filter((slot) => slot >= 0)));

/** Whether the slots of those that have one ascend. */
function isAscending(slots: Int32Array): boolean {
  let last = -1;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number;
    if (slot >= 0 && slot <= last) return false;
    if (slot >= 0) last = slot;
  }
  return true;
}

/** By numbers that hold both the slot and the row: a comparison of one’s own would take ten times as long. */
function orderedBySlot(all: Int32Array): Ordered {
  const { length } = all;
  const keys = new Float64Array(length);
  let count = 0;
  for (let row = 0; row < length; row++)
    if ((all[row] as number) >= 0) keys[count++] = (all[row] as number) * length + row;
  const sorted = keys.subarray(0, count).sort();
  const rows = new Int32Array(count);
  const slots = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    rows[i] = (sorted[i] as number) % length;
    slots[i] = all[rows[i] as number] as number;
  }
  return { rows, slots };
}
