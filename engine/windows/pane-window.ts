import { latenessMs, panesOf, type Values, type Window, type WindowOptions } from './window.ts';

const laneBits = 7;
export const lanes = 1 << laneBits;

/** What is kept of 128 neighbouring slots, a lane each. Kinds of windows add what they keep of the samples' values. */
export class Block {
  /** Number of each lane's newest pane since the epoch; -Infinity when the lane is empty, whatever else it holds. */
  readonly newest = new Float64Array(lanes).fill(-Infinity);
  /** Samples of each lane. */
  readonly totals = new Int32Array(lanes);
  /** Samples of each pane and lane: bytes until one of them does not suffice. */
  counts: Uint8Array | Int32Array;
  /** The greatest of them that there is room for. */
  most = 0xff;

  constructor(panes: number) {
    this.counts = new Uint8Array(panes * lanes);
  }

  /** Makes room for panes of any number of samples. */
  widen(): Uint8Array | Int32Array {
    this.counts = Int32Array.from(this.counts);
    this.most = Infinity;
    return this.counts;
  }
}

/**
 * Sliding windows in constant time over anything that can be merged. Panes lie in a ring; the newest takes the place of
 * the one that leaves the window then. With each turn of the ring comes what is done for many panes at once:
 *
 *     index      0      1      2  …  i       | i + 1    …  panes - 1
 *     holds      pane   pane   pane  newest  | oldest   …  pane
 *                the present turn            | the turn before
 *
 * Slots lie in blocks of 128 side by side, so that a column of a frame walks through memory in order, and blocks are
 * added one by one: nothing is ever copied. Each block's turn begins at another pane, so that no moment has the end of
 * all turns.
 *
 * A frame tells of the same slots in the same order again and again, and neighbours among them are in the same pane. So
 * all is done by runs: samples in a row whose slots are neighbours in one block and have the same newest pane. What is
 * to be decided is decided once a run; what is left is a plain loop over neighbouring numbers. Empty slots without a
 * sample do not end a run, since a metric that does not apply to one container in three is usual: what they hold means
 * nothing.
 *
 * Loops read typed arrays `as number`: every index is in bounds by construction, and a check costs what the sum costs.
 * Methods called for a run take and give no fractions, only where these stand: a fraction that crosses a call that the
 * engine does not inline is an object on the heap.
 */
export abstract class PaneWindow<B extends Block> implements Window {
  readonly paneMs: number;
  readonly spanMs: number;
  late = 0;
  /** When the samples that are being taken were read, counted from the beginning of the pane that takes them. */
  protected intoPaneMs = 0;
  protected readonly panes: number;
  protected readonly minSamples: number;
  readonly #mostLate: number;
  readonly #blocks: B[] = [];

  constructor({ seconds, minSamples }: WindowOptions) {
    const { panes, paneMs } = panesOf(seconds);
    this.panes = panes;
    this.paneMs = paneMs;
    this.spanMs = panes * paneMs;
    this.minSamples = minSamples;
    this.#mostLate = Math.ceil(latenessMs / paneMs);
  }

  /** A block whose lanes are all empty. */
  protected abstract block(): B;
  /** Makes all panes of the lanes from `lane` to before `end` hold nothing. */
  protected abstract clear(block: B, lane: number, end: number): void;
  /** The last pane of their turn has been taken; the next one comes to index 0. */
  protected abstract endTurn(block: B, lane: number, end: number): void;
  /**
   * Adds `values` from `k` on to the panes at `index` of the lanes from `lane` to before `end`, which if it `moves` are
   * new ones and the samples there leave. Writes the aggregates to `out` from `k` on; NaN below `minSamples`.
   */
  protected abstract slide(
    block: B,
    lane: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void;

  grow(slots: number): void {
    while (this.#blocks.length * lanes < slots) this.#blocks.push(this.block());
  }

  reset(slot: number): void {
    const block = this.#blocks[slot >> laneBits];
    if (block !== undefined) block.newest[slot & (lanes - 1)] = -Infinity;
  }

  take(slots: Int32Array, values: Values, length: number, tMs: number, out = unread(length)): void {
    const pane = Math.floor(tMs / this.paneMs);
    for (let i = 0; i < length;) {
      const slot = slots[i] as number;
      const block = this.#blocks[slot >> laneBits];
      const lane = slot & (lanes - 1);
      const held = block === undefined ? -Infinity : (block.newest[lane] as number);
      const begins = held === -Infinity;
      if (block === undefined || (begins && Number.isNaN(values[i]))) {
        out[i++] = NaN;
        continue;
      }
      const { newest } = block;
      const number = held > pane ? held : pane;
      newest[lane] = number;
      const last = Math.min(length, i + lanes - lane);
      let to = i + 1;
      let empty = 0;
      for (let next = slot + 1, at = lane + 1; to < last && slots[to] === next; to++, next++, at++) {
        const its = newest[at] as number;
        if (its === -Infinity) {
          // Of several empty slots only those that have a sample begin; of others they are passed by without one.
          if (Number.isNaN(values[to]) === begins) break;
          if (!begins) {
            empty++;
            continue;
          }
        } else if (its !== held) break;
        newest[at] = number;
      }
      const end = lane + to - i;
      const isLate = held - pane > this.#mostLate;
      if (isLate) this.late += numbersIn(values, i, to);
      this.intoPaneMs = tMs - number * this.paneMs;
      const moves = this.#approach(block, slot, end, held, pane);
      if (isLate) this.#put(block, lane, end, this.#indexOf(slot, number), i, out);
      else this.slide(block, lane, end, this.#indexOf(slot, number), moves, values, i, out);
      if (empty > 0) blank(newest, lane, out, i, to);
      i = to;
    }
  }

  read(slots: Int32Array, length: number, tMs: number, out: Float64Array): void {
    const pane = Math.floor(tMs / this.paneMs);
    for (let i = 0; i < length;) {
      const slot = slots[i] as number;
      const block = this.#blocks[slot >> laneBits];
      const lane = slot & (lanes - 1);
      const held = block === undefined ? -Infinity : (block.newest[lane] as number);
      if (block === undefined || held === -Infinity) {
        out[i++] = NaN;
        continue;
      }
      const { newest } = block;
      const number = held > pane ? held : pane;
      newest[lane] = number;
      const last = Math.min(length, i + lanes - lane);
      let to = i + 1;
      let empty = 0;
      for (let next = slot + 1, at = lane + 1; to < last && slots[to] === next; to++, next++, at++)
        if (newest[at] === -Infinity) empty++;
        else if (newest[at] === held) newest[at] = number;
        else break;
      const end = lane + to - i;
      const index = this.#indexOf(slot, number);
      if (this.#approach(block, slot, end, held, pane)) this.slide(block, lane, end, index, true, nothing, 0, nowhere);
      this.#put(block, lane, end, index, i, out);
      if (empty > 0) blank(newest, lane, out, i, to);
      i = to;
    }
  }

  count(slot: number): number {
    const block = this.#blocks[slot >> laneBits];
    const lane = slot & (lanes - 1);
    return block === undefined || block.newest[lane] === -Infinity ? 0 : (block.totals[lane] as number);
  }

  /** Moves a run whose newest pane was `held` to before `pane`. Answers whether there is a last step to be made. */
  #approach(block: B, slot: number, end: number, held: number, pane: number): boolean {
    const lane = slot & (lanes - 1);
    const steps = pane - held;
    if (steps <= 0) return false;
    if (steps >= this.panes) {
      this.#clear(block, lane, end);
      return false;
    }
    let index = this.#indexOf(slot, held);
    for (let step = 1; ; step++) {
      index++;
      if (index === this.panes) {
        this.endTurn(block, lane, end);
        index = 0;
      }
      if (step === steps) return true;
      this.slide(block, lane, end, index, true, nothing, 0, nowhere);
    }
  }

  /** Writes the aggregates of a run to `out` from `k` on. */
  #put(block: B, lane: number, end: number, index: number, k: number, out: Float64Array): void {
    this.slide(block, lane, end, index, false, nothing, 0, nowhere);
    for (let j = 0; j < end - lane; j++) out[k + j] = nowhere[j] as number;
  }

  #clear(block: B, lane: number, end: number): void {
    const { counts, totals } = block;
    totals.fill(0, lane, end);
    for (let index = 0; index < this.panes; index++) counts.fill(0, index * lanes + lane, index * lanes + end);
    this.clear(block, lane, end);
  }

  /** Where in its slot's turn a pane comes to stand. */
  #indexOf(slot: number, pane: number): number {
    return (pane + (slot >> laneBits)) % this.panes;
  }
}

/** A column without a sample, and one that nobody reads. */
const nothing = new Float32Array(lanes).fill(NaN);
let nowhere = new Float64Array(lanes);

function unread(length: number): Float64Array {
  if (nowhere.length < length) nowhere = new Float64Array(2 * length);
  return nowhere;
}

/** There is no value where a slot is empty. */
function blank(newest: Float64Array, lane: number, out: Float64Array, k: number, end: number): void {
  for (let i = k, at = lane; i < end; i++, at++) if (newest[at] === -Infinity) out[i] = NaN;
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
