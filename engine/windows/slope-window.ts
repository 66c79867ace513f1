import { Chunk, grown, lanes, paneAt, PaneWindow } from './pane-window.ts';
import { stored } from './stored.ts';
import type { Values } from './window.ts';

/** Times are counted in ms: of a pane from its beginning, of all panes from the beginning of the turn. */
class SlopeChunk extends Chunk {
  /** Of each slot the sums over all samples, of t, t², x and t·x. */
  sums = new Float64Array(0);
  /** The means of t and x in each pane, row by row in turns. */
  means = new Float32Array(0);
  /** Of panes of several samples the sums of (t - mean t)² and (t - mean t)(x - mean x); windows of a minute have few. */
  around = new Float32Array(0);
  /** Of the newest pane, if it is one, its means and these sums as exact as numbers are. */
  crowd = new Float64Array(0);

  override grow(slots: number): void {
    super.grow(slots);
    this.sums = grown(this.sums, new Float64Array(4 * slots));
    this.means = grown(this.means, new Float32Array(2 * slots * this.panes));
    if (this.around.length > 0) this.spread();
  }

  /** Makes room for panes of several samples. */
  spread(): void {
    this.around = grown(this.around, new Float32Array(this.means.length));
    this.crowd = grown(this.crowd, new Float64Array(4 * this.slots));
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
export class SlopeWindow extends PaneWindow<SlopeChunk> {
  protected chunk(): SlopeChunk {
    return new SlopeChunk(this.panes);
  }

  protected clear({ sums }: SlopeChunk, slot: number, end: number): void {
    sums.fill(0, 4 * slot, 4 * end);
  }

  protected endTurn(chunk: SlopeChunk, slot: number, end: number): void {
    for (let at = slot; at < end; at++) this.#addUp(chunk, at, 0);
  }

  protected slide(
    chunk: SlopeChunk,
    slot: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void {
    const { totals, counts, means, sums } = chunk;
    const { minSamples } = this;
    const fromMs = index * this.paneMs;
    const goneFromMs = fromMs - this.spanMs;
    const intoMs = Math.fround(this.intoPaneMs);
    const atMs = fromMs + intoMs;
    let mean = paneAt(slot, 2 * index, 2 * this.panes);
    for (let at = slot, pane = paneAt(slot, index, this.panes), i = k; at < end; at++, pane++, mean++, i++) {
      const value = values[i] as number;
      const isThere = !Number.isNaN(value);
      if (!moves && isThere) this.#add(chunk, at, index, values, i);
      const sum = 4 * at;
      let t = sums[sum] as number;
      let tt = sums[sum + 1] as number;
      let x = sums[sum + 2] as number;
      let tx = sums[sum + 3] as number;
      if (moves) {
        const had = counts[pane] as number;
        const come = isThere ? 1 : 0;
        const goneT = goneFromMs + (means[mean] as number);
        const goneX = had * (means[mean + lanes] as number);
        const comeX = isThere ? stored(value) : 0;
        t += come * atMs - had * goneT;
        tt += come * atMs * atMs - had * goneT * goneT;
        x += comeX - goneX;
        tx += comeX * atMs - goneX * goneT;
        if (had > 1) {
          tt -= chunk.around[mean] as number;
          tx -= chunk.around[mean + lanes] as number;
        }
        means[mean] = intoMs;
        means[mean + lanes] = comeX;
        if (had !== come) {
          counts[pane] = come;
          totals[at] = (totals[at] as number) + come - had;
        }
        if (Math.abs(goneX) > dominates * Math.abs(x)) {
          this.#addUp(chunk, at, index + 1);
          t = sums[sum] as number;
          tt = sums[sum + 1] as number;
          x = sums[sum + 2] as number;
          tx = sums[sum + 3] as number;
        } else {
          sums[sum] = t;
          sums[sum + 1] = tt;
          sums[sum + 2] = x;
          sums[sum + 3] = tx;
        }
      }
      const total = totals[at] as number;
      const meanT = t / total;
      const spread = tt - t * meanT;
      out[i] = total >= minSamples && spread > tt * rounding ? ((tx - x * meanT) / spread) * 1000 : NaN;
    }
  }

  /** Adds a sample to a newest pane that may have some. */
  #add(chunk: SlopeChunk, slot: number, index: number, values: Values, i: number): void {
    const { means } = chunk;
    const pane = paneAt(slot, index, this.panes);
    const mean = paneAt(slot, 2 * index, 2 * this.panes);
    const had = chunk.counts[pane] as number;
    const counts = had === chunk.most ? chunk.widen() : chunk.counts;
    counts[pane] = had + 1;
    chunk.totals[slot] = (chunk.totals[slot] as number) + 1;
    if (had === 0) {
      means[mean] = this.intoPaneMs;
      means[mean + lanes] = stored(values[i] as number);
    } else {
      if (chunk.around.length === 0) chunk.spread();
      this.#count(chunk, slot, index, -had);
      this.#crowd(chunk, slot, mean, had, values, i);
    }
    this.#count(chunk, slot, index, had + 1);
  }

  /** One sample more, in a pane that has `had`. */
  #crowd(
    { crowd, means, around }: SlopeChunk,
    slot: number,
    mean: number,
    had: number,
    values: Values,
    i: number,
  ): void {
    const at = 4 * slot;
    if (had === 1) {
      crowd[at] = means[mean] as number;
      crowd[at + 1] = means[mean + lanes] as number;
      crowd.fill(0, at + 2, at + 4);
    }
    const dt = this.intoPaneMs - (crowd[at] as number);
    const dx = (values[i] as number) - (crowd[at + 1] as number);
    const count = had + 1;
    crowd[at] = (crowd[at] as number) + dt / count;
    crowd[at + 1] = (crowd[at + 1] as number) + dx / count;
    crowd[at + 2] = (crowd[at + 2] as number) + (dt * dt * had) / count;
    crowd[at + 3] = (crowd[at + 3] as number) + (dt * dx * had) / count;
    means[mean] = crowd[at];
    means[mean + lanes] = stored(crowd[at + 1] as number);
    around[mean] = stored(crowd[at + 2] as number);
    around[mean + lanes] = stored(crowd[at + 3] as number);
  }

  /** Counts the newest pane, with `count` samples, into the sums, or with as many less than 0 out of them. */
  #count({ sums, means, around }: SlopeChunk, slot: number, index: number, count: number): void {
    const mean = paneAt(slot, 2 * index, 2 * this.panes);
    const ms = index * this.paneMs + (means[mean] as number);
    const ofX = count * (means[mean + lanes] as number);
    const isCrowd = Math.abs(count) > 1;
    const ofTT = isCrowd ? Math.sign(count) * (around[mean] as number) : 0;
    const ofTX = isCrowd ? Math.sign(count) * (around[mean + lanes] as number) : 0;
    const sum = 4 * slot;
    sums[sum] = (sums[sum] as number) + count * ms;
    sums[sum + 1] = (sums[sum + 1] as number) + (count * ms * ms + ofTT);
    sums[sum + 2] = (sums[sum + 2] as number) + ofX;
    sums[sum + 3] = (sums[sum + 3] as number) + (ofX * ms + ofTX);
  }

  /** Makes the sums of a slot anew, the panes from index `older` on being of the turn before. */
  #addUp(chunk: SlopeChunk, slot: number, older: number): void {
    const { counts, means, around, sums } = chunk;
    const { panes, paneMs } = this;
    let sumT = 0;
    let sumTT = 0;
    let sumX = 0;
    let sumTX = 0;
    let mean = paneAt(slot, 0, 2 * panes);
    let pane = paneAt(slot, 0, panes);
    for (let index = 0; index < panes; index++, pane += lanes, mean += 2 * lanes) {
      const count = counts[pane] as number;
      const t = (index < older ? index : index - panes) * paneMs + (means[mean] as number);
      const x = count * (means[mean + lanes] as number);
      sumT += count * t;
      sumTT += count * t * t;
      sumX += x;
      sumTX += x * t;
      if (count > 1) {
        sumTT += around[mean] as number;
        sumTX += around[mean + lanes] as number;
      }
    }
    const sum = 4 * slot;
    sums[sum] = sumT;
    sums[sum + 1] = sumTT;
    sums[sum + 2] = sumX;
    sums[sum + 3] = sumTX;
  }
}
