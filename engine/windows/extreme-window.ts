import { Block, lanes, PaneWindow } from './pane-window.ts';
import type { Values, WindowOptions } from './window.ts';

/** Greatest values of sign × sample; -Infinity where there is none. */
class ExtremeBlock extends Block {
  /** Of all panes of the present turn. */
  readonly front = new Float32Array(lanes).fill(-Infinity);
  /** Of each pane of the present turn; of those of the turn before, each together with all after it. One more is empty. */
  readonly panes: Float32Array;

  constructor(panes: number) {
    super(panes);
    this.panes = new Float32Array((panes + 1) * lanes).fill(-Infinity);
  }
}

/**
 * Windows that keep their greatest value, or with `sign` -1 their least, as Float32, as frames carry values. The panes
 * of the present turn are merged into a front. When a turn ends, its panes are merged backwards in place, so that the
 * window is always two terms: the front, and the oldest pane with all of its turn.
 */
export class ExtremeWindow extends PaneWindow<ExtremeBlock> {
  readonly #sign: 1 | -1;

  constructor(options: WindowOptions, sign: 1 | -1) {
    super(options);
    this.#sign = sign;
  }

  protected block(): ExtremeBlock {
    return new ExtremeBlock(this.panes);
  }

  protected clear({ front, panes }: ExtremeBlock, lane: number, end: number): void {
    front.fill(-Infinity, lane, end);
    for (let index = 0; index < this.panes; index++) panes.fill(-Infinity, index * lanes + lane, index * lanes + end);
  }

  protected endTurn({ front, panes }: ExtremeBlock, lane: number, end: number): void {
    for (let index = this.panes - 2; index > 0; index--)
      for (let into = index * lanes + lane; into < index * lanes + end; into++) {
        const later = panes[into + lanes] as number;
        if (later > (panes[into] as number)) panes[into] = later;
      }
    front.fill(-Infinity, lane, end);
  }

  protected slide(
    block: ExtremeBlock,
    lane: number,
    end: number,
    index: number,
    moves: boolean,
    values: Values,
    k: number,
    out: Float64Array,
  ): void {
    const { totals, front, panes } = block;
    let { counts } = block;
    const { minSamples } = this;
    const sign = this.#sign;
    for (let at = lane, pane = index * lanes + lane, i = k; at < end; at++, pane++, i++) {
      const signed = (values[i] as number) * sign;
      const come = Number.isNaN(signed) ? 0 : 1;
      const had = counts[pane] as number;
      let total = totals[at] as number;
      let newer = front[at] as number;
      if (moves) {
        panes[pane] = come === 0 ? -Infinity : signed;
        if (had !== come) {
          counts[pane] = come;
          total += come - had;
          totals[at] = total;
        }
      } else if (come === 1) {
        if (had === block.most) counts = block.widen();
        counts[pane] = had + 1;
        total++;
        totals[at] = total;
        if (signed > (panes[pane] as number)) panes[pane] = signed;
      }
      if (signed > newer) {
        front[at] = signed;
        newer = front[at] as number;
      }
      const older = panes[pane + lanes] as number;
      out[i] = total < minSamples ? NaN : (newer > older ? newer : older) * sign;
    }
  }
}
