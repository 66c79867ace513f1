/** Time and timers as a parameter, so that a test can own both. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `f` once, `ms` milliseconds from now; the result cancels it. */
  after(ms: number, f: () => void): () => void;
  /** Milliseconds that only ever grow, whatever is done to the machine's date; for durations. Without it, `now` serves. */
  monotonic?(): number;
}

/** The longest time that `setTimeout` knows, about 25 days; a longer one it takes for one millisecond. */
const longestMs = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive, and run for 25 days at most. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, f) {
    const timer = setTimeout(f, Math.min(ms, longestMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
  monotonic: () => performance.now(),
};

/** For measuring durations with a clock. */
export const monotonicMs = (clock: Clock): number => clock.monotonic?.() ?? clock.now();
