import type { Change } from '../actions/action.ts';
import { hostNotAllowed } from '../actions/call.ts';
import type { KubeObject } from '../kube/api.ts';
import { writes } from './mode.ts';
import type { Decision } from './decision.ts';
import { addedByServer, linesOf } from './diff.ts';
import { foreseen, foretell, foretellBlast } from './foresight.ts';
import { reasons } from './reasons.ts';
import { isTemporary, retryMs } from './outcome.ts';
import { waitUntil, type Run, type Step } from './run.ts';
import { check } from './start.ts';

/**
 * Modes Observe and DryRun: writes down what each step would change, and in mode DryRun whether the API server would have
 * accepted it. Nothing is changed, so no guard stops it; what the guards would have said is recorded.
 */
export function previewing(run: Run): Decision | undefined {
  const { mode } = run.remediation.spec;
  if (writes(mode)) return undefined;
  check(run, 'Start');
  for (const step of run.steps) {
    if (step.status.state !== 'Pending') continue;
    const decision = mode === 'DryRun' ? tryOut(run, step) : foresee(run, step);
    if (decision !== undefined) return decision;
  }
  const unread = foretellBlast(
    run,
    run.steps.flatMap(({ status }) => status.changes ?? []),
  );
  if (unread !== undefined) return unread;
  const failed = run.steps.find(({ status }) => status.state === 'Failed');
  const done = mode === 'DryRun' ? reasons.dryRun : reasons.observed;
  run.draft.set('Applied', 'False', done, `mode ${mode}: nothing was changed`);
  if (failed === undefined) run.conclude('True', done, `mode ${mode}: written down, nothing was changed`);
  else run.conclude('False', reasons.wouldFail, `step ${failed.spec.name} would fail: ${failed.status.message}`);
  run.end();
  return waitUntil();
}

/** What the step would do, as things are. */
function foresee(run: Run, step: Step): Decision | undefined {
  const missing = run.read(step.action.reads(run.context.target, 'Plan'));
  if (missing !== undefined) return missing;
  const plan = step.action.plan(run.world.live, run.context);
  if (plan.is === 'Unreadable') return waitUntil(run.nowMs + retryMs);
  if (plan.is === 'Refused') run.finish(step, 'Failed', `would be refused: ${plan.message}`);
  else if (plan.is === 'Nothing') run.finish(step, 'Skipped', `would do nothing: ${plan.message}`);
  else {
    step.status.changes = [...foreseen(run, step, plan.changes)];
    foretell(run, step.spec.name, linesOf(step.status.changes));
    run.finish(step, 'Skipped', `would ${plan.message}`);
  }
  return undefined;
}

/** The same with the API server's word on it. The changes are recorded first; the step stays pending until it answers. */
function tryOut(run: Run, step: Step): Decision | undefined {
  const { outcome } = run.world;
  if (step.status.changes !== undefined && outcome !== undefined) {
    const held = outcome.ok ? 0 : outcome.failures.filter(({ disruptionBudget }) => disruptionBudget).length;
    if (!outcome.ok && isTemporary(outcome) && held < outcome.failures.length) return waitUntil(run.nowMs + retryMs);
    const unread = run.read(step.action.reads(run.context.target, 'Plan'));
    if (unread !== undefined) return unread;
    const answers = outcome.ok ? (outcome.answers ?? []) : [];
    foretell(run, step.spec.name, [...linesOf(step.status.changes), ...ofTheServer(run, step, answers)]);
    if (!outcome.ok && isTemporary(outcome))
      run.finish(step, 'Skipped', `would ${step.status.message}; ${held} would have to wait now: ${outcome.message}`);
    else if (outcome.ok) run.finish(step, 'Skipped', `would ${step.status.message}; the API server would accept it`);
    else if (outcome.reason === hostNotAllowed) run.finish(step, 'Failed', outcome.message);
    else run.finish(step, 'Failed', `the API server would refuse it: ${outcome.message}`);
    return waitUntil(run.nowMs);
  }
  const missing = run.read(step.action.reads(run.context.target, 'Plan'));
  if (missing !== undefined) return missing;
  // What was written down in this run is asked about as it is: planned anew it may name another moment, without end.
  let changes: readonly Change[] | undefined = run.world.fresh ? step.status.changes : undefined;
  if (changes === undefined) {
    const plan = step.action.plan(run.world.live, run.context);
    if (plan.is !== 'Changes') return foresee(run, step);
    changes = foreseen(run, step, plan.changes);
    step.status.changes = [...changes];
    step.status.message = plan.message;
  }
  return {
    do: 'Write',
    purpose: 'DryRun',
    step: step.spec.name,
    requests: step.action.requests(changes, run.world.live, run.context),
    dryRun: true,
    serviceAccountName: run.remediation.spec.serviceAccountName,
  };
}

/** What the API server would change on its own, of the objects as they are now. */
function ofTheServer(run: Run, { status }: Step, answers: readonly KubeObject[]): string[] {
  const before = new Map<string | undefined, KubeObject>();
  for (const answer of run.world.live.values())
    if (answer.is === 'Found') before.set(answer.object.metadata.uid, answer.object);
  return answers.flatMap((after) => {
    const object = before.get(after.metadata.uid);
    return object === undefined ? [] : addedByServer(object, after, status.changes ?? []);
  });
}
