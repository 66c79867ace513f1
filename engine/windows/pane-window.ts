import { latenessMs, panesOf, type Values, type Window, type WindowOptions } from './window.ts';

const laneBits = 7;
const lanes = 1 << laneBits;

/**
 * Sliding windows over anything that can be merged (sums, extremes, moments) in constant time and without ever
 * subtracting: no rounding error is left behind by a sample that has gone, and extremes need no search.
 *
 * Panes lie in a ring. Those of the present turn (positions 0 to k) are kept singly and, merged, in `front`. Those of
 * the turn before (k+1 to P-1), which leave one by one, are kept as the merge of themselves and all after them. So the
 * window is front + ring[k+1], always two terms. When a turn ends, its panes are merged backwards in place: P merges
 * every P panes.
 *
 *     position   0     1     2  …  k    | k+1          k+2       …  P-1     P        P+1
 *     holds      pane  pane  pane  pane | k+1 to P-1   k+2 to P-1   P-1     nothing  front: 0 to k
 *
 * Slots lie in blocks of 128 side by side, so that a column of a frame walks through memory in order. Each block's turn
 * begins at another pane, so that no moment has all the merging to do.
 *
 * A frame tells of the same slots in the same order again and again, and neighbours among them are in the same pane. So
 * all is done by runs: samples in a row whose slots are neighbours in one block and have the same newest pane. What is
 * to be decided is decided once a run; what is left is a plain loop over neighbouring numbers. Empty slots without a
 * sample do not end a run, since a metric that does not apply to one container in three is usual: what their panes hold
 * means nothing.
 *
 * Loops read typed arrays `as number`: every index is in bounds by construction, and a check costs what the sum costs.
 * Methods called for a run take and give no fractions, only where these stand: a fraction that crosses a call that the
 * engine does not inline is an object on the heap.
 */
export abstract class PaneWindow implements Window {
  readonly paneMs: number;
  readonly spanMs: number;
  late = 0;
  /** When the samples that are being taken were read. */
  protected takenMs = 0;
  /** Samples of each pane; as all fields, at the index of a pane or a front. */
  protected counts = new Uint32Array(0);
  protected readonly minSamples: number;
  readonly #panes: number;
  /** From a slot's first pane to its front. */
  readonly #front: number;
  readonly #mostLate: number;
  /** Number of each slot's newest pane since the epoch; -Infinity when the slot is empty. */
  #newest = new Float64Array(0);

  constructor({ seconds, minSamples }: WindowOptions) {
    const { panes, paneMs } = panesOf(seconds);
    this.#panes = panes;
    this.#front = (panes + 1) * lanes;
    this.paneMs = paneMs;
    this.spanMs = panes * paneMs;
    this.minSamples = minSamples;
    this.#mostLate = Math.ceil(latenessMs / paneMs);
  }

  /** Gives every field but `counts` `length` elements, keeping what is there. */
  protected abstract resize(length: number): void;
  /** Makes the `width` panes from `at` hold nothing. */
  protected abstract clear(at: number, width: number): void;
  /** Adds what the `width` panes from `from` hold to those from `into`; all may hold nothing. */
  protected abstract merge(into: number, from: number, width: number): void;
  /** Adds `values` from `k` to before `end`, read at `takenMs`, to the panes from `pane` and those from `front`. */
  protected abstract add(pane: number, front: number, values: Values, k: number, end: number): void;
  /**
   * Writes to `out` from `k` to before `end` the aggregates of the panes from `front`, each with that from `rest`; NaN
   * where both hold fewer samples than `minSamples`.
   */
  protected abstract put(out: Float64Array, k: number, end: number, front: number, rest: number): void;

  grow(slots: number): void {
    const had = this.#newest.length;
    if (slots <= had) return;
    const capacity = Math.ceil(slots / lanes) * lanes;
    this.#newest = grown(this.#newest, new Float64Array(capacity).fill(-Infinity));
    const length = capacity * (this.#panes + 2);
    this.counts = grown(this.counts, new Uint32Array(length));
    this.resize(length);
  }

  reset(slot: number): void {
    this.#newest[slot] = -Infinity;
  }

  take(slots: Int32Array, values: Values, length: number, tMs: number): void {
    const pane = Math.floor(tMs / this.paneMs);
    const turn = pane % this.#panes;
    const newest = this.#newest;
    this.takenMs = tMs;
    for (let i = 0; i < length;) {
      const slot = slots[i] as number;
      if (slot < 0 || Number.isNaN(values[i])) {
        i++;
        continue;
      }
      const held = newest[slot] as number;
      // Of several empty slots only those that have a sample begin.
      const empty = held === -Infinity ? NaN : -Infinity;
      const last = Math.min(length, i + lanes - (slot & (lanes - 1)));
      let end = i + 1;
      for (let next = slot + 1; end < last && slots[end] === next; end++, next++)
        if (newest[next] !== (Number.isNaN(values[end]) ? empty : held)) break;
      if (held - pane > this.#mostLate) this.late += numbersIn(values, i, end);
      else {
        const position = this.#positionOf(slot, held > pane ? held % this.#panes : turn);
        if (held < pane) this.#advance(slot, end - i, position, pane);
        const base = this.#baseOf(slot);
        this.add(base + position * lanes, base + this.#front, values, i, end);
      }
      i = end;
    }
  }

  read(slots: Int32Array, length: number, tMs: number, out: Float64Array): void {
    const pane = Math.floor(tMs / this.paneMs);
    const turn = pane % this.#panes;
    const newest = this.#newest;
    for (let i = 0; i < length;) {
      const slot = slots[i] as number;
      const held = slot < 0 ? -Infinity : (newest[slot] as number);
      if (held === -Infinity) {
        out[i++] = NaN;
        continue;
      }
      const last = Math.min(length, i + lanes - (slot & (lanes - 1)));
      let end = i + 1;
      let empty = 0;
      for (let next = slot + 1; end < last && slots[end] === next; end++, next++)
        if (newest[next] === -Infinity) empty++;
        else if (newest[next] !== held) break;
      const position = this.#positionOf(slot, held > pane ? held % this.#panes : turn);
      if (held < pane) this.#advance(slot, end - i, position, pane);
      const base = this.#baseOf(slot);
      this.put(out, i, end, base + this.#front, base + (position + 1) * lanes);
      if (empty > 0) for (let k = i; k < end; k++) if (newest[slots[k] as number] === -Infinity) out[k] = NaN;
      i = end;
    }
  }

  count(slot: number): number {
    const held = this.#newest[slot] ?? -Infinity;
    if (held === -Infinity) return 0;
    const base = this.#baseOf(slot);
    const rest = base + (this.#positionOf(slot, held % this.#panes) + 1) * lanes;
    return (this.counts[base + this.#front] as number) + (this.counts[rest] as number);
  }

  /** Makes `pane`, at `position`, the newest of a run; all panes that are too old then are let go. */
  #advance(slot: number, width: number, position: number, pane: number): void {
    const panes = this.#panes;
    const newest = this.#newest;
    const base = this.#baseOf(slot);
    const held = newest[slot] as number;
    for (let s = slot; s < slot + width; s++) if (newest[s] === held) newest[s] = pane;
    const steps = pane - held;
    if (steps >= panes) {
      for (let k = 0; k < panes + 2; k++) this.clear(base + k * lanes, width);
      return;
    }
    let k = position - steps;
    if (k < 0) k += panes;
    for (let step = 0; step < steps; step++) {
      k++;
      if (k === panes) {
        this.#endTurn(base, width);
        k = 0;
      }
      this.clear(base + k * lanes, width);
    }
  }

  #endTurn(base: number, width: number): void {
    for (let k = this.#panes - 2; k >= 0; k--) this.merge(base + k * lanes, base + (k + 1) * lanes, width);
    this.clear(base + this.#front, width);
  }

  /** Index of a slot's first pane. */
  #baseOf(slot: number): number {
    return (slot >> laneBits) * (this.#panes + 2) * lanes + (slot & (lanes - 1));
  }

  /** Where in its slot's ring the pane lies whose number leaves the remainder `turn`. */
  #positionOf(slot: number, turn: number): number {
    const position = turn + ((slot >> laneBits) % this.#panes);
    return position < this.#panes ? position : position - this.#panes;
  }
}

const numbersIn = (values: Values, from: number, end: number): number => {
  let numbers = 0;
  for (let i = from; i < end; i++) if (!Number.isNaN(values[i])) numbers++;
  return numbers;
};

/** `larger`, with what `smaller` held at its beginning. */
export const grown = <T extends Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array>(
  smaller: T,
  larger: T,
): T => {
  larger.set(smaller);
  return larger;
};
