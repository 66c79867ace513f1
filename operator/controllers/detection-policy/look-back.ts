import type { PolicyInForce } from './policies.ts';

/** Beyond what the policies ask for: the slowest source speaks every ten seconds. */
const slackSeconds = 15;

/**
 * How much of the past has to be read again for every verdict to be as if nothing had been missed, in milliseconds: the
 * longest window, the time a fault must last and the time it must be gone, of any one policy.
 */
export function lookBackMs(policies: Iterable<PolicyInForce>): number {
  let most = 0;
  for (const { policy } of policies) {
    const { signals, forSeconds, clearForSeconds, staleAfterSeconds } = policy.spec;
    const window = Math.max(0, ...signals.map((signal) => signal.window?.seconds ?? 0));
    most = Math.max(most, window + forSeconds + clearForSeconds, staleAfterSeconds);
  }
  return (most + slackSeconds) * 1000;
}
