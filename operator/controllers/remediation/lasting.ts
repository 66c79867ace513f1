import type { Remediation } from '../../../crds/remediation.ts';
import { isFinished } from '../../decide/budget.ts';
import { reasons } from '../../decide/reasons.ts';
import { findCondition } from '../../kube/conditions.ts';

const stillToUndo = new Set<string | undefined>([
  reasons.scheduled,
  reasons.postponed,
  reasons.undoing,
  reasons.undoFailed,
]);

/** Whether it is over for good: finished, and nothing that it did is still to be taken back by itself. */
export const isLasting = (remediation: Remediation): boolean =>
  isFinished(remediation) && !stillToUndo.has(findCondition(remediation.status?.conditions, 'Undone')?.reason);
