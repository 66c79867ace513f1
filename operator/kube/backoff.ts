/** The delays of someone who asks again and again: 0.8 s, doubling to 30 s, and from the start after 120 s of health. */
export interface Backoff {
  /** How often in a row it went wrong. */
  readonly failures: number;
  /** When it last went wrong, in milliseconds; -Infinity for never. */
  readonly failedMs: number;
}

export const noBackoff: Backoff = { failures: 0, failedMs: -Infinity };

const firstMs = 800;
/** The longest delay, before the jitter. */
export const longestMs = 30_000;
const healthyMs = 120_000;
/** Adds up to half of the delay, so that many who failed together do not return together. */
const jitter = 0.5;

/**
 * What to wait now that it went wrong again. A server that said how long (`atLeastMs`) is obeyed. `random` is in [0, 1).
 */
export function afterFailure(
  backoff: Backoff,
  nowMs: number,
  random: number,
  atLeastMs = 0,
): { readonly backoff: Backoff; readonly delayMs: number } {
  const failures = nowMs - backoff.failedMs >= healthyMs ? 1 : backoff.failures + 1;
  const delayMs = Math.min(firstMs * 2 ** (failures - 1), longestMs) * (1 + jitter * random);
  return { backoff: { failures, failedMs: nowMs }, delayMs: Math.max(delayMs, atLeastMs) };
}
