import { grown, PaneWindow } from './pane-window.ts';
import type { Values, WindowOptions } from './window.ts';

/** What is made of the sum and the number of a window's samples. */
export type SumReading = 'Mean' | 'Sum' | 'PerSecond' | 'Count';

/** Windows that add up. */
export class SumWindow extends PaneWindow {
  readonly #reading: SumReading;
  readonly #seconds: number;
  #sums = new Float64Array(0);

  constructor(options: WindowOptions, reading: SumReading) {
    super(options);
    this.#reading = reading;
    this.#seconds = options.seconds;
  }

  protected resize(length: number): void {
    this.#sums = grown(this.#sums, new Float64Array(length));
  }

  protected clear(at: number, width: number): void {
    const { counts } = this;
    const sums = this.#sums;
    for (let i = at; i < at + width; i++) {
      counts[i] = 0;
      sums[i] = 0;
    }
  }

  protected merge(into: number, from: number, width: number): void {
    const { counts } = this;
    const sums = this.#sums;
    for (let j = 0; j < width; j++) {
      counts[into + j] = (counts[into + j] as number) + (counts[from + j] as number);
      sums[into + j] = (sums[into + j] as number) + (sums[from + j] as number);
    }
  }

  protected add(pane: number, front: number, values: Values, k: number, end: number): void {
    const { counts } = this;
    const sums = this.#sums;
    for (let i = k, p = pane, f = front; i < end; i++, p++, f++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) continue;
      counts[p] = (counts[p] as number) + 1;
      sums[p] = (sums[p] as number) + value;
      counts[f] = (counts[f] as number) + 1;
      sums[f] = (sums[f] as number) + value;
    }
  }

  protected put(out: Float64Array, k: number, end: number, front: number, rest: number): void {
    const { counts, minSamples } = this;
    const sums = this.#sums;
    const reading = this.#reading;
    const seconds = this.#seconds;
    for (let i = k, f = front, r = rest; i < end; i++, f++, r++) {
      const count = (counts[f] as number) + (counts[r] as number);
      const sum = (sums[f] as number) + (sums[r] as number);
      if (count < minSamples) out[i] = NaN;
      else if (reading === 'Mean') out[i] = sum / count;
      else if (reading === 'Count') out[i] = count;
      else out[i] = reading === 'Sum' ? sum : sum / seconds;
    }
  }
}
