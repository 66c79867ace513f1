/**
 * Steps that work through many objects, such as the pods of a node: what else is to be changed is found out on the way,
 * what is refused for now is asked for again ever less often, and what cannot be brought to an end is taken back at once.
 */
import type { RecordedChange } from '../../crds/remediation.ts';
import { isDeletion, type Standing } from '../actions/action.ts';
import { isOutside } from '../actions/call.ts';
import { stoppedBy } from './approval.ts';
import { clip } from './clip.ts';
import type { Decision, Failure } from './decision.ts';
import { isOverload } from './outcome.ts';
import { reasons } from './reasons.ts';
import { about, waitUntil, type Run, type Step } from './run.ts';
import { parseTime, toTime } from './time.ts';
import { takeBack } from './undo.ts';

/** The first and the longest pause between two requests for the same eviction. */
const [shortestPauseMs, longestPauseMs] = [1000, 15_000];

export type Standings = ReadonlyMap<RecordedChange, Standing>;

/**
 * Ends a step that is not to go on: somebody asked for that, or took back what it rests on, or the target has recovered
 * before everything was done. `Over` when it has failed by that.
 */
export function endEarly(run: Run, step: Step, standings: Standings): 'Over' | Decision | undefined {
  const { gradual } = step.action;
  if (gradual === undefined) return undefined;
  const changes = [...standings.keys()];
  const isUndone = (change: RecordedChange): boolean => standings.get(change)?.is === 'NotMade';
  const interrupted = gradual.interrupted(changes, run.world.live, run.context);
  const why = interrupted ?? stoppedBy(run.remediation)?.message;
  if (interrupted !== undefined) {
    // It was seen made, and is as before: that was not us.
    for (const change of changes)
      if (!isDeletion(change) && isUndone(change))
        change.undo = { state: 'Superseded', time: run.draft.now, message: interrupted };
  }
  if (why !== undefined) {
    run.finish(step, 'Failed', why);
    return 'Over';
  }
  const isHalfDone = changes.some(isUndone) && !changes.every(isUndone);
  if (run.world.verdict.state !== 'Clear' || !isHalfDone) return undefined;
  const message = 'the target recovered before everything was done; what was done is taken back';
  run.finish(step, 'Applied', message);
  takeBack(run, [step], message);
  return waitUntil(run.nowMs);
}

/** Writes down what else is to be changed, once every field is as it should be; `Over` when that must not be done. */
export function goFurther(run: Run, step: Step, standings: Standings): 'Over' | Decision | undefined {
  const { gradual } = step.action;
  const { outcome, live } = run.world;
  // What was refused is noted first.
  if (gradual === undefined || outcome?.ok === false) return undefined;
  const isUnready = ([change, { is }]: [RecordedChange, Standing]): boolean => is !== 'Ours' && !isDeletion(change);
  if ([...standings].some(isUnready)) return undefined;
  const plan = gradual.further(step.status.changes ?? [], live, run.context);
  if (plan.is === 'Nothing' || plan.is === 'Unreadable') return undefined;
  if (plan.is === 'Refused') {
    run.finish(step, 'Failed', `${plan.reason}: ${plan.message}`);
    return 'Over';
  }
  step.status.changes = [...(step.status.changes ?? []), ...plan.changes];
  run.draft.note(`step ${step.spec.name}: ${plan.message}`);
  return waitUntil(run.nowMs);
}

/** Notes of each change that was refused for now when it is asked for again. Whether there was one. */
export function noteRefusals(run: Run, step: Step, changes: readonly RecordedChange[]): boolean {
  const { outcome } = run.world;
  if (step.action.gradual === undefined || outcome?.ok !== false) return false;
  const refused = changes.flatMap((change) => {
    const own = outcome.failures.find(({ request }) => isAbout(request, change));
    const failure = own ?? (isOverload(outcome) ? outcome : undefined);
    return failure === undefined || !isDeletion(change) ? [] : [{ change, failure }];
  });
  for (const { change, failure } of refused) {
    const since = change.waiting?.since ?? run.draft.now;
    const pauseMs = (run.nowMs - (parseTime(since) ?? run.nowMs)) / 2;
    const shortestMs = Math.max(shortestPauseMs, (failure.retryAfterSeconds ?? 0) * 1000);
    const untilMs = run.nowMs + Math.max(shortestMs, Math.min(longestPauseMs, pauseMs));
    change.waiting = { since, until: toTime(untilMs), message: clip(failure.message) };
  }
  const held = refused.find(({ failure }) => failure.disruptionBudget);
  if (held !== undefined) sayHeld(run, step, changes);
  return refused.length > 0;
}

const isAbout = (request: Failure['request'], { object }: RecordedChange): boolean =>
  'uid' in request && request.uid === object.uid;

/** What waits, in a sentence: the first of them with its reason, and how many there are. */
export function describeWaiting(changes: readonly RecordedChange[]): string {
  const [first, ...others] = changes.filter(({ waiting }) => waiting !== undefined);
  if (first?.waiting === undefined) return 'nothing is waited for';
  const { object, waiting } = first;
  if (isOutside(first)) return `since ${waiting.since} ${waiting.message}`;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return `since ${waiting.since} ${object.kind} ${object.namespace}/${object.name}${more} cannot be evicted yet: ${waiting.message}`;
}

function sayHeld(run: Run, step: Step, changes: readonly RecordedChange[]): void {
  const message = `step ${step.spec.name} waits: ${describeWaiting(changes)}`;
  if (!run.draft.set('Applied', 'Unknown', reasons.disruptionBudget, message)) return;
  run.draft.note(message);
  const held = changes.filter(({ waiting }) => waiting !== undefined);
  run.tell({
    type: 'Warning',
    reason: reasons.disruptionBudget,
    action: step.action.name,
    note: message,
    ...about(held),
  });
}

/** What was made does not wait any more; when nothing does, it is said that the step goes on. */
export function forgetWaiting(run: Run, made: readonly RecordedChange[], missing: readonly RecordedChange[]): void {
  for (const change of made) delete change.waiting;
  const held = run.draft.condition('Applied')?.reason === reasons.disruptionBudget;
  if (held && missing.length === 0) run.draft.set('Applied', 'Unknown', reasons.inProgress, 'steps are under way');
}

/** When a change may be asked for. */
export const dueMs = ({ waiting }: RecordedChange): number => parseTime(waiting?.until) ?? 0;
