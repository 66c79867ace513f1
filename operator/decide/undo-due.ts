/**
 * When a step is taken back by itself, and with which others: by its own time, and not before the later steps that have
 * changed a field of it. What lies under a later step that stays is not taken back by itself.
 */
import { standingChanges, type Run, type Step } from './run.ts';
import { parseTime } from './time.ts';

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

/** When its own time comes, as `nextUndoMs`. */
export function undoAtMs(run: Run, step: Step): number | undefined {
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

/** Whether a step is to be taken back by itself now: its time has come, and none is left on top that goes before it. */
export const isDue = (run: Run, step: Step): boolean =>
  (undoAtMs(run, step) ?? Infinity) <= run.nowMs && !isCoveredByLater(run, step);

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
export const withFailed = (run: Run, steps: readonly Step[]): Step[] =>
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
