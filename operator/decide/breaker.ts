import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import { toTime } from './time.ts';

/** `guards.breaker` of a plan. */
export type BreakerLimits = NonNullable<RemediationPlanSpec['guards']['breaker']>;

/** How the breaker of a plan stands. `HalfOpen`: one Remediation at a time is let through, and how it ends decides. */
export type Breaker =
  | { readonly is: 'Closed' | 'HalfOpen'; readonly failures: number; readonly message: string }
  | { readonly is: 'Open'; readonly failures: number; readonly message: string; readonly untilMs: number };

/**
 * The state follows from the ends of the plan's Remediations and from the time, and is stored nowhere else: a restart or a
 * change of leader finds the same, and a trial is a claim like any other (budget.ts), so there is never more than one.
 *
 * @param failuresInARow the ends (ms) of those that did not help since the last one that did, oldest first
 */
export function breakerOf(
  { failures: limit, openSeconds }: BreakerLimits,
  failuresInARow: readonly number[],
  nowMs: number,
): Breaker {
  const failures = failuresInARow.length;
  const last = failuresInARow.at(-1);
  const inARow = `${failures} of ${limit} in a row did not help`;
  if (failures < limit || last === undefined) return { is: 'Closed', failures, message: inARow };
  const untilMs = last + openSeconds * 1000;
  return nowMs < untilMs
    ? { is: 'Open', failures, message: `${inARow}: the breaker is open until ${toTime(untilMs)}`, untilMs }
    : { is: 'HalfOpen', failures, message: `${inARow}: the breaker lets one through at a time` };
}
