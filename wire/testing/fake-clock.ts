import type { Clock } from '../clock.ts';

/** A clock that a test moves. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #timers: { atMs: number; f: () => void }[] = [];

  constructor(nowMs = 1_760_000_000_000) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  after(ms: number, f: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, f };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass without anybody noticing, as when the process was busy. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves on by so many milliseconds: each timer that is due runs at its own time, and what it set off before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settled();
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.f();
      await settled();
    }
    this.#nowMs = endMs;
  }
}

/** After everything that needs no timer has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
