import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { isDeletion } from '../../actions/action.ts';
import { actionOf } from '../../actions/registry.ts';
import { chainMs } from '../../decide/chain.ts';
import { isFinished } from '../../decide/budget.ts';
import { outcomeOf } from '../../decide/ledger.ts';
import { standingChanges } from '../../decide/run.ts';
import { findCondition } from '../../kube/conditions.ts';
import { parseTime } from '../../kube/time.ts';
import { isResolved } from '../incident/progress.ts';
import { needsSeal } from '../../audit/seal.ts';
import { isLasting } from '../remediation/lasting.ts';

/** As many at most are kept for no other reason than that a person could still have them undone: the newest. */
export const undoableKept = 100;

export interface HistoryFacts {
  /** Of one plan, or of plans of one name that are gone. */
  readonly remediations: readonly Remediation[];
  readonly incidentOf: (remediation: Remediation) => Incident | undefined;
  readonly historyLimit: number;
  /** Those that ended longer ago are not kept, however few they are. */
  readonly historyMaxAgeSeconds?: number | undefined;
  /** So long after its end what was done still counts for a guard. */
  readonly rememberSeconds: number;
  /** Whether the last one that helped is kept: failures before it do not count any more. */
  readonly keepsLastHelped: boolean;
  readonly nowMs: number;
}

/**
 * The Remediations of a plan that are not kept any longer, oldest first. Beyond the limit these are kept anyway: what is
 * not finished, not sealed or still to be undone, what belongs to an active Incident, what the guards must remember (the
 * cooldown of its target, starts that count in a stretch of time, failures for as long as they count as attempts at the
 * same trouble, and the success that ended a row of them), and the newest of which something stands that a person could
 * have undone: with the record would go the way back.
 */
export function outdated({
  remediations,
  incidentOf,
  historyLimit,
  historyMaxAgeSeconds = Infinity,
  rememberSeconds,
  keepsLastHelped,
  nowMs,
}: HistoryFacts): Remediation[] {
  const finishedMs = ({ status }: Remediation): number => parseTime(status?.finishedTime) ?? nowMs;
  const helped = remediations.filter((each) => outcomeOf(each) === 'Helped');
  const lastHelped = keepsLastHelped ? helped.toSorted((a, b) => finishedMs(b) - finishedMs(a))[0] : undefined;
  const undoable = new Set(
    remediations
      .filter(isUndoable)
      .toSorted((a, b) => finishedMs(b) - finishedMs(a))
      .slice(0, undoableKept),
  );
  const isNeeded = (remediation: Remediation): boolean => {
    const { conditions } = remediation.status ?? {};
    if (!isLasting(remediation) || needsSeal(remediation)) return true;
    if (undoable.has(remediation)) return true;
    const incident = incidentOf(remediation);
    if (incident !== undefined && !isResolved(incident)) return true;
    const ageMs = nowMs - finishedMs(remediation);
    const failed =
      findCondition(conditions, 'Succeeded')?.status === 'False' && remediation.status?.startedTime !== undefined;
    return remediation === lastHelped || ageMs < rememberSeconds * 1000 || (failed && ageMs < chainMs);
  };
  const finished = remediations
    .filter((remediation) => isFinished(remediation) && remediation.metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => finishedMs(a) - finishedMs(b));
  const tooMany = Math.max(0, finished.length - historyLimit);
  const oldestMs = nowMs - historyMaxAgeSeconds * 1000;
  return finished
    .filter((remediation, index) => index < tooMany || finishedMs(remediation) < oldestMs)
    .filter((remediation) => !isNeeded(remediation));
}

/** Whether something that it changed stands, and could be taken back. */
export const isUndoable = ({ spec, status }: Remediation): boolean =>
  spec.steps.some(({ name, action }) => {
    const step = status?.steps?.find((each) => each.name === name);
    const stands = step !== undefined && standingChanges({ status: step }).some((change) => !isDeletion(change));
    return stands && actionOf(action).reversible;
  });
