/**
 * What GitOps has put back. It would put it back again, so trying on helps nobody: the change is left to it, the
 * Remediation ends with `RevertedByGitOps` and what to add where, and the field is not touched again for a day.
 */
import type { RecordedChange } from '../../crds/remediation.ts';
import type { Change } from '../actions/action.ts';
import { liveObject, readOf } from '../actions/fields.ts';
import { gitOpsRemedy } from '../actions/gitops.ts';
import { shownPath } from '../actions/json.ts';
import { describeRead, type Read } from '../actions/live.ts';
import { describeOwner, ownersOf } from '../actions/ownership.ts';
import { chainMs, finishedMs } from './chain.ts';
import { ledgerOf } from './ledger.ts';
import { reasons } from './reasons.ts';
import { about, standingChanges, type Run, type Step } from './run.ts';
import { parseTime } from './time.ts';

/** Owners' times are whole seconds. */
const second = 1000;

const fieldsOf = (step: Step): RecordedChange[] => standingChanges(step).filter(({ path }) => path !== '');

/** What must be read to tell what was put back. */
export const revertReads = (run: Run): Read[] => run.steps.flatMap((step) => fieldsOf(step).map(readOf));

/**
 * Whether what was changed is kept by GitOps: its field manager had put there what was there, or the plan changes what
 * GitOps manages. Of anything else it is not worth to look again and again.
 */
export const mayBePutBack = (run: Run): boolean =>
  run.steps.some((step) =>
    fieldsOf(step).some(
      (change) =>
        run.world.plan?.spec.guards.gitOps === 'Ignore' ||
        change.fromManagers?.some((manager) => gitOpsRemedy(manager, change) !== undefined),
    ),
  );

/** Notes which changes GitOps has put back, from what was read. They are its own now and are not taken back. */
export function noteReverts(run: Run): void {
  for (const step of run.steps) {
    const startedMs = parseTime(step.status.startedTime) ?? Infinity;
    for (const change of fieldsOf(step)) {
      const found = liveObject(change, run.world.live);
      if (found.is !== 'Found' || step.action.inspect(change, run.world.live, run.context).is === 'Ours') continue;
      const by = ownersOf(found.object, change.path).find(
        ({ manager, time }) =>
          gitOpsRemedy(manager, change) !== undefined && (parseTime(time) ?? 0) + second > startedMs,
      );
      if (by === undefined) continue;
      const message = `${describeOwner(by)} put it back`;
      change.undo = { state: 'Superseded', time: run.draft.now, message, supersededBy: by.manager };
      const note = `${describe(change)}: ${message}`;
      run.draft.note(note);
      run.tell({ type: 'Warning', reason: reasons.revertedByGitOps, action: 'Verify', note, ...about([change]) });
    }
  }
}

/** What GitOps put back of what this Remediation did, with what to do about it; undefined when nothing. */
export function revertedMessage({ steps }: Run): string | undefined {
  const told = steps.flatMap(({ status }) =>
    (status.changes ?? []).flatMap((change) => {
      const { supersededBy } = change.undo ?? {};
      const remedy = gitOpsRemedy(supersededBy, change);
      return remedy === undefined ? [] : `${describe(change)} was put back by ${supersededBy}; add ${remedy}`;
    }),
  );
  return told.length === 0 ? undefined : `Git decides, and it is not fought over: ${told.join('; ')}`;
}

/** Ends a step before it is made when an earlier Remediation has told, within a day, that GitOps puts it back. */
export function leaveToGitOps(run: Run, step: Step, changes: readonly Change[]): boolean {
  const why = earlierRevert(run, changes);
  if (why !== undefined) run.finish(step, 'Failed', `${reasons.revertedByGitOps}: ${why}`);
  return why !== undefined;
}

/** Whether a step has ended like that. */
export const isLeftToGitOps = ({ status }: Step): boolean =>
  status.message?.startsWith(`${reasons.revertedByGitOps}: `) === true;

function earlierRevert(run: Run, changes: readonly Change[]): string | undefined {
  if (run.world.remediations === undefined) return undefined;
  for (const other of ledgerOf(run.world.remediations).reverted()) {
    if (run.nowMs >= (finishedMs(other) ?? run.nowMs) + chainMs) continue;
    for (const earlier of (other.status?.steps ?? []).flatMap((step) => step.changes ?? [])) {
      const change = changes.find(({ object, path }) => object.uid === earlier.object.uid && path === earlier.path);
      const remedy = change && gitOpsRemedy(earlier.undo?.supersededBy, change);
      if (change === undefined || remedy === undefined) continue;
      return `${describe(change)} was put back by ${earlier.undo?.supersededBy} when ${other.metadata.name} had changed it; add ${remedy}`;
    }
  }
  return undefined;
}

const describe = (change: Change): string => `${shownPath(change.path)} of ${describeRead(readOf(change))}`;
