import { Block, lanes, PaneWindow } from './pane-window.ts';
import { stored } from './stored.ts';
import type { Values, WindowOptions } from './window.ts';

/** What is made of the sum and the number of a window's samples. */
export type SumReading = 'Mean' | 'Sum' | 'PerSecond' | 'Count';

class SumBlock extends Block {
  /** Of each lane, and of each of its panes. */
  readonly sums = new Float64Array(lanes);
  readonly paneSums: Float32Array;
  /** Of the newest pane, when it has more than one sample. */
  crowd = new Float64Array(0);

  constructor(panes: number) {
    super(panes);
    this.paneSums = new Float32Array(panes * lanes);
  }
}

/** What leaves is so much more than what is left that too few of its digits are right. */
const dominates = 1024;

/**
 * Windows that add up. The sum of a pane is kept as Float32, as frames carry values: exact for one sample, else within
 * 2^-24 of it. What leaves is subtracted. So that nothing is left behind by it, what is left is added up anew when it is
 * little beside that, and at the end of each turn.
 */
export class SumWindow extends PaneWindow<SumBlock> {
  readonly #reading: SumReading;
  readonly #seconds: number;

  constructor(options: WindowOptions, reading: SumReading) {
    super(options);
    this.#reading = reading;
    this.#seconds = options.seconds;
  }

  protected block(): SumBlock {
    return new SumBlock(this.panes);
  }

  protected clear({ sums, paneSums }: SumBlock, lane: number, end: number): void {
    sums.fill(0, lane, end);
    for (let index = 0; index < this.panes; index++) paneSums.fill(0, index * lanes + lane, index * lanes + end);
  }

  protected endTurn(block: SumBlock, lane: number, end: number): void {
    for (let at = lane; at < end; at++) this.#addUp(block, at);
  }

  protected slide(
    block: SumBlock,
    lane: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void {
    const { totals, sums, paneSums } = block;
    let { counts } = block;
    const { minSamples } = this;
    const isMean = this.#reading === 'Mean';
    for (let at = lane, pane = index * lanes + lane, i = k; at < end; at++, pane++, i++) {
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
          this.#addUp(block, at);
          sum = sums[at] as number;
        }
      } else if (come === 1) {
        if (had === block.most) counts = block.widen();
        if (block.crowd.length === 0 && had > 0) block.crowd = new Float64Array(lanes);
        const before = paneSums[pane] as number;
        const exact = had === 0 ? value : had === 1 ? before + value : (block.crowd[at] as number) + value;
        if (had > 0) block.crowd[at] = exact;
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

  #addUp({ sums, paneSums }: SumBlock, at: number): void {
    let sum = 0;
    for (let pane = at; pane < paneSums.length; pane += lanes) sum += paneSums[pane] as number;
    sums[at] = sum;
  }
}
