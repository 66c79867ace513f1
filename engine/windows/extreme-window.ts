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

  protected clear(i: number): void {
    this.counts[i] = 0;
    this.#greatest[i] = -Infinity;
  }

  protected merge(into: number, from: number): void {
    this.counts[into] = (this.counts[into] as number) + (this.counts[from] as number);
    const value = this.#greatest[from] as number;
    if (value > (this.#greatest[into] as number)) this.#greatest[into] = value;
  }

  protected add(i: number, values: Values, k: number): void {
    this.counts[i] = (this.counts[i] as number) + 1;
    const signed = (values[k] as number) * this.#sign;
    if (signed > (this.#greatest[i] as number)) this.#greatest[i] = signed;
  }

  protected put(out: Float64Array, k: number, front: number, rest: number): void {
    const newer = this.#greatest[front] as number;
    const older = rest < 0 ? -Infinity : (this.#greatest[rest] as number);
    out[k] = (newer > older ? newer : older) * this.#sign;
  }
}
