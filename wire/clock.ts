/** Time and timers as a parameter, so that a test can own both. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that only ever grow, whatever is done to the machine’s date; for durations. */
  monotonic(): number;
  /** Calls `f` once, `ms` milliseconds from now; the result cancels it. */
  after(ms: number, f: () => void): () => void;
}

/** The machine’s clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, f) {
    const timer = setTimeout(f, ms);
    return () => clearTimeout(timer);
  },
};
