import type { Process } from './process.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface DelayedOptions {
  readonly time: VirtualTime;
  readonly process: Process;
  /** Nothing arrives before this time, which may change. */
  readonly stalledUntilMs: () => number;
}

const lookAgainMs = 1000;

/** What is on its way to a process: it arrives late and in order, and not while everything stands still. */
export class Delayed {
  readonly #options: DelayedOptions;
  readonly #onTheWay: { readonly atMs: number; readonly arrive: () => void }[] = [];

  constructor(options: DelayedOptions) {
    this.#options = options;
  }

  /** Arrives at this time, or after what was sent before. */
  send(atMs: number, arrive: () => void): void {
    this.#onTheWay.push({ atMs, arrive });
    if (this.#onTheWay.length === 1) this.#next();
  }

  #next(): void {
    const { time, process, stalledUntilMs } = this.#options;
    const [first] = this.#onTheWay;
    if (first === undefined) return;
    const leftMs = Math.max(first.atMs, stalledUntilMs()) - time.now();
    if (leftMs > 0) {
      // A stall may end before it was to.
      time.after(Math.min(leftMs, lookAgainMs), () => this.#next());
      return;
    }
    this.#onTheWay.shift();
    process.deliver(first.arrive);
    this.#next();
  }
}
