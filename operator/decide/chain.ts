/**
 * Which Remediations are about the same trouble. A pod that is restarted comes back under another name and with another
 * uid; without a memory that goes beyond the uid, a crash loop would be restarted for ever, each time as the first attempt.
 */
import type { Remediation } from '../../crds/remediation.ts';
import type { Target } from '../actions/action.ts';
import { reasons } from './reasons.ts';
import { parseTime } from './time.ts';
import { sameTarget } from './verdict.ts';

/** Trouble that came back later than this is new trouble. */
export const chainMs = 24 * 3_600_000;

/** When the first step began, if it did. */
export const startedMs = ({ status }: Remediation): number | undefined => parseTime(status?.startedTime);

/** When it came to its end, if it did. */
export const finishedMs = ({ status }: Remediation): number | undefined => parseTime(status?.finishedTime);

/**
 * Of the candidates (ledger.ts), the earlier Remediations that began for this target, or for one that it may have taken
 * the place of: of the same kind and workload, begun before this one was created. Oldest first.
 */
export const predecessors = (
  self: Remediation,
  candidates: readonly Remediation[],
  facts: { readonly createdMs: number; readonly nowMs: number },
): Remediation[] =>
  candidates
    .filter((other) => {
      const [before, now] = [other.spec.target, self.spec.target];
      const isSame = sameTarget(before, now);
      if ((!isSame && !mayReplace(now, before)) || other.metadata.uid === self.metadata.uid) return false;
      const began = startedMs(other);
      if (began === undefined || facts.nowMs - began > chainMs) return false;
      return isSame || facts.createdMs >= Math.floor(began / 1000) * 1000;
    })
    .sort((a, b) => (startedMs(a) ?? 0) - (startedMs(b) ?? 0));

/** Of those, the attempts of one plan since the last one that helped. */
export function failedAttempts(self: Remediation, earlier: readonly Remediation[]): Remediation[] {
  const attempts = earlier.filter(({ spec }) => spec.planRef.name === self.spec.planRef.name);
  const helped = attempts.findLastIndex(({ status }) =>
    status?.conditions?.some(({ type, reason }) => type === 'Succeeded' && reason === reasons.recovered),
  );
  return attempts.slice(helped + 1);
}

const mayReplace = (now: Target, before: Target): boolean =>
  (now.kind === 'Pod' || now.kind === 'Container') &&
  now.kind === before.kind &&
  now.container === before.container &&
  now.workload !== undefined &&
  now.workload.uid === before.workload?.uid;
