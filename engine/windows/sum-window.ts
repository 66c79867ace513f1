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

  protected clear(i: number): void {
    this.counts[i] = 0;
    this.#sums[i] = 0;
  }

  protected merge(into: number, from: number): void {
    this.counts[into] = (this.counts[into] as number) + (this.counts[from] as number);
    this.#sums[into] = (this.#sums[into] as number) + (this.#sums[from] as number);
  }

  protected add(i: number, values: Values, k: number): void {
    this.counts[i] = (this.counts[i] as number) + 1;
    this.#sums[i] = (this.#sums[i] as number) + (values[k] as number);
  }

  protected put(out: Float64Array, k: number, front: number, rest: number): void {
    const count = (this.counts[front] as number) + (rest < 0 ? 0 : (this.counts[rest] as number));
    const sum = (this.#sums[front] as number) + (rest < 0 ? 0 : (this.#sums[rest] as number));
    if (this.#reading === 'Count') out[k] = count;
    else if (this.#reading === 'Mean') out[k] = sum / count;
    else out[k] = this.#reading === 'Sum' ? sum : sum / this.#seconds;
  }
}
