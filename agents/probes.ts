import type { BusProblem } from '../wire/bus.ts';
import type { AgentCounts } from './agent.ts';
import type { Check } from './health.ts';
import type { Figures } from './metrics.ts';

/** Alive: the loop has ticked within five intervals (and at least five seconds). */
export function liveness(counts: AgentCounts, intervalMs: number, monotonicMs: number): ReturnType<Check> {
  const agoMs = monotonicMs - (counts.lastTickMs ?? 0);
  const ok = agoMs < Math.max(5000, 5 * intervalMs);
  return { ok, text: ok ? 'ok' : `no tick for ${Math.round(agoMs / 1000)} s` };
}

const storedWithinMs = 10_000;

/** Ready: connected, and something was stored in the last ten seconds, or three intervals. Says what is missing otherwise. */
export function readiness(
  { connected, publisher }: Pick<Figures, 'connected' | 'publisher'>,
  problem: BusProblem | undefined,
  nowMs: number,
  intervalMs: number,
): ReturnType<Check> {
  if (!connected()) return { ok: false, text: `no connection to NATS; ${publisher.queuedFrames} frames wait` };
  const { storedMs } = publisher;
  if (storedMs !== undefined && nowMs - storedMs < Math.max(storedWithinMs, 3 * intervalMs))
    return { ok: true, text: 'ok' };
  const since =
    storedMs === undefined
      ? 'no frame was stored yet'
      : `no frame was stored for ${Math.round((nowMs - storedMs) / 1000)} s`;
  return { ok: false, text: problem === undefined ? since : `${since}: ${problem}` };
}
