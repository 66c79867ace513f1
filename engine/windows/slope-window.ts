import { Block, lanes, PaneWindow } from './pane-window.ts';
import { stored } from './stored.ts';
import type { Values } from './window.ts';

/** Times are counted in ms: of a pane from its beginning, of all panes from the beginning of the turn. */
class SlopeBlock extends Block {
  /** Sums over all samples, of t, t², x and t·x. */
  readonly t = new Float64Array(lanes);
  readonly tt = new Float64Array(lanes);
  readonly x = new Float64Array(lanes);
  readonly tx = new Float64Array(lanes);
  /** The means of t and x in each pane, row by row in turns. */
  readonly means: Float32Array;
  /** What panes with more than one sample have beside them. */
  crowd: Crowd | undefined;

  constructor(panes: number) {
    super(panes);
    this.means = new Float32Array(2 * panes * lanes);
  }
}

/** Panes of several samples, which windows of a minute have seldom. */
class Crowd {
  /** Of each pane, the sums of (t - mean t)² and (t - mean t)(x - mean x), row by row in turns. */
  readonly around: Float32Array;
  /** The same of the newest pane, and before it its means, as exact as numbers are. */
  readonly newest = new Float64Array(4 * lanes);

  constructor(panes: number) {
    this.around = new Float32Array(2 * panes * lanes);
  }
}

/** What leaves is so much more than what is left that too few of its digits are right. */
const dominates = 1024;
/** Of the sum of t² rounding may leave so much where all times are the same. */
const rounding = 2 ** -46;

/**
 * Windows that fit a straight line: its rise a second, by least squares. There is no slope while all samples have one
 * time.
 *
 * Panes keep means and centred moments (Welford 1962, "Note on a Method for Calculating Corrected Sums of Squares and
 * Products") as Float32, as frames carry values: of one sample exactly, of several as if each were wrong by 2^-24 of
 * itself. What leaves is subtracted from the sums over all panes, as in a SumWindow. With each turn, times are counted
 * from another beginning, so that they stay small, and the sums are made anew.
 */
export class SlopeWindow extends PaneWindow<SlopeBlock> {
  protected block(): SlopeBlock {
    return new SlopeBlock(this.panes);
  }

  protected clear({ t, tt, x, tx }: SlopeBlock, lane: number, end: number): void {
    for (const sums of [t, tt, x, tx]) sums.fill(0, lane, end);
  }

  protected endTurn(block: SlopeBlock, lane: number, end: number): void {
    for (let at = lane; at < end; at++) this.#addUp(block, at, 0);
  }

  protected slide(
    block: SlopeBlock,
    lane: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void {
    const { totals, means, t: sumT, tt: sumTT, x: sumX, tx: sumTX } = block;
    const { counts } = block;
    const { minSamples } = this;
    const fromMs = index * this.paneMs;
    const goneFromMs = fromMs - this.spanMs;
    const intoMs = Math.fround(this.intoPaneMs);
    const atMs = fromMs + intoMs;
    for (let at = lane, mean = 2 * index * lanes + lane, i = k; at < end; at++, mean++, i++) {
      const value = values[i] as number;
      const come = Number.isNaN(value) ? 0 : 1;
      if (moves) {
        const pane = index * lanes + at;
        const had = counts[pane] as number;
        const goneT = goneFromMs + (means[mean] as number);
        const goneX = had * (means[mean + lanes] as number);
        let goneTT = had * goneT * goneT;
        let goneTX = goneX * goneT;
        if (had > 1 && block.crowd !== undefined) {
          goneTT += block.crowd.around[mean] as number;
          goneTX += block.crowd.around[mean + lanes] as number;
        }
        const comeX = come === 0 ? 0 : stored(value);
        means[mean] = intoMs;
        means[mean + lanes] = comeX;
        if (had !== come) {
          counts[pane] = come;
          totals[at] = (totals[at] as number) + come - had;
        }
        const x = (sumX[at] as number) + comeX - goneX;
        sumT[at] = (sumT[at] as number) + come * atMs - had * goneT;
        sumTT[at] = (sumTT[at] as number) + come * atMs * atMs - goneTT;
        sumX[at] = x;
        sumTX[at] = (sumTX[at] as number) + comeX * atMs - goneTX;
        if (Math.abs(goneX) > dominates * Math.abs(x)) this.#addUp(block, at, index + 1);
      } else if (come === 1) this.#add(block, at, index, values, i);
      const total = totals[at] as number;
      const meanT = (sumT[at] as number) / total;
      const spread = (sumTT[at] as number) - (sumT[at] as number) * meanT;
      out[i] =
        total >= minSamples && spread > (sumTT[at] as number) * rounding
          ? (((sumTX[at] as number) - (sumX[at] as number) * meanT) / spread) * 1000
          : NaN;
    }
  }

  /** Adds a sample to a newest pane that may have some. */
  #add(block: SlopeBlock, at: number, index: number, values: Values, i: number): void {
    const pane = index * lanes + at;
    const mean = pane + index * lanes;
    const had = block.counts[pane] as number;
    const counts = had === block.most ? block.widen() : block.counts;
    const { means } = block;
    const fromMs = index * this.paneMs;
    if (had > 0) {
      block.crowd ??= new Crowd(this.panes);
      const { around, newest } = block.crowd;
      if (had === 1) {
        newest[at] = means[mean] as number;
        newest[at + lanes] = means[mean + lanes] as number;
        newest[at + 2 * lanes] = newest[at + 3 * lanes] = around[mean] = around[mean + lanes] = 0;
      }
      const t = fromMs + (means[mean] as number);
      const x = means[mean + lanes] as number;
      block.t[at] = (block.t[at] as number) - had * t;
      block.tt[at] = (block.tt[at] as number) - (had * t * t + (around[mean] as number));
      block.x[at] = (block.x[at] as number) - had * x;
      block.tx[at] = (block.tx[at] as number) - (had * x * t + (around[mean + lanes] as number));
      const count = had + 1;
      const dt = this.intoPaneMs - (newest[at] as number);
      const dx = (values[i] as number) - (newest[at + lanes] as number);
      newest[at] = (newest[at] as number) + dt / count;
      newest[at + lanes] = (newest[at + lanes] as number) + dx / count;
      newest[at + 2 * lanes] = (newest[at + 2 * lanes] as number) + (dt * dt * had) / count;
      newest[at + 3 * lanes] = (newest[at + 3 * lanes] as number) + (dt * dx * had) / count;
      means[mean] = newest[at];
      means[mean + lanes] = stored(newest[at + lanes] as number);
      around[mean] = stored(newest[at + 2 * lanes] as number);
      around[mean + lanes] = stored(newest[at + 3 * lanes] as number);
    } else {
      means[mean] = this.intoPaneMs;
      means[mean + lanes] = stored(values[i] as number);
    }
    counts[pane] = had + 1;
    block.totals[at] = (block.totals[at] as number) + 1;
    const count = had + 1;
    const t = fromMs + means[mean];
    const x = means[mean + lanes] as number;
    const around = had > 0 ? block.crowd?.around : undefined;
    block.t[at] = (block.t[at] as number) + count * t;
    block.tt[at] = (block.tt[at] as number) + (count * t * t + (around?.[mean] ?? 0));
    block.x[at] = (block.x[at] as number) + count * x;
    block.tx[at] = (block.tx[at] as number) + (count * x * t + (around?.[mean + lanes] ?? 0));
  }

  /** Makes the sums of a lane anew, the panes from index `older` on being of the turn before. */
  #addUp(block: SlopeBlock, at: number, older: number): void {
    const { counts, means, crowd } = block;
    const { panes, paneMs } = this;
    let sumT = 0;
    let sumTT = 0;
    let sumX = 0;
    let sumTX = 0;
    for (let index = 0, mean = at; index < panes; index++, mean += 2 * lanes) {
      const count = counts[index * lanes + at] as number;
      const t = (index < older ? index : index - panes) * paneMs + (means[mean] as number);
      const x = count * (means[mean + lanes] as number);
      sumT += count * t;
      sumTT += count * t * t;
      sumX += x;
      sumTX += x * t;
      if (count > 1 && crowd !== undefined) {
        sumTT += crowd.around[mean] as number;
        sumTX += crowd.around[mean + lanes] as number;
      }
    }
    block.t[at] = sumT;
    block.tt[at] = sumTT;
    block.x[at] = sumX;
    block.tx[at] = sumTX;
  }
}
