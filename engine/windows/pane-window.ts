import { latenessMs, panesOf, type Values, type Window, type WindowOptions } from './window.ts';

const laneBits = 6;
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
 *     position   0     1     2  …  k    | k+1          k+2       …  P-1     front
 *     holds      pane  pane  pane  pane | k+1 to P-1   k+2 to P-1   P-1     0 to k
 *
 * Slots lie in blocks of 64 side by side, so that a column of a frame walks through memory in order. Each block's turn
 * begins at another pane, so that no moment has all the merging to do.
 *
 * Loops read typed arrays `as number`: every index is in bounds by construction, and a check costs what the sum costs.
 * Methods called in them take and give no fractions, only where these stand: a fraction that crosses a call that the
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
  readonly #panes: number;
  readonly #minSamples: number;
  readonly #mostLate: number;
  /** Number of each slot's newest pane since the epoch; -Infinity when the slot is empty. */
  #newest = new Float64Array(0);

  constructor({ seconds, minSamples }: WindowOptions) {
    const { panes, paneMs } = panesOf(seconds);
    this.#panes = panes;
    this.paneMs = paneMs;
    this.spanMs = panes * paneMs;
    this.#minSamples = minSamples;
    this.#mostLate = Math.ceil(latenessMs / paneMs);
  }

  /** Gives every field but `counts` `length` elements, keeping what is there. */
  protected abstract resize(length: number): void;
  /** Makes the pane at `i` hold nothing. */
  protected abstract clear(i: number): void;
  /** Adds what `from` holds to `into`; either may hold nothing. */
  protected abstract merge(into: number, from: number): void;
  /** Adds `values[k]`, read at `takenMs`, to the pane at `i`. */
  protected abstract add(i: number, values: Values, k: number): void;
  /** Writes to `out[k]` the aggregate of `front`, which may hold nothing, and `rest`, likewise; -1 is nothing. */
  protected abstract put(out: Float64Array, k: number, front: number, rest: number): void;

  grow(slots: number): void {
    const had = this.#newest.length;
    if (slots <= had) return;
    const capacity = Math.ceil(slots / lanes) * lanes;
    this.#newest = grown(this.#newest, new Float64Array(capacity).fill(-Infinity));
    const length = capacity * (this.#panes + 1);
    this.counts = grown(this.counts, new Uint32Array(length));
    this.resize(length);
  }

  reset(slot: number): void {
    this.#newest[slot] = -Infinity;
  }

  take(slots: Int32Array, values: Values, length: number, tMs: number): void {
    const panes = this.#panes;
    const pane = Math.floor(tMs / this.paneMs);
    const turn = pane % panes;
    const newest = this.#newest;
    this.takenMs = tMs;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0 || Number.isNaN(values[i])) continue;
      const held = newest[slot] as number;
      let into = pane;
      if (held > pane) {
        if (held - pane > this.#mostLate) {
          this.late++;
          continue;
        }
        into = held;
      }
      const base = baseOf(slot, panes);
      const position = positionOf(slot, into === pane ? turn : into % panes, panes);
      if (held < pane) this.#advance(slot, base, position, pane);
      this.add(base + position * lanes, values, i);
      this.add(base + panes * lanes, values, i);
    }
  }

  read(slots: Int32Array, length: number, tMs: number, out: Float64Array): void {
    const panes = this.#panes;
    const pane = Math.floor(tMs / this.paneMs);
    const turn = pane % panes;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      out[i] = NaN;
      if (slot < 0) continue;
      const held = this.#newest[slot] as number;
      if (held === -Infinity) continue;
      const base = baseOf(slot, panes);
      const position = positionOf(slot, held > pane ? held % panes : turn, panes);
      if (held < pane) this.#advance(slot, base, position, pane);
      const front = base + panes * lanes;
      const rest = position + 1 < panes ? base + (position + 1) * lanes : -1;
      const count = (this.counts[front] as number) + (rest < 0 ? 0 : (this.counts[rest] as number));
      if (count >= this.#minSamples) this.put(out, i, front, rest);
    }
  }

  count(slot: number): number {
    const held = this.#newest[slot] ?? -Infinity;
    if (held === -Infinity) return 0;
    const base = baseOf(slot, this.#panes);
    const rest = positionOf(slot, held % this.#panes, this.#panes) + 1;
    const behind = rest < this.#panes ? (this.counts[base + rest * lanes] as number) : 0;
    return (this.counts[base + this.#panes * lanes] as number) + behind;
  }

  /** Makes `pane`, at `position`, the newest of a slot; all panes that are too old then are let go. */
  #advance(slot: number, base: number, position: number, pane: number): void {
    const panes = this.#panes;
    const steps = pane - (this.#newest[slot] as number);
    this.#newest[slot] = pane;
    if (steps >= panes) {
      for (let k = 0; k <= panes; k++) this.clear(base + k * lanes);
      return;
    }
    let k = position - steps;
    if (k < 0) k += panes;
    for (let step = 0; step < steps; step++) {
      k++;
      if (k === panes) {
        this.#endTurn(base);
        k = 0;
      }
      this.clear(base + k * lanes);
    }
  }

  #endTurn(base: number): void {
    for (let k = this.#panes - 2; k >= 0; k--) this.merge(base + k * lanes, base + (k + 1) * lanes);
    this.clear(base + this.#panes * lanes);
  }
}

/** Index of a slot's first pane. */
const baseOf = (slot: number, panes: number): number => (slot >> laneBits) * (panes + 1) * lanes + (slot & (lanes - 1));

/** Where in its slot's ring the pane lies whose number leaves the remainder `turn`. */
const positionOf = (slot: number, turn: number, panes: number): number => {
  const position = turn + ((slot >> laneBits) % panes);
  return position < panes ? position : position - panes;
};

/** `larger`, with what `smaller` held at its beginning. */
export const grown = <T extends Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array>(
  smaller: T,
  larger: T,
): T => {
  larger.set(smaller);
  return larger;
};
