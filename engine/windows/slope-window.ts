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

  protected clear(i: number): void {
    this.counts[i] = 0;
    this.#meanT[i] = 0;
    this.#meanX[i] = 0;
    this.#tt[i] = 0;
    this.#tx[i] = 0;
  }

  protected merge(into: number, from: number): void {
    const more = this.counts[from] as number;
    if (more === 0) return;
    const had = this.counts[into] as number;
    const count = had + more;
    const dt = (this.#meanT[from] as number) - (this.#meanT[into] as number);
    const dx = (this.#meanX[from] as number) - (this.#meanX[into] as number);
    const weight = (had * more) / count;
    this.counts[into] = count;
    this.#meanT[into] = (this.#meanT[into] as number) + (dt * more) / count;
    this.#meanX[into] = (this.#meanX[into] as number) + (dx * more) / count;
    this.#tt[into] = (this.#tt[into] as number) + (this.#tt[from] as number) + dt * dt * weight;
    this.#tx[into] = (this.#tx[into] as number) + (this.#tx[from] as number) + dt * dx * weight;
  }

  protected add(i: number, values: Values, k: number): void {
    const count = (this.counts[i] as number) + 1;
    const dt = this.takenMs - (this.#meanT[i] as number);
    const dx = (values[k] as number) - (this.#meanX[i] as number);
    const weight = (count - 1) / count;
    this.counts[i] = count;
    this.#meanT[i] = (this.#meanT[i] as number) + dt / count;
    this.#meanX[i] = (this.#meanX[i] as number) + dx / count;
    this.#tt[i] = (this.#tt[i] as number) + dt * dt * weight;
    this.#tx[i] = (this.#tx[i] as number) + dt * dx * weight;
  }

  protected put(out: Float64Array, k: number, front: number, rest: number): void {
    const newer = this.counts[front] as number;
    const older = rest < 0 ? 0 : (this.counts[rest] as number);
    let tt = this.#tt[front] as number;
    let tx = this.#tx[front] as number;
    if (older > 0) {
      const weight = (newer * older) / (newer + older);
      const dt = (this.#meanT[front] as number) - (this.#meanT[rest] as number);
      const dx = (this.#meanX[front] as number) - (this.#meanX[rest] as number);
      tt += (this.#tt[rest] as number) + dt * dt * weight;
      tx += (this.#tx[rest] as number) + dt * dx * weight;
    }
    out[k] = tt > 0 ? (tx / tt) * 1000 : NaN;
  }
}
