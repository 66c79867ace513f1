import { Chunk, grown, lanes, paneAt, PaneWindow } from './pane-window.ts';
import { stored } from './stored.ts';
import type { Values, WindowOptions } from './window.ts';

/** What is made of the sum and the number of a window's samples. */
export type SumReading = 'Mean' | 'Sum' | 'PerSecond' | 'Count';

class SumChunk extends Chunk {
  /** Of each slot, and of each of its panes. */
  sums = new Float64Array(0);
  paneSums = new Float32Array(0);
  /** Of the newest pane, when it has more than one sample. */
  crowd = new Float64Array(0);

  override grow(slots: number): void {
    super.grow(slots);
    this.sums = grown(this.sums, new Float64Array(slots));
    this.paneSums = grown(this.paneSums, new Float32Array(slots * this.panes));
    if (this.crowd.length > 0) this.crowd = grown(this.crowd, new Float64Array(slots));
  }
}

/** What leaves is so much more than what is left that too few of its digits are right. */
const dominates = 1024;

/**
 * Windows that add up. The sum of a pane is kept as Float32, as frames carry values: exact for one sample, else within
 * 2^-24 of it. What leaves is subtracted. So that nothing is left behind by it, what is left is added up anew when it is
 * little beside that, and at the end of each turn.
 */
export class SumWindow extends PaneWindow<SumChunk> {
  readonly #reading: SumReading;
  readonly #seconds: number;

  constructor(options: WindowOptions, reading: SumReading) {
    super(options);
    this.#reading = reading;
    this.#seconds = options.seconds;
  }

  protected chunk(): SumChunk {
    return new SumChunk(this.panes);
  }

  protected clear({ sums, paneSums }: SumChunk, slot: number, end: number): void {
    sums.fill(0, slot, end);
    for (let index = 0; index < this.panes; index++) {
      const from = paneAt(slot, index, this.panes);
      paneSums.fill(0, from, from + end - slot);
    }
  }

  protected endTurn(chunk: SumChunk, slot: number, end: number): void {
    for (let at = slot; at < end; at++) this.#addUp(chunk, at);
  }

  protected slide(
    chunk: SumChunk,
    slot: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void {
    const { totals, sums, paneSums } = chunk;
    let { counts } = chunk;
    const { minSamples } = this;
    const isMean = this.#reading === 'Mean';
    for (let at = slot, pane = paneAt(slot, index, this.panes), i = k; at < end; at++, pane++, i++) {
      const value = values[i] as number;
      const come = Number.isNaN(value) ? 0 : 1;
      const had = counts[pane] as number;
      let total = totals[at] as number;
      let sum = sums[at] as number;
      if (moves) {
        const gone = paneSums[pane] as number;
        const added = come === 0 ? 0 : stored(value);
        paneSums[pane] = added;
        if (had !== come) {
          counts[pane] = come;
          total += come - had;
          totals[at] = total;
        }
        sum += added - gone;
        sums[at] = sum;
        if (Math.abs(gone) > dominates * Math.abs(sum)) {
          this.#addUp(chunk, at);
          sum = sums[at] as number;
        }
      } else if (come === 1) {
        if (had === chunk.most) counts = chunk.widen();
        if (chunk.crowd.length === 0 && had > 0) chunk.crowd = new Float64Array(chunk.slots);
        const before = paneSums[pane] as number;
        const exact = had === 0 ? value : had === 1 ? before + value : (chunk.crowd[at] as number) + value;
        if (had > 0) chunk.crowd[at] = exact;
        const after = stored(exact);
        paneSums[pane] = after;
        counts[pane] = had + 1;
        total++;
        totals[at] = total;
        sum += after - before;
        sums[at] = sum;
      }
      if (total < minSamples) out[i] = NaN;
      else if (isMean) out[i] = sum / total;
      else out[i] = this.#read(sum, total);
    }
  }

  #read(sum: number, count: number): number {
    if (this.#reading === 'Count') return count;
    return this.#reading === 'Sum' ? sum : sum / this.#seconds;
  }

  #addUp({ sums, paneSums }: SumChunk, slot: number): void {
    let sum = 0;
    const end = paneAt(slot, this.panes, this.panes);
    for (let pane = paneAt(slot, 0, this.panes); pane < end; pane += lanes) sum += paneSums[pane] as number;
    sums[slot] = sum;
  }
}
