import type { Clock } from '../kube/clock.ts';

interface Timer {
  readonly at: number;
  readonly f: () => void;
}

/**
 * A clock that moves only when told. Timers run in order of their time (ties in order of arming), and between two
 * timers every promise that can settle does.
 *
 * @example
 * const clock = new FakeClock();
 * clock.after(1000, ring);
 * await clock.advance(1000); // ring() was called
 */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** Starts at `startMs`; default 2026-01-01T00:00:00Z. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, f: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), f };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** How many timers are armed. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves the clock by `ms` milliseconds, running what falls due on the way, also what gets armed on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#now = timer.at;
      timer.f();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets every promise settle that can do so without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer;
    return first;
  }
}
