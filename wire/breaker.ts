/** When a dependency outside of this process is left in peace, and for how long. */
export interface BreakerLimits {
  /** After so many failures in a row. */
  readonly failures: number;
  /** For so long at first, each further time for twice as long, up to the longest. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** In [0, 1): takes up to half of that off, so that those who failed together do not return together. Default: nothing. */
  readonly random?: (() => number) | undefined;
}

/** `HalfOpen`: one at a time is let through, and how it ends decides. */
export type BreakerState = 'Closed' | 'Open' | 'HalfOpen';

/** Those who wait while one tries whether the other side is back look again so often. */
export const trialMs = 1000;

/**
 * The circuit breaker before everything that asks one dependency again and again. It has no clock and makes no call: who
 * wants to asks `admit`, and says how it ended.
 *
 * @example
 * const waitMs = breaker.admit(clock.monotonic());
 * if (waitMs > 0) return waitMs;
 * const ok = await call();
 * if (ok) breaker.succeeded();
 * else breaker.failed(clock.monotonic());
 */
export class Breaker {
  readonly #limits: BreakerLimits;
  /** In a row; those that were under way together and fail together are one more. */
  #failures = 0;
  #openUntilMs = -Infinity;
  #isTrying = false;
  #opened = 0;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  /** How often it was opened so far. */
  get opened(): number {
    return this.#opened;
  }

  state(nowMs: number): BreakerState {
    if (this.#failures < this.#limits.failures) return 'Closed';
    return nowMs < this.#openUntilMs ? 'Open' : 'HalfOpen';
  }

  /** 0: go, and say how it ended. Otherwise, after how many milliseconds to ask again. */
  admit(nowMs: number): number {
    if (nowMs < this.#openUntilMs) return this.#openUntilMs - nowMs;
    if (this.#failures < this.#limits.failures) return 0;
    if (this.#isTrying) return trialMs;
    this.#isTrying = true;
    return 0;
  }

  /** The other side has answered, whatever it said. */
  succeeded(): void {
    this.#failures = 0;
    this.#openUntilMs = -Infinity;
    this.#isTrying = false;
  }

  /** It has not, or asks to be left in peace for `atLeastMs`. */
  failed(nowMs: number, atLeastMs = 0): void {
    const { failures: limit, firstMs, longestMs, random } = this.#limits;
    if (nowMs >= this.#openUntilMs || this.#failures < limit) {
      this.#failures++;
      if (this.#failures >= limit) this.#opened++;
    }
    const excess = this.#failures - limit;
    const peaceMs = excess < 0 ? 0 : Math.min(firstMs * 2 ** excess, longestMs);
    const spread = random === undefined ? 1 : 0.5 + random() / 2;
    this.#openUntilMs = Math.max(this.#openUntilMs, nowMs + Math.max(peaceMs * spread, atLeastMs));
    this.#isTrying = false;
  }

  /** It ended before the other side could say anything: that says nothing of it. */
  abandoned(): void {
    this.#isTrying = false;
  }
}
