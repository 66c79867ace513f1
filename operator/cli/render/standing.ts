/** Where a Remediation stands, in one word and one sentence: from its conditions alone. */
import type { Remediation } from '../../../crds/remediation.ts';
import { reasons } from '../../decide/reasons.ts';
import type { Condition } from '../../kube/api.ts';
import { findCondition } from '../../kube/conditions.ts';
import type { Tone } from './view.ts';

/** What a Remediation is doing, or how it ended. */
export interface Standing {
  /** One word: `Blocked`, `AwaitingApproval`, `Running`, `Verifying`, `Undoing`, `Pending`, or the reason of its end. */
  readonly word: string;
  readonly tone: Tone;
  readonly why: string;
  /** When that may change by itself, if it is known. */
  readonly until?: string | undefined;
  /** Whether it goes on: not ended, or with something still to be taken back. */
  readonly isOpen: boolean;
}

const openUndos: ReadonlySet<string> = new Set([
  reasons.undoing,
  reasons.undoFailed,
  reasons.scheduled,
  reasons.postponed,
]);

/** Whether the outcome is known. */
export const hasEnded = ({ status }: Remediation): boolean =>
  (findCondition(status?.conditions, 'Succeeded')?.status ?? 'Unknown') !== 'Unknown';

/** Where it stands now. */
export function standingOf(remediation: Remediation): Standing {
  const { status, spec } = remediation;
  const condition = (type: string): Condition | undefined => findCondition(status?.conditions, type);
  const [undone, blocked, approved, verified] = ['Undone', 'Blocked', 'Approved', 'Verified'].map(condition);
  const message = (of: Condition | undefined, otherwise: string): string => of?.message || otherwise;
  if (undone?.reason === reasons.undoing) {
    return { word: 'Undoing', tone: 'warn', why: message(undone, 'it is being taken back'), isOpen: true };
  }
  if (undone?.reason === reasons.undoFailed) {
    return { word: 'UndoFailed', tone: 'bad', why: message(undone, 'it could not be taken back'), isOpen: true };
  }
  const succeeded = condition('Succeeded');
  if (succeeded !== undefined && succeeded.status !== 'Unknown') {
    const isOpen = openUndos.has(undone?.reason ?? '');
    const why = isOpen ? `${succeeded.message}; ${message(undone, '')}` : succeeded.message;
    return { word: succeeded.reason, tone: succeeded.status === 'True' ? 'good' : 'bad', why, isOpen };
  }
  if (blocked?.status === 'True') {
    const until = status?.guards?.find(({ passed }) => !passed)?.until;
    return { word: 'Blocked', tone: 'bad', why: message(blocked, 'a guard does not pass'), until, isOpen: true };
  }
  if (approved?.status === 'Unknown') {
    const why = message(approved, 'a person has to approve it');
    return { word: 'AwaitingApproval', tone: 'warn', why, isOpen: true };
  }
  if (verified?.status === 'Unknown') {
    return { word: 'Verifying', tone: 'warn', why: message(verified, 'the target must stay well'), isOpen: true };
  }
  if (status?.startedTime !== undefined) {
    const step = status.steps?.find(({ state }) => state === 'Prepared' || state === 'Pending');
    const isHeld = succeeded?.reason === reasons.disruptionBudget;
    const why =
      step === undefined || isHeld
        ? message(succeeded, 'under way')
        : `step ${step.name}: ${step.message ?? step.state}`;
    return { word: 'Running', tone: 'warn', why, isOpen: true };
  }
  const nobody = `nobody has taken it up yet: is the operator running? (mode ${spec.mode})`;
  return {
    word: 'Pending',
    tone: 'dim',
    why: status === undefined ? nobody : message(succeeded, 'not begun'),
    isOpen: true,
  };
}
