import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';

/** How long must pass after so many attempts in a row that did not help, in seconds; grows by `backoff`. */
export function cooldownSecondsAfter(
  { cooldownSeconds, backoff }: Pick<RemediationPlanSpec['guards'], 'cooldownSeconds' | 'backoff'>,
  failures: number,
): number {
  if (backoff === undefined || failures <= 1) return cooldownSeconds;
  return Math.min(cooldownSeconds * backoff.factor ** (failures - 1), Math.max(backoff.maxSeconds, cooldownSeconds));
}
