import { grown, PaneWindow } from './pane-window.ts';
import type { Values } from './window.ts';

/**
 * Windows that fit a straight line: its rise a second, by least squares. Panes keep means and centred moments, which
 * merge without cancellation (Chan, Golub and LeVeque 1979, "Updating Formulae and a Pairwise Algorithm").
 * There is no slope while all samples have one time.
 */
export class SlopeWindow extends PaneWindow {
  #meanT = new Float64Array(0);
  #meanX = new Float64Array(0);
  /** Sum of (t - mean t)², and of (t - mean t)(x - mean x). */
  #tt = new Float64Array(0);
  #tx = new Float64Array(0);

  protected resize(length: number): void {
    this.#meanT = grown(this.#meanT, new Float64Array(length));
    this.#meanX = grown(this.#meanX, new Float64Array(length));
    this.#tt = grown(this.#tt, new Float64Array(length));
    this.#tx = grown(this.#tx, new Float64Array(length));
  }

  protected clear(at: number, width: number): void {
    const { counts } = this;
    const [meanT, meanX, tt, tx] = [this.#meanT, this.#meanX, this.#tt, this.#tx];
    for (let i = at; i < at + width; i++) {
      counts[i] = 0;
      meanT[i] = 0;
      meanX[i] = 0;
      tt[i] = 0;
      tx[i] = 0;
    }
  }

  protected merge(into: number, from: number, width: number): void {
    const { counts } = this;
    const [meanT, meanX, tt, tx] = [this.#meanT, this.#meanX, this.#tt, this.#tx];
    for (let to = into, of = from; to < into + width; to++, of++) {
      const more = counts[of] as number;
      if (more === 0) continue;
      const had = counts[to] as number;
      const count = had + more;
      const dt = (meanT[of] as number) - (meanT[to] as number);
      const dx = (meanX[of] as number) - (meanX[to] as number);
      const weight = (had * more) / count;
      counts[to] = count;
      meanT[to] = (meanT[to] as number) + (dt * more) / count;
      meanX[to] = (meanX[to] as number) + (dx * more) / count;
      tt[to] = (tt[to] as number) + (tt[of] as number) + dt * dt * weight;
      tx[to] = (tx[to] as number) + (tx[of] as number) + dt * dx * weight;
    }
  }

  protected add(pane: number, front: number, values: Values, k: number, end: number): void {
    this.#add(pane, values, k, end);
    this.#add(front, values, k, end);
  }

  #add(at: number, values: Values, k: number, end: number): void {
    const { counts, takenMs } = this;
    const [meanT, meanX, tt, tx] = [this.#meanT, this.#meanX, this.#tt, this.#tx];
    for (let i = at, j = k; j < end; i++, j++) {
      const value = values[j] as number;
      if (Number.isNaN(value)) continue;
      const count = (counts[i] as number) + 1;
      const dt = takenMs - (meanT[i] as number);
      const dx = value - (meanX[i] as number);
      const weight = (count - 1) / count;
      counts[i] = count;
      meanT[i] = (meanT[i] as number) + dt / count;
      meanX[i] = (meanX[i] as number) + dx / count;
      tt[i] = (tt[i] as number) + dt * dt * weight;
      tx[i] = (tx[i] as number) + dt * dx * weight;
    }
  }

  protected put(out: Float64Array, k: number, end: number, front: number, rest: number): void {
    const { counts, minSamples } = this;
    const [meanT, meanX, tts, txs] = [this.#meanT, this.#meanX, this.#tt, this.#tx];
    for (let i = k, f = front, r = rest; i < end; i++, f++, r++) {
      const newer = counts[f] as number;
      const older = counts[r] as number;
      let tt = tts[f] as number;
      let tx = txs[f] as number;
      if (older > 0) {
        const weight = (newer * older) / (newer + older);
        const dt = (meanT[f] as number) - (meanT[r] as number);
        const dx = (meanX[f] as number) - (meanX[r] as number);
        tt += (tts[r] as number) + dt * dt * weight;
        tx += (txs[r] as number) + dt * dx * weight;
      }
      out[i] = tt > 0 && newer + older >= minSamples ? (tx / tt) * 1000 : NaN;
    }
  }
}
