import { grown, PaneWindow } from './pane-window.ts';
import type { Values, WindowOptions } from './window.ts';

/** Windows that keep their greatest value, or with `sign` -1 their least. */
export class ExtremeWindow extends PaneWindow {
  readonly #sign: 1 | -1;
  /** The greatest of sign × value; -Infinity where there is none. */
  #greatest = new Float64Array(0);

  constructor(options: WindowOptions, sign: 1 | -1) {
    super(options);
    this.#sign = sign;
  }

  protected resize(length: number): void {
    this.#greatest = grown(this.#greatest, new Float64Array(length));
  }

  protected clear(at: number, width: number): void {
    const { counts } = this;
    const greatest = this.#greatest;
    for (let i = at; i < at + width; i++) {
      counts[i] = 0;
      greatest[i] = -Infinity;
    }
  }

  protected merge(into: number, from: number, width: number): void {
    const { counts } = this;
    const greatest = this.#greatest;
    for (let j = 0; j < width; j++) {
      counts[into + j] = (counts[into + j] as number) + (counts[from + j] as number);
      const value = greatest[from + j] as number;
      if (value > (greatest[into + j] as number)) greatest[into + j] = value;
    }
  }

  protected add(pane: number, front: number, values: Values, k: number, end: number): void {
    const { counts } = this;
    const greatest = this.#greatest;
    const sign = this.#sign;
    for (let i = k, p = pane, f = front; i < end; i++, p++, f++) {
      const signed = (values[i] as number) * sign;
      if (Number.isNaN(signed)) continue;
      counts[p] = (counts[p] as number) + 1;
      counts[f] = (counts[f] as number) + 1;
      if (signed > (greatest[p] as number)) greatest[p] = signed;
      if (signed > (greatest[f] as number)) greatest[f] = signed;
    }
  }

  protected put(out: Float64Array, k: number, end: number, front: number, rest: number): void {
    const { counts, minSamples } = this;
    const greatest = this.#greatest;
    const sign = this.#sign;
    for (let i = k, f = front, r = rest; i < end; i++, f++, r++) {
      const count = (counts[f] as number) + (counts[r] as number);
      const newer = greatest[f] as number;
      const older = greatest[r] as number;
      out[i] = count < minSamples ? NaN : (newer > older ? newer : older) * sign;
    }
  }
}
