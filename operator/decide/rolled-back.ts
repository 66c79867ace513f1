/**
 * What was rolled back and did not help is not rolled forward again by the next attempt: the template that an earlier
 * Remediation has replaced, and that stays replaced, is none to go back to for a day. Otherwise two that do not work would
 * be exchanged for each other again and again.
 */
import type { RecordedChange } from '../../crds/remediation.ts';
import type { Change } from '../actions/action.ts';
import { sameJson, valueOf } from '../actions/json.ts';
import { chainMs, startedMs } from './chain.ts';
import { ledgerOf } from './ledger.ts';
import type { Run, Step } from './run.ts';

/** Ends a step before it is made when it would put back what an earlier Remediation has rolled back. */
export function leaveRolledBack(run: Run, step: Step, changes: readonly Change[]): boolean {
  if (step.action.name !== 'rolloutUndo') return false;
  const by = changes.map((change) => replacedBy(run, change)).find((name) => name !== undefined);
  if (by !== undefined)
    run.finish(step, 'Failed', `RolledBackAlready: ${step.action.name} would bring back what ${by} has rolled back`);
  return by !== undefined;
}

/** The Remediation that has replaced this very value, within a day. */
function replacedBy({ world, remediation, nowMs }: Run, { object, path, to }: Change): string | undefined {
  const replaces = (earlier: RecordedChange): boolean =>
    earlier.object.uid === object.uid &&
    earlier.path === path &&
    earlier.undo?.state !== 'Done' &&
    sameJson(valueOf(earlier.from), valueOf(to));
  return ledgerOf(world.remediations ?? [])
    .related(remediation.spec.target)
    .filter((other) => nowMs - (startedMs(other) ?? -Infinity) < chainMs)
    .find((other) =>
      (other.status?.steps ?? []).some(
        ({ state, changes = [] }) => (state === 'Applied' || state === 'Failed') && changes.some(replaces),
      ),
    )?.metadata.name;
}
