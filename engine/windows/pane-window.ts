import { latenessMs, panesOf, type Values, type Window, type WindowOptions } from './window.ts';

const laneBits = 7;
export const lanes = 1 << laneBits;
const chunkBits = 12;
const chunkSlots = 1 << chunkBits;
/** The newest pane of a slot that has none. */
const empty = -1;
/** The greatest number of a pane: a whole number that the engine keeps without an object. Half of it is 17 years of seconds. */
const mostPane = 2 ** 30 - 1;

/**
 * What is kept of up to 4,096 neighbouring slots, in blocks of 128, a lane each. Kinds of windows add what they keep of
 * the samples' values. Numbers of slots, of panes, stand side by side for the lanes of a block.
 */
export abstract class Chunk {
  slots = 0;
  /** Number of each slot's newest pane, as its window counts them; -1 when it is empty, whatever else it holds. */
  newest = new Int32Array(0);
  /** Samples of each slot. */
  totals = new Int32Array(0);
  /** Samples of each pane of each slot: bytes until one of them does not suffice. */
  counts: Uint8Array | Int32Array = new Uint8Array(0);
  /** The greatest of them that there is room for. */
  most = 0xff;
  protected readonly panes: number;

  constructor(panes: number) {
    this.panes = panes;
  }

  /** Makes room for `slots`, a multiple of 128, and copies what is there. */
  grow(slots: number): void {
    this.slots = slots;
    const bytes = slots * this.panes;
    this.newest = grown(this.newest, new Int32Array(slots).fill(empty));
    this.totals = grown(this.totals, new Int32Array(slots));
    this.counts =
      this.counts instanceof Uint8Array
        ? grown(this.counts, new Uint8Array(bytes))
        : grown(this.counts, new Int32Array(bytes));
  }

  /** Makes room for panes of any number of samples. */
  widen(): Uint8Array | Int32Array {
    this.counts = Int32Array.from(this.counts);
    this.most = Infinity;
    return this.counts;
  }
}

/** Where a number of the pane at `index` of a slot's ring stands, of which there are `rows` for each lane. */
export const paneAt = (slot: number, index: number, rows: number): number =>
  ((slot >> laneBits) * rows + index) * lanes + (slot & (lanes - 1));

/**
 * Sliding windows in constant time over anything that can be merged. Panes lie in a ring; the newest takes the place of
 * the one that leaves the window then. With each turn of the ring comes what is done for many panes at once:
 *
 *     index      0      1      2  …  i       | i + 1    …  panes - 1
 *     holds      pane   pane   pane  newest  | oldest   …  pane
 *                the present turn            | the turn before
 *
 * Slots lie in blocks of 128 side by side, so that a column of a frame walks through memory in order, and blocks in
 * chunks of 32, which are added one by one: the first grows by doubling, then nothing is copied. Each block's turn
 * begins at another pane, so that no moment has the end of all turns.
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
export abstract class PaneWindow<C extends Chunk> implements Window {
  readonly paneMs: number;
  readonly spanMs: number;
  late = 0;
  /** When the samples that are being taken were read, counted from the beginning of the pane that takes them. */
  protected intoPaneMs = 0;
  protected readonly panes: number;
  protected readonly minSamples: number;
  readonly #mostLate: number;
  /** Which pane since the epoch is number 0, the first of a turn; NaN before there is a sample. */
  #firstPane = NaN;
  readonly #chunks: C[] = [];

  constructor({ seconds, minSamples }: WindowOptions) {
    const { panes, paneMs } = panesOf(seconds);
    this.panes = panes;
    this.paneMs = paneMs;
    this.spanMs = panes * paneMs;
    this.minSamples = minSamples;
    this.#mostLate = Math.ceil(latenessMs / paneMs);
  }

  /** A chunk without room. */
  protected abstract chunk(): C;
  /** Makes all panes of the slots from `slot` to before `end` of a chunk hold nothing. */
  protected abstract clear(chunk: C, slot: number, end: number): void;
  /** The last pane of their turn has been taken; the next one comes to index 0. */
  protected abstract endTurn(chunk: C, slot: number, end: number): void;
  /**
   * Adds `values` from `k` on to the panes at `index` of the slots from `slot` to before `end`, which are of one block;
   * if it `moves` the panes are new ones, and the samples there leave. Writes the aggregates to `out` from `k` on; NaN
   * below `minSamples`.
   */
  protected abstract slide(
    chunk: C,
    slot: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void;

  grow(slots: number): void {
    for (let first = 0; first < slots; first += chunkSlots) {
      const chunk = (this.#chunks[first >> chunkBits] ??= this.chunk());
      const wanted = Math.min(chunkSlots, slots - first);
      if (wanted > chunk.slots)
        chunk.grow(first > 0 ? chunkSlots : Math.min(chunkSlots, Math.max(lanes, 1 << Math.ceil(Math.log2(wanted)))));
    }
  }

  reset(slot: number): void {
    const chunk = this.#chunks[slot >> chunkBits];
    if (chunk !== undefined) chunk.newest[slot & (chunkSlots - 1)] = empty;
  }

  take(slots: Int32Array, values: Values, length: number, tMs: number, out = unread(length)): void {
    if (Number.isNaN(this.#firstPane)) this.#countFrom(tMs);
    const pane = this.#paneOf(tMs);
    for (let i = 0; i < length;) {
      const slot = slots[i] as number;
      const chunk = this.#chunks[slot >> chunkBits];
      const first = slot & (chunkSlots - 1);
      const held = chunk === undefined ? empty : (chunk.newest[first] as number);
      const begins = held === empty;
      if (chunk === undefined || (begins && Number.isNaN(values[i]))) {
        out[i++] = NaN;
        continue;
      }
      const { newest } = chunk;
      const number = held > pane ? held : pane;
      newest[first] = number;
      const last = Math.min(length, i + lanes - (slot & (lanes - 1)));
      let to = i + 1;
      let blanks = 0;
      for (let next = slot + 1, at = first + 1; to < last && slots[to] === next; to++, next++, at++) {
        const its = newest[at] as number;
        if (its === empty) {
          // Of several empty slots only those that have a sample begin; of others they are passed by without one.
          if (Number.isNaN(values[to]) === begins) break;
          if (!begins) {
            blanks++;
            continue;
          }
        } else if (its !== held) break;
        newest[at] = number;
      }
      const end = first + to - i;
      const isLate = held - pane > this.#mostLate;
      if (isLate) this.late += numbersIn(values, i, to);
      this.intoPaneMs = tMs - (this.#firstPane + number) * this.paneMs;
      const moves = this.#approach(chunk, slot, end, held, pane);
      if (isLate) this.#put(chunk, first, end, this.#indexOf(slot, number), i, out);
      else this.slide(chunk, first, end, this.#indexOf(slot, number), moves, values, i, out);
      if (blanks > 0) blank(newest, first, out, i, to);
      i = to;
    }
  }

  read(slots: Int32Array, length: number, tMs: number, out: Float64Array): void {
    const pane = this.#paneOf(tMs);
    for (let i = 0; i < length;) {
      const slot = slots[i] as number;
      const chunk = this.#chunks[slot >> chunkBits];
      const first = slot & (chunkSlots - 1);
      const held = chunk === undefined ? empty : (chunk.newest[first] as number);
      if (chunk === undefined || held === empty) {
        out[i++] = NaN;
        continue;
      }
      const { newest } = chunk;
      const number = held > pane ? held : pane;
      newest[first] = number;
      const last = Math.min(length, i + lanes - (slot & (lanes - 1)));
      let to = i + 1;
      let blanks = 0;
      for (let next = slot + 1, at = first + 1; to < last && slots[to] === next; to++, next++, at++)
        if (newest[at] === empty) blanks++;
        else if (newest[at] === held) newest[at] = number;
        else break;
      const end = first + to - i;
      const index = this.#indexOf(slot, number);
      if (this.#approach(chunk, slot, end, held, pane)) this.slide(chunk, first, end, index, true, nothing, 0, nowhere);
      this.#put(chunk, first, end, index, i, out);
      if (blanks > 0) blank(newest, first, out, i, to);
      i = to;
    }
  }

  count(slot: number): number {
    const chunk = this.#chunks[slot >> chunkBits];
    const at = slot & (chunkSlots - 1);
    return chunk === undefined || chunk.newest[at] === empty ? 0 : (chunk.totals[at] as number);
  }

  /** Moves a run whose newest pane was `held` to before `pane`. Answers whether there is a last step to be made. */
  #approach(chunk: C, slot: number, end: number, held: number, pane: number): boolean {
    const first = slot & (chunkSlots - 1);
    const steps = pane - held;
    if (steps <= 0) return false;
    if (steps >= this.panes) {
      this.#clear(chunk, first, end);
      return false;
    }
    let index = this.#indexOf(slot, held);
    for (let step = 1; ; step++) {
      index++;
      if (index === this.panes) {
        this.endTurn(chunk, first, end);
        index = 0;
      }
      if (step === steps) return true;
      this.slide(chunk, first, end, index, true, nothing, 0, nowhere);
    }
  }

  /** Writes the aggregates of a run to `out` from `k` on. */
  #put(chunk: C, slot: number, end: number, index: number, k: number, out: Float64Array): void {
    this.slide(chunk, slot, end, index, false, nothing, 0, nowhere);
    for (let j = 0; j < end - slot; j++) out[k + j] = nowhere[j] as number;
  }

  #clear(chunk: C, slot: number, end: number): void {
    chunk.totals.fill(0, slot, end);
    for (let index = 0; index < this.panes; index++) {
      const from = paneAt(slot, index, this.panes);
      chunk.counts.fill(0, from, from + end - slot);
    }
    this.clear(chunk, slot, end);
  }

  /** The number of the pane of a time; of one that is too far away, the nearest there is. */
  #paneOf(tMs: number): number {
    return Math.max(this.panes, Math.min(mostPane, Math.floor(tMs / this.paneMs) - this.#firstPane)) | 0;
  }

  /** Begins to count panes at a turn that is so long before a time that there are numbers for all panes around it. */
  #countFrom(tMs: number): void {
    const turn = Math.floor(tMs / this.spanMs) - Math.floor(mostPane / 2 / this.panes);
    this.#firstPane = turn * this.panes;
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
function blank(newest: Int32Array, slot: number, out: Float64Array, k: number, end: number): void {
  for (let i = k, at = slot; i < end; i++, at++) if (newest[at] === empty) out[i] = NaN;
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
