/**
 * Taking back what a Remediation did: on somebody's wish, after a failure, on time after recovery, and before the record
 * is deleted. No guard, pause or budget is asked. The latest change comes first; each is a three-way decision (revert.ts)
 * that is repeated until reading shows the field as it was, so that a crash in between repeats nothing.
 */
import type { RecordedChange } from '../../crds/remediation.ts';
import { isDeletion, type Change } from '../actions/action.ts';
import { readOf } from '../actions/fields.ts';
import { shownPath } from '../actions/json.ts';
import { describeRead } from '../actions/live.ts';
import { revert, type Reversal } from '../actions/revert.ts';
import type { Decision } from './decision.ts';
import { giverOf, isUncovered, layerOf, restorerOf } from './layers.ts';
import { reasons } from './reasons.ts';
import { isTemporary, retryAtMs, retryMs } from './outcome.ts';
import { inFlightMs, standingChanges, standingReads, waitUntil, type Run, type Step } from './run.ts';
import { parseTime, toTime } from './time.ts';
import { isDue, nextUndoMs, undoAtMs, withFailed } from './undo-due.ts';
import { isOpen, refusedRetryAtMs, report, settle, settleAll, type Settled } from './undo-record.ts';

/** How often it is looked whether another Remediation has taken back what it did on top of us. */
const coveredRetryMs = 5000;
/** What cannot be read for so long is given up for now, so that it does not hold up the steps before. */
const unreadableMs = 30_000;
/** What is under way for so long no longer holds up the steps before, either. */
const underwayMs = 600_000;

/** Begins what is due, and goes on with what was begun. Undefined when there is nothing to take back now. */
export function takingBack(run: Run): Decision | undefined {
  follow(run);
  beginIfDue(run);
  const step = run.steps.findLast((candidate) => isOpenStep(run, candidate) && !isUnderLater(run, candidate));
  if (step !== undefined) return takeBackStep(run, step);
  const undone = run.draft.condition('Undone')?.reason;
  if (undone === reasons.undoing || undone === reasons.undoFailed) report(run);
  if (run.isConcluded) run.end();
  return undefined;
}

/** What was left to another Remediation on top of us is ours again when that one has given it back: it is decided anew. */
function follow(run: Run): void {
  const { context, world, draft } = run;
  const changes = run.steps
    .flatMap(({ status }) => status.changes ?? [])
    .filter(
      (change) =>
        change.undo?.state === 'Superseded' &&
        isUncovered(context.manager, change, change.undo.supersededBy, world.remediations),
    );
  const [first] = changes;
  if (first === undefined) return;
  const why = `${first.undo?.supersededBy} has taken back what it did on top`;
  for (const change of changes) change.undo = { state: 'Pending', time: draft.now, message: why };
  draft.set('Undone', 'Unknown', reasons.undoing, why);
  draft.note(`undoing: ${why}`);
}

/** Marks what these steps did to be taken back; the next question begins with it. */
export function takeBack(run: Run, steps: readonly Step[], why: string): void {
  for (const { status } of steps) {
    if (status.state === 'Prepared')
      Object.assign(status, { state: 'Failed', finishedTime: run.draft.now, message: why });
  }
  const changes = steps.flatMap(standingChanges);
  if (changes.length === 0) {
    if (steps.some(({ status }) => status.changes?.some(({ undo }) => undo?.state === 'Superseded'))) report(run);
    else run.draft.set('Undone', 'True', reasons.nothingToUndo, 'nothing had been changed');
    return;
  }
  for (const change of changes) change.undo = { state: 'Pending', time: run.draft.now, message: why };
  run.draft.set('Undone', 'Unknown', reasons.undoing, why);
  run.draft.note(`undoing: ${why}`);
  run.tell({ type: 'Normal', reason: reasons.undoing, action: 'Undo', note: `${run.target}: ${why}` });
}

function beginIfDue(run: Run): void {
  const { spec, metadata } = run.remediation;
  const undone = run.draft.condition('Undone')?.reason;
  const decided = undone !== undefined && undone !== reasons.scheduled && undone !== reasons.postponed;
  const standing = run.steps.some((step) => standingChanges(step).length > 0);
  if (spec.undoRequested !== undefined && (standing || !decided || !run.isConcluded)) {
    const { by, reason } = spec.undoRequested;
    run.conclude('False', reasons.undoRequested, `${by} asked to undo it: ${reason}`);
    // What has been taken back, or could not be, stays as it is: no further step begins.
    if (standing || !decided) takeBack(run, run.steps, `${by} asked for it: ${reason}`);
  } else if (metadata.deletionTimestamp !== undefined && standing) {
    // What is lasting by the plan stays; what was to be taken back later is taken back now.
    const steps = run.isFinished ? run.steps.filter((step) => undoAtMs(run, step) !== undefined) : run.steps;
    run.conclude('False', reasons.deleted, 'it was deleted before its end');
    if (steps.length > 0) takeBack(run, steps, 'the Remediation is deleted');
  } else schedule(run);
}

/** What waits for recovery waits while the target fires again; what is for a time only does not. */
function schedule(run: Run): void {
  const atMs = nextUndoMs(run);
  if (atMs === undefined) {
    // What was to be taken back has gone under what stays.
    if (run.draft.condition('Undone')?.reason === reasons.scheduled) run.draft.drop('Undone');
    return;
  }
  const due = run.steps.filter((step) => isDue(run, step));
  const ripe = (when: 'Elapsed' | 'Recovered') =>
    withFailed(
      run,
      due.filter(({ spec }) => spec.undo?.when === when),
    );
  const firesAgain = run.world.verdict.state === 'Firing';
  if (ripe('Elapsed').length > 0) takeBack(run, ripe('Elapsed'), 'its time is over');
  else if (due.length > 0 && !firesAgain) takeBack(run, ripe('Recovered'), 'the target has recovered');
  else if (due.length > 0)
    run.draft.set('Undone', 'False', reasons.postponed, 'the target fires again: it is taken back when that is over');
  else if (refusedRetryAtMs(run) === undefined) {
    const when = atMs === Infinity ? 'once the target has recovered' : `at ${toTime(atMs)}`;
    run.draft.set('Undone', 'False', reasons.scheduled, `is taken back ${when}`);
  }
}

function takeBackStep(run: Run, step: Step): Decision | undefined {
  const { action } = step;
  const open = (step.status.changes ?? []).filter((change) => isOpen(change, run.nowMs));
  const missing = run.read(standingReads(run, step, open));
  if (missing !== undefined) return missing;
  const restoring: { readonly record: RecordedChange; readonly change: Change }[] = [];
  let laterMs = run.nowMs + retryMs;
  const settled: Settled[] = [];
  for (const record of open.toReversed()) {
    const reversal = unlessOnTop(run, record, revert(action, record, run.world.live, run.context));
    if (reversal.is === 'Unreadable') leaveUnread(run, record, reversal.message);
    else if (reversal.is === 'Underway') leaveUnderway(run, record, reversal.message);
    else if (reversal.is === 'Restore') restoring.push({ record, change: reversal.change });
    else if (reversal.is === 'AlreadyThere') {
      const certainMs = certainAtMs(run, step, record);
      if (wasPerhapsReadBefore(run, record)) laterMs = run.nowMs + retryMs;
      else if (run.nowMs >= certainMs)
        settled.push({ record, state: 'Done', message: reversal.message ?? 'it is as before' });
      else laterMs = certainMs;
    } else if (reversal.is === 'Superseded' && isCovered(run, record, reversal.by)) {
      laterMs = run.nowMs + coveredRetryMs;
      record.undo = {
        ...record.undo,
        state: 'Pending',
        message: `waits until ${reversal.by} takes back what it did on top`,
      };
    } else if (reversal.is === 'Irreversible')
      settled.push({ record, state: 'Irreversible', message: reversal.message });
    else settled.push({ record, state: 'Superseded', message: reversal.message, by: reversal.by });
  }
  settleAll(run, settled);
  if (restoring.length === 0) return afterSettling(run, step, laterMs);
  const { outcome } = run.world;
  const refusal = outcome?.ok === true ? 'the write was accepted and had no effect' : outcome?.message;
  if (outcome !== undefined && refusal !== undefined && (outcome.ok || !isTemporary(outcome))) {
    for (const { record } of restoring) settle(run, record, { state: 'Failed', message: refusal });
    return afterSettling(run, step, laterMs);
  }
  const againMs = outcome?.ok === false ? retryAtMs(outcome, run.nowMs) : undefined;
  if (againMs !== undefined) return waitUntil(againMs);
  const changes = restoring.map(({ change }) => change);
  return {
    do: 'Write',
    purpose: 'Undo',
    step: step.spec.name,
    requests: action.requests(changes, run.world.live, run.context),
    dryRun: false,
    serviceAccountName: run.remediation.spec.serviceAccountName,
  };
}

/** What could not be read is asked again soon, and after a while as seldom as what was refused. */
function leaveUnread(run: Run, record: RecordedChange, why: string): void {
  const message = `could not be read: ${why}`;
  const beganMs = parseTime(record.undo?.time) ?? 0;
  if (run.nowMs >= beganMs + unreadableMs) settle(run, record, { state: 'Failed', message });
  else record.undo = { ...record.undo, state: 'Pending', message };
}

/** What takes its time is waited for, and after a while as seldom as what was refused. */
function leaveUnderway(run: Run, record: RecordedChange, message: string): void {
  const beganMs = parseTime(record.undo?.time) ?? 0;
  if (run.nowMs >= beganMs + underwayMs) settle(run, record, { state: 'Failed', message });
  else record.undo = { ...record.undo, state: 'Pending', message };
}

/** What is as before by another Remediation's doing is that one's value, on top of ours. */
function unlessOnTop(run: Run, record: RecordedChange, reversal: Reversal): Reversal {
  const by =
    reversal.is === 'AlreadyThere' ? restorerOf(run.context.manager, record, run.world.remediations) : undefined;
  if (by === undefined) return reversal;
  return {
    is: 'Superseded',
    by,
    message: `${shownPath(record.path)} of ${describeRead(readOf(record))} was set by ${by}`,
  };
}

/**
 * Who was on top of us has given our value back, and it is not there: it may have been read before that, and is read once
 * more. After our own restoring write it is as that has left it.
 */
function wasPerhapsReadBefore(run: Run, record: RecordedChange): boolean {
  const { world, context } = run;
  const giver = world.outcome?.ok === true ? undefined : giverOf(context.manager, record, world.remediations);
  if (giver === undefined) return false;
  const message = `is read once more, since ${giver} has taken back what it did on top`;
  // What was noted in an earlier run was followed by reading.
  if (record.undo?.message === message && !world.fresh) return false;
  record.undo = { ...record.undo, state: 'Pending', message };
  return true;
}

/** Whether another Remediation has changed the field on top of us and is still to take that back: it goes first. */
function isCovered(run: Run, record: RecordedChange, by: string | undefined): boolean {
  const layer = layerOf(run.context.manager, record, by, run.world.remediations);
  return layer === 'Passing' || layer === 'Unknown';
}

/**
 * When a field that is as before will stay so: at once after a step that was seen done, or after our own restoring write;
 * else the write of the step may still be on its way.
 */
const certainAtMs = (run: Run, { status }: Step, record: RecordedChange): number =>
  status.state === 'Applied' || (run.world.outcome?.ok === true && !isDeletion(record))
    ? run.nowMs
    : (parseTime(record.undo?.time) ?? 0) + inFlightMs;

/** On with the report when this was the last step; else what was found is saved first, and what is left is tried again. */
function afterSettling(run: Run, step: Step, laterMs: number): Decision | undefined {
  if (!run.steps.some((each) => isOpenStep(run, each))) return takingBack(run);
  return waitUntil(isOpenStep(run, step) ? laterMs : run.nowMs);
}

const isOpenStep = (run: Run, { status }: Step): boolean =>
  status.changes?.some((change) => isOpen(change, run.nowMs)) === true;

/** Whether a later step has changed a field of this one too, and its change is not taken back yet: that comes first. */
function isUnderLater(run: Run, step: Step): boolean {
  const later = run.steps.slice(run.steps.indexOf(step) + 1).flatMap(({ status }) => status.changes ?? []);
  return later.some(
    ({ object, path, undo }) =>
      (undo?.state === 'Pending' || undo?.state === 'Failed') &&
      step.status.changes?.some((change) => change.object.uid === object.uid && change.path === path) === true,
  );
}
