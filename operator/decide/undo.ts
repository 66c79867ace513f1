/**
 * Taking back what a Remediation did: on somebody's wish, after a failure, on time after recovery, and before the record
 * is deleted. No guard, pause or budget is asked. The latest change comes first; each is a three-way decision (revert.ts)
 * that is repeated until reading shows the field as it was, so that a crash in between repeats nothing.
 */
import type { RecordedChange } from '../../crds/remediation.ts';
import { isDeletion, type Change } from '../actions/action.ts';
import { isOutside } from '../actions/call.ts';
import { readOf } from '../actions/fields.ts';
import { shownPath } from '../actions/json.ts';
import { describeRead } from '../actions/live.ts';
import { revert, type Reversal } from '../actions/revert.ts';
import { clip } from './clip.ts';
import type { Decision } from './decision.ts';
import { isUncovered, layerOf, restorerOf } from './layers.ts';
import { reasons } from './reasons.ts';
import { isTemporary, retryAtMs, retryMs } from './outcome.ts';
import { about, inFlightMs, standingChanges, standingReads, waitUntil, type Run, type Step } from './run.ts';
import { parseTime, toTime } from './time.ts';

/** How often it is looked whether another Remediation has taken back what it did on top of us. */
const coveredRetryMs = 5000;
/** What cannot be read for so long is given up for now, so that it does not hold up the steps before. */
const unreadableMs = 30_000;
/** What is under way for so long no longer holds up the steps before, either. */
const underwayMs = 600_000;
/** How long after a refusal undoing is tried again. */
const refusedRetryMs = 60_000;

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

/** When the next step is to be taken back by itself; Infinity: once the target has recovered; undefined when none is. */
export const nextUndoMs = (run: Run): number | undefined => {
  const times = run.steps.map((step) => dueMs(run, step)).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
};

/** When a step is to be taken back by itself, which is not before the later ones that have changed a field of it. */
function dueMs(run: Run, step: Step): number | undefined {
  const ownMs = undoAtMs(run, step);
  if (ownMs === undefined) return undefined;
  return Math.max(ownMs, ...onTopOf(run, step).map((later) => undoAtMs(run, later) ?? -Infinity));
}

function undoAtMs(run: Run, step: Step): number | undefined {
  const { undo } = step.spec;
  if (undo === undefined || standingChanges(step).length === 0 || isUnderLasting(run, step)) return undefined;
  switch (undo.when) {
    case 'Never':
      return undefined;
    case 'Elapsed': {
      const doneMs = parseTime(step.status.finishedTime);
      return doneMs === undefined ? undefined : doneMs + undo.afterSeconds * 1000;
    }
    case 'Recovered':
      return run.isConcluded ? (recoveredMs(run) ?? Infinity) + undo.afterSeconds * 1000 : undefined;
  }
}

/** When the target was verified as healthy; else, after the end, when its Incident was over, however that came. */
function recoveredMs(run: Run): number | undefined {
  const verified = run.draft.condition('Verified');
  if (verified?.status === 'True') return parseTime(verified.lastTransitionTime);
  const finishedMs = parseTime(run.status.finishedTime);
  const { resolvedMs } = run.world;
  return finishedMs === undefined || resolvedMs === undefined ? undefined : Math.max(finishedMs, resolvedMs);
}

function beginIfDue(run: Run): void {
  const { spec, metadata } = run.remediation;
  const undone = run.draft.condition('Undone')?.reason;
  const decided = undone !== undefined && undone !== reasons.scheduled && undone !== reasons.postponed;
  const standing = run.steps.some((step) => standingChanges(step).length > 0);
  if (spec.undoRequested !== undefined && (standing || !decided)) {
    const { by, reason } = spec.undoRequested;
    run.conclude('False', reasons.undoRequested, `${by} asked to undo it: ${reason}`);
    takeBack(run, run.steps, `${by} asked for it: ${reason}`);
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
  const due = run.steps.filter((step) => (dueMs(run, step) ?? Infinity) <= run.nowMs && !isCoveredByLater(run, step));
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

/** Whether a later step that is to be taken back by itself as well has changed a field of this one: that one goes first. */
const isCoveredByLater = (run: Run, step: Step): boolean =>
  onTopOf(run, step).some((later) => undoAtMs(run, later) !== undefined);

/** Whether a later step has changed a field of this one and stays: taking this one back would change nothing. */
const isUnderLasting = (run: Run, step: Step): boolean =>
  onTopOf(run, step).some(
    (later) =>
      later.status.state !== 'Failed' && standingChanges(later).length > 0 && undoAtMs(run, later) === undefined,
  );

/** These steps, and those on top of them that failed: whatever they did, it is not to stay. */
const withFailed = (run: Run, steps: readonly Step[]): Step[] =>
  run.steps.filter(
    (step) =>
      steps.includes(step) ||
      (step.status.state === 'Failed' && steps.some((below) => onTopOf(run, below).includes(step))),
  );

/** The later steps that have changed a field of this one. */
const onTopOf = (run: Run, step: Step): Step[] =>
  run.steps.slice(run.steps.indexOf(step) + 1).filter((later) => share(step, later));

/** Whether two steps have changed the same field of the same object. */
const share = ({ status: a }: Step, { status: b }: Step): boolean =>
  a.changes?.some(({ object, path }) =>
    b.changes?.some((other) => other.object.uid === object.uid && other.path === path),
  ) === true;

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
      if (run.nowMs >= certainMs)
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

interface Result {
  readonly state: 'Done' | 'Superseded' | 'Irreversible' | 'Failed';
  readonly message: string;
  readonly by?: string | undefined;
}

interface Settled extends Result {
  readonly record: RecordedChange;
}

/** Of a node's many pods one line tells what is the same for all. */
function settleAll(run: Run, settled: readonly Settled[]): void {
  const isOne = ({ record }: Settled): boolean => !isDeletion(record);
  for (const { record, ...result } of settled.filter(isOne)) settle(run, record, result);
  const alike = Map.groupBy(
    settled.filter((each) => !isOne(each)),
    ({ state, message }) => `${state} ${message}`,
  );
  for (const [first, ...others] of alike.values()) {
    if (first === undefined) continue;
    const { record, ...result } = first;
    settle(run, record, result, others.length);
    for (const other of others) other.record.undo = { ...record.undo, state: result.state };
  }
}

function settle(run: Run, record: RecordedChange, { state, message, by }: Result, others = 0): void {
  const isNews = record.undo?.state !== state || record.undo.message !== clip(message);
  record.undo = { state, time: run.draft.now, message, ...(by === undefined ? {} : { supersededBy: by }) };
  if (!isNews) return;
  const part = isDeletion(record) ? 'deletion' : record.path === '' ? 'creation' : shownPath(record.path);
  const object = describeRead(readOf(record));
  const more = others === 0 ? '' : ` and ${others} more`;
  // Most of what is said of a field, or of what was made, begins with its name.
  const name = record.path === '' ? object : `${part} of ${object}`;
  const why = message.startsWith(`${name} `) ? `it${message.slice(name.length)}` : message;
  const what = isOutside(record) ? object : `${part} of ${object}`;
  const note = `undo of ${what}${more}: ${state.toLowerCase()}, ${why}`;
  run.draft.note(note);
  const type = state === 'Done' ? 'Normal' : 'Warning';
  run.tell({ type, reason: `Undo${state}`, action: 'Undo', note, ...about([record]) });
}

/** To be decided now: begun, or refused a while ago. */
function isOpen({ undo }: RecordedChange, nowMs: number): boolean {
  if (undo?.state === 'Pending') return true;
  return undo?.state === 'Failed' && nowMs >= (parseTime(undo.time) ?? 0) + refusedRetryMs;
}

/** The condition `Undone`, from what became of every change. */
function report(run: Run): void {
  const changes = run.steps.flatMap(({ status }) => status.changes ?? []);
  const of = (state: string) => changes.filter(({ undo }) => undo?.state === state);
  const messages = (state: string) => [...new Set(of(state).map(({ undo }) => undo?.message))].join('; ');
  if (of('Failed').length > 0) run.draft.set('Undone', 'False', reasons.undoFailed, messages('Failed'));
  else if (nextUndoMs(run) !== undefined) return;
  else if (of('Irreversible').length > 0) {
    const restored = of('Done').filter((change) => !isDeletion(change)).length;
    const rest =
      restored === 0 ? '' : `; ${restored === 1 ? 'the other change is' : `${restored} other changes are`} as before`;
    const lasting = of('Irreversible').length;
    const count = lasting === 1 ? '' : `${lasting} changes: `;
    run.draft.set('Undone', 'False', reasons.irreversible, `${count}${messages('Irreversible')}${rest}`);
  } else if (of('Superseded').length > 0) {
    run.draft.set('Undone', 'True', reasons.superseded, messages('Superseded'));
  } else run.draft.set('Undone', 'True', reasons.undone, 'everything is as before');
}

/** When a refused undo is tried again; undefined when none was refused. */
export function refusedRetryAtMs(run: Run): number | undefined {
  const failed = run.steps
    .flatMap(({ status }) => status.changes ?? [])
    .flatMap(({ undo }) => (undo?.state === 'Failed' ? [parseTime(undo.time) ?? 0] : []));
  return failed.length === 0 ? undefined : Math.min(...failed) + refusedRetryMs;
}
