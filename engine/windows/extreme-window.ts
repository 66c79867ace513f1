import { Chunk, grown, lanes, paneAt, PaneWindow } from './pane-window.ts';
import type { Values, WindowOptions } from './window.ts';

/** Greatest values of sign × sample; -Infinity where there is none. */
class ExtremeChunk extends Chunk {
  /** Of all panes of the present turn. */
  front = new Float32Array(0);
  /** Of each pane of the present turn; of those of the turn before, each together with all after it. One more is empty. */
  greatest = new Float32Array(0);

  override grow(slots: number): void {
    super.grow(slots);
    this.front = grown(this.front, new Float32Array(slots).fill(-Infinity));
    this.greatest = grown(this.greatest, new Float32Array(slots * (this.panes + 1)).fill(-Infinity));
  }
}

/**
 * Windows that keep their greatest value, or with `sign` -1 their least, as Float32, as frames carry values. The panes
 * of the present turn are merged into a front. When a turn ends, its panes are merged backwards in place, so that the
 * window is always two terms: the front, and the oldest pane with all of its turn.
 */
export class ExtremeWindow extends PaneWindow<ExtremeChunk> {
  readonly #sign: 1 | -1;

  constructor(options: WindowOptions, sign: 1 | -1) {
    super(options);
    this.#sign = sign;
  }

  protected chunk(): ExtremeChunk {
    return new ExtremeChunk(this.panes);
  }

  protected clear({ front, greatest }: ExtremeChunk, slot: number, end: number): void {
    front.fill(-Infinity, slot, end);
    for (let index = 0; index < this.panes; index++) {
      const from = paneAt(slot, index, this.panes + 1);
      greatest.fill(-Infinity, from, from + end - slot);
    }
  }

  protected endTurn({ front, greatest }: ExtremeChunk, slot: number, end: number): void {
    for (let index = this.panes - 2; index > 0; index--) {
      const from = paneAt(slot, index, this.panes + 1);
      for (let into = from; into < from + end - slot; into++) {
        const later = greatest[into + lanes] as number;
        if (later > (greatest[into] as number)) greatest[into] = later;
      }
    }
    front.fill(-Infinity, slot, end);
  }

  protected slide(
    chunk: ExtremeChunk,
    slot: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void {
    const { totals, front, greatest } = chunk;
    let { counts } = chunk;
    const { minSamples } = this;
    const sign = this.#sign;
    let own = paneAt(slot, index, this.panes + 1);
    for (let at = slot, pane = paneAt(slot, index, this.panes), i = k; at < end; at++, pane++, own++, i++) {
      const signed = (values[i] as number) * sign;
      const come = Number.isNaN(signed) ? 0 : 1;
      const had = counts[pane] as number;
      let total = totals[at] as number;
      let newer = front[at] as number;
      if (moves) {
        greatest[own] = come === 0 ? -Infinity : signed;
        if (had !== come) {
          counts[pane] = come;
          total += come - had;
          totals[at] = total;
        }
      } else if (come === 1) {
        if (had === chunk.most) counts = chunk.widen();
        counts[pane] = had + 1;
        total++;
        totals[at] = total;
        if (signed > (greatest[own] as number)) greatest[own] = signed;
      }
      if (signed > newer) {
        front[at] = signed;
        newer = front[at] as number;
      }
      const older = greatest[own + lanes] as number;
      // In one expression, the engine would make an object of each.
      if (total < minSamples) out[i] = NaN;
      else out[i] = (newer > older ? newer : older) * sign;
    }
  }
}
