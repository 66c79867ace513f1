/** The steps, one after the other. */
import type { Standing } from '../actions/action.ts';
import { hostNotAllowed, isOutside } from '../actions/call.ts';
import { managersNow, readOf } from '../actions/fields.ts';
import { sameJson } from '../actions/json.ts';
import { answerTo } from '../actions/live.ts';
import type { RecordedChange } from '../../crds/remediation.ts';
import { stoppedBy } from './approval.ts';
import { counting, noteFailedCalls, uncounted } from './calls.ts';
import { guardReads } from './guard.ts';
import type { Decision, Failure } from './decision.ts';
import { describeWaiting, dueMs, endEarly, forgetWaiting, goFurther, noteRefusals } from './gradual.ts';
import { layerOf } from './layers.ts';
import { takeLease } from './leasing.ts';
import { reasons, type Reason } from './reasons.ts';
import { isLeftToGitOps, leaveToGitOps, noteReverts, revertedMessage } from './reverted.ts';
import { isTemporary, retryAtMs, retryMs } from './outcome.ts';
import { about, inFlightMs, standingChanges, standingReads, waitUntil, type Run, type Step } from './run.ts';
import { block, check } from './start.ts';
import { parseTime } from './time.ts';
import { takeBack } from './undo.ts';
import { giveUp } from './verify.ts';

/** Whether the stream has been read is looked at again so often; we are told of it, too. */
const unreadRetryMs = 1000;
/** How often the effect of a step is looked for. */
const effectRetryMs = 1000;

export function stepping(run: Run): Decision | undefined {
  if (run.draft.condition('Applied')?.status !== 'Unknown') return undefined;
  for (const step of run.steps) {
    const decision = step.status.state === 'Prepared' ? carryOut(run, step) : begin(run, step);
    if (decision !== undefined) return decision;
    if (step.status.state === 'Failed') return fail(run, step);
  }
  return allDone(run);
}

/** From Pending to Prepared: the changes are written down and not made yet. */
function begin(run: Run, step: Step): Decision | undefined {
  if (step.status.state !== 'Pending') return undefined;
  const needless = whyNotToGoOn(run);
  if (needless !== undefined) {
    run.finish(step, 'Skipped', needless);
    return undefined;
  }
  const missing = run.read([
    ...guardReads(run.remediation, run.world),
    ...step.action.reads(run.context.target, 'Plan'),
  ]);
  if (missing !== undefined) return missing;
  const blocked = blockedUntil(run);
  if (blocked !== undefined) return blocked;
  const plan = step.action.plan(run.world.live, run.context);
  switch (plan.is) {
    case 'Unreadable':
      run.draft.set('Blocked', 'True', reasons.unreadable, plan.message);
      return waitUntil(run.nowMs + retryMs);
    case 'Refused':
      run.finish(step, 'Failed', `${plan.reason}: ${plan.message}`);
      return undefined;
    case 'Nothing':
      run.finish(step, 'Skipped', plan.message);
      return undefined;
    case 'Changes': {
      if (leaveToGitOps(run, step, plan.changes)) return undefined;
      Object.assign(step.status, { state: 'Prepared', startedTime: run.draft.now, message: plan.message });
      step.status.changes = uncounted(plan.changes);
      run.draft.note(`step ${step.spec.name}: ${plan.message}`);
      run.tell({
        type: 'Normal',
        reason: 'Acting',
        action: step.action.name,
        note: plan.message,
        ...about(plan.changes),
      });
      return waitUntil(run.nowMs);
    }
  }
}

/** The guards that are asked before every step; those of the beginning were asked in this very moment. */
function blockedUntil(run: Run, latestMs = Infinity): Decision | undefined {
  // As after a start: that says something of us, and is not worth a word on the record.
  if (run.world.verdict.notRead) return waitUntil(Math.min(run.nowMs + unreadRetryMs, latestMs));
  const failed = check(run, 'Step').filter(({ finding }) => !finding.passed);
  if (failed.length > 0) return waitUntil(Math.min(block(run, failed), latestMs));
  run.draft.set('Blocked', 'False', reasons.admitted, 'all guards passed and it has begun');
  return undefined;
}

/** Why a step that has not been made is not made any more. */
function whyNotToGoOn(run: Run): string | undefined {
  const stopped = stoppedBy(run.remediation);
  if (stopped !== undefined) return stopped.message;
  return run.world.verdict.state === 'Clear' ? 'the target has recovered' : undefined;
}

/** From Prepared to Applied. What is there decides what was made, not what we remember. */
function carryOut(run: Run, step: Step): Decision | undefined {
  const changes = standingChanges(step);
  const missing = run.read(standingReads(run, step, changes));
  if (missing !== undefined) return missing;
  const standings = new Map(changes.map((change) => [change, standingOf(run, step, change)]));
  const have = (is: Standing['is']) => changes.filter((change) => standings.get(change)?.is === is);
  const gone = [...standings.values()].find((standing) => standing.is === 'Gone');
  if (gone !== undefined) {
    run.finish(step, 'Failed', `${reasons.targetGone}: ${gone.message}`);
    return undefined;
  }
  if (have('Unreadable').length > 0) return unlessLate(run, step, 'could not be read', run.nowMs + retryMs);
  forgetWaiting(run, have('Ours'), have('NotMade'));
  const other = endEarly(run, step, standings) ?? goFurther(run, step, standings);
  if (other !== undefined) return other === 'Over' ? undefined : other;
  if (have('NotMade').length > 0) return act(run, step, have('NotMade'));
  if (have('Ours').length > 0) return seeEffect(run, step, have('Ours'));
  run.finish(step, 'Failed', `somebody was faster: ${step.status.changes?.[0]?.undo?.message}`);
  return undefined;
}

/** How a change stands; one that another Remediation has covered since is made, and one that is somebody else's is noted. */
function standingOf(run: Run, step: Step, change: RecordedChange): Standing {
  const standing = step.action.inspect(change, run.world.live, run.context);
  if (standing.is === 'Ours') learnUid(run, change);
  if (standing.is !== 'Foreign') return standing;
  const layer = layerOf(run.context.manager, change, standing.by, run.world.remediations);
  if (layer === 'Passing' || layer === 'Lasting') return { is: 'Ours' };
  if (layer === 'Unknown') return { is: 'Unreadable', message: standing.message };
  change.undo = { state: 'Superseded', time: run.draft.now, message: standing.message, supersededBy: standing.by };
  return standing;
}

/** An object that we made gets its uid from the API server; from then on another one of its name is not ours. */
function learnUid(run: Run, change: RecordedChange): void {
  if (change.object.uid !== undefined) return;
  const answer = answerTo(run.world.live, readOf(change));
  if (answer.is === 'Found' && answer.object.metadata.uid !== undefined) change.object.uid = answer.object.metadata.uid;
}

function act(run: Run, step: Step, changes: readonly RecordedChange[]): Decision | undefined {
  const { outcome, fresh } = run.world;
  // What has been refused before was perhaps not asked for.
  const wasAccepted = outcome?.ok === true && changes.some(({ waiting }) => waiting === undefined);
  if (wasAccepted || step.status.madeTime !== undefined) {
    noteReverts(run);
    run.finish(step, 'Failed', 'it was made, and before it had its effect all was as before: somebody took it back');
    return undefined;
  }
  const isCounted = noteFailedCalls(run, changes);
  if (outcome?.ok === false && !isTemporary(outcome)) {
    run.finish(step, 'Failed', refusal(changes, outcome));
    return undefined;
  }
  const needless = dropNeedless(run, step);
  if (needless !== undefined) return needless;
  const isNoted = noteRefusals(run, step, changes) || isCounted;
  const due = changes.filter((change) => dueMs(change) <= run.nowMs);
  const againMs = Math.min(...changes.map(dueMs));
  if (!isLate(run, step) && (isNoted || due.length === 0)) return waitUntil(Math.min(againMs, deadlineMs(step)));
  const laterMs = outcome?.ok === false ? retryAtMs(outcome, run.nowMs) : undefined;
  if (isLate(run, step) || laterMs !== undefined) {
    const isWaiting = changes.some(({ waiting }) => waiting !== undefined);
    const failure = outcome?.ok === false ? outcome.message : 'it was not begun in time';
    return unlessLate(run, step, isWaiting ? describeWaiting(changes) : failure, laterMs ?? run.nowMs);
  }
  noteOwners(run, due);
  // It may have been written down long ago, by an operator that is no more: the guards are asked once more.
  const held = run.read(guardReads(run.remediation, run.world)) ?? blockedUntil(run, deadlineMs(step));
  if (held !== undefined) return held;
  const lease = takeLease(run, changes);
  if (lease !== undefined) return lease;
  if (!fresh) return { do: 'Reload' };
  return {
    do: 'Write',
    purpose: 'Act',
    step: step.spec.name,
    requests: step.action.requests(due, run.world.live, run.context),
    ahead: counting(run, step, due),
    dryRun: false,
    serviceAccountName: run.remediation.spec.serviceAccountName,
  };
}

/** Whose the values are that will be replaced: they may have changed hands since it was written down, and be the same again. */
function noteOwners(run: Run, changes: readonly RecordedChange[]): void {
  for (const change of changes) {
    const managers = managersNow(change, run.world.live);
    if (managers === undefined || sameJson(managers, change.fromManagers ?? [])) continue;
    if (managers.length === 0) delete change.fromManagers;
    else change.fromManagers = managers;
  }
}

/** What has lost its purpose since it was written down is dropped, once no earlier write can be on its way any more. */
function dropNeedless(run: Run, step: Step): Decision | undefined {
  const needless = whyNotToGoOn(run);
  if (needless === undefined) return undefined;
  const certainMs = (parseTime(step.status.startedTime) ?? 0) + inFlightMs;
  const isUncertain = run.world.outcome !== undefined || run.nowMs < certainMs;
  if (isUncertain) return waitUntil(Math.max(certainMs, run.nowMs + retryMs));
  run.finish(step, 'Skipped', needless);
  return waitUntil(run.nowMs);
}

function seeEffect(run: Run, step: Step, changes: readonly RecordedChange[]): Decision | undefined {
  const effect = step.action.effect(changes, run.world.live, run.context);
  if (effect.is === 'Failed') {
    run.finish(step, 'Failed', effect.message);
    return undefined;
  }
  const { is, againMs = effectRetryMs } = effect;
  if (is === 'Pending' && step.action.gradual === undefined) step.status.madeTime ??= run.draft.now;
  if (is === 'Pending') return unlessLate(run, step, effect.message, run.nowMs + againMs);
  run.finish(step, 'Applied', effect.message);
  const note = `${step.status.name}: ${effect.message}`;
  run.tell({ type: 'Normal', reason: 'Applied', action: step.action.name, note, ...about(changes) });
  return undefined;
}

const deadlineMs = (step: Step): number => (parseTime(step.status.startedTime) ?? 0) + step.spec.timeoutSeconds * 1000;
const isLate = (run: Run, step: Step): boolean => run.nowMs >= deadlineMs(step);

/** Waits, at most until the step's time is over; then it has failed. */
function unlessLate(run: Run, step: Step, message: string, atMs: number): Decision | undefined {
  if (!isLate(run, step)) return waitUntil(Math.min(atMs, deadlineMs(step)));
  run.finish(step, 'Failed', `not done within ${step.spec.timeoutSeconds} s: ${message}`);
  return undefined;
}

function fail(run: Run, step: Step): Decision {
  const message = `step ${step.spec.name} failed: ${step.status.message}`;
  const halfDone = step.action.gradual === undefined ? [] : [step];
  const stopped = halfDone.length === 0 ? undefined : stoppedBy(run.remediation);
  if (stopped !== undefined) {
    // Somebody asked to go no further, not to take back what is done: that is for the half-done step only.
    const reason = stopped.wish === 'Denied' ? reasons.denied : reasons.cancelled;
    run.draft.set('Applied', 'False', reason, message);
    run.conclude('False', reason, message);
    takeBack(run, halfDone, message);
    return waitUntil(run.nowMs);
  }
  const [reason, told] = whyFailed(run, step, message);
  run.draft.set('Applied', 'False', reason, told);
  giveUp(run, reason, told, { halfDone });
  return waitUntil(run.nowMs);
}

/** Who refused it, and what they said. */
function refusal(changes: readonly RecordedChange[], { reason, message }: Pick<Failure, 'reason' | 'message'>): string {
  if (reason === hostNotAllowed) return message;
  return `${changes.some(isOutside) ? 'the receiver' : 'the API server'} refused it: ${message}`;
}

/** Who may not do what the API server has just refused, and what to do about it; undefined when it was not that. */
function whatIsForbidden({ world: { outcome }, remediation: { metadata, spec } }: Run): string | undefined {
  if (outcome?.ok !== false || outcome.status !== 403) return undefined;
  if (outcome.reason === hostNotAllowed) return 'whom it may call is said there by the administrator';
  return spec.serviceAccountName === undefined
    ? 'the operator may not do that: grant it by a role and a binding (chart: operator.actions)'
    : `service account ${metadata.namespace}/${spec.serviceAccountName} may not do that: grant it by a role and a binding, or name another account in the plan`;
}

/** The reason that says most, and what to do about it. */
function whyFailed(run: Run, step: Step, message: string): [reason: Reason, message: string] {
  const forbidden = whatIsForbidden(run);
  if (forbidden !== undefined) return [reasons.forbidden, `${message}; ${forbidden}`];
  const reverted = revertedMessage(run);
  if (reverted !== undefined) return [reasons.revertedByGitOps, `${message}. ${reverted}`];
  return [isLeftToGitOps(step) ? reasons.revertedByGitOps : reasons.stepFailed, message];
}

function allDone(run: Run): Decision | undefined {
  const stopped = stoppedBy(run.remediation);
  const isStopped = stopped !== undefined && run.steps.some(({ status }) => status.state === 'Skipped');
  const done = run.steps.filter(({ status }) => status.state === 'Applied');
  if (done.length > 0 && !isStopped) {
    run.draft.set('Applied', 'True', reasons.allSteps, `${done.length} of ${run.steps.length} steps were done`);
    return undefined;
  }
  const why = run.steps.flatMap(({ status }) => (status.state === 'Skipped' ? (status.message ?? []) : []));
  const message = [...new Set(why)].join('; ');
  const stop = stopped?.wish === 'Denied' ? reasons.denied : reasons.cancelled;
  run.draft.set('Applied', 'False', isStopped ? stop : reasons.nothingToDo, message);
  if (done.length > 0) return undefined;
  if (isStopped) run.conclude('False', stop, message);
  else if (run.world.verdict.state === 'Clear') run.conclude('True', reasons.notNeeded, message);
  else run.conclude('False', reasons.nothingToDo, `there was nothing to do: ${message}`);
  run.end();
  return waitUntil(run.nowMs);
}
