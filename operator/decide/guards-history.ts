/** Guards about what was tried before: attempts, the time between them, and whether the plan helps at all. */
import type { Remediation } from '../../crds/remediation.ts';
import { answerTo, readKey } from '../actions/live.ts';
import { isRead, ownObject } from '../actions/subjects.ts';
import { breakerOf } from './breaker.ts';
import { isFinished } from './budget.ts';
import { failedAttempts, finishedMs, predecessors } from './chain.ts';
import { cooldownSecondsAfter } from './cooldown.ts';
import { fail, pass, planGone, type Finding, type Guard, type GuardContext } from './guard.ts';
import { holders } from './holders.ts';
import { ledgerOf, scope } from './ledger.ts';
import { parseTime, toTime } from './time.ts';
import { sameTarget } from './verdict.ts';

const unknown = 'the Remediations could not be listed';

/** When the target was created; undefined when it was not read. */
function createdMs({ remediation, touched }: GuardContext): number | undefined {
  const own = ownObject(remediation.spec.target);
  if (!isRead(own)) return undefined;
  const live = new Map(touched.map(({ read, answer }) => [readKey(read), answer]));
  const answer = answerTo(live, own);
  return answer.is === 'Found' ? parseTime(answer.object.metadata.creationTimestamp) : undefined;
}

/** The Remediations that began for this target or its predecessors, oldest first; or why that is not known. */
function earlier(context: GuardContext): Remediation[] | Finding {
  const { remediation, remediations, nowMs } = context;
  if (remediations === undefined) return fail(unknown);
  const created = createdMs(context);
  if (created === undefined) return fail('the target could not be read');
  const related = ledgerOf(remediations).related(remediation.spec.target);
  return predecessors(remediation, related, { createdMs: created, nowMs });
}

const maxAttempts: Guard = {
  name: 'maxAttempts',
  reason: 'AttemptsExhausted',
  before: 'Start',
  reads: true,
  check(context) {
    const { plan, remediation } = context;
    if (plan === undefined) return planGone(context);
    const found = earlier(context);
    if (!Array.isArray(found)) return found;
    const limit = plan.spec.guards.maxAttempts;
    const failed = failedAttempts(remediation, found.filter(isFinished));
    const numbers = { limit, current: failed.length };
    return failed.length < limit
      ? pass(`${failed.length} of ${limit} attempts did not help so far`, numbers)
      : fail(`${failed.length} of ${limit} attempts did not help: people have to look after it`, numbers);
  },
};

const cooldownSeconds: Guard = {
  name: 'cooldownSeconds',
  reason: 'Cooldown',
  before: 'Start',
  reads: true,
  check(context) {
    const { plan, remediation, nowMs } = context;
    if (plan === undefined) return planGone(context);
    const found = earlier(context);
    if (!Array.isArray(found)) return found;
    const failures = failedAttempts(remediation, found.filter(isFinished)).length;
    const limit = cooldownSecondsAfter(plan.spec.guards, failures);
    // Of the target itself `onePerTarget` says so; the pod before it is another target.
    const running = found.find(
      (other) => !isFinished(other) && !sameTarget(remediation.spec.target, other.spec.target),
    );
    if (running !== undefined)
      return fail(
        `${running.metadata.name}, of the pod before this one, has not ended: ${limit} s must pass after it`,
        { limit },
      );
    const last = found.toSorted((a, b) => (finishedMs(b) ?? 0) - (finishedMs(a) ?? 0))[0];
    const endedMs = last && finishedMs(last);
    if (last === undefined || endedMs === undefined) return pass('nothing was done to this target lately', { limit });
    const untilMs = endedMs + limit * 1000;
    return untilMs <= nowMs
      ? pass(`more than ${limit} s since ${last.metadata.name} ended`, { limit })
      : fail(`${last.metadata.name} ended at ${toTime(endedMs)}: ${limit} s must pass`, { limit, untilMs });
  },
};

const breaker: Guard = {
  name: 'breaker',
  reason: 'BreakerOpen',
  before: 'Start',
  budget: true,
  check(context) {
    const { plan, remediation, remediations, nowMs } = context;
    if (plan === undefined) return planGone(context);
    const limits = plan.spec.guards.breaker;
    if (limits === undefined) return undefined;
    if (remediations === undefined) return fail(unknown);
    const group = ledgerOf(remediations).group(
      scope.plan(remediation.metadata.namespace ?? '', remediation.spec.planRef.name),
    );
    const state = breakerOf(limits, group.failuresInARow, nowMs);
    const numbers = { limit: limits.failures, current: state.failures };
    switch (state.is) {
      case 'Closed':
        return pass(state.message, numbers);
      case 'Open':
        return fail(state.message, { ...numbers, untilMs: state.untilMs });
      case 'HalfOpen': {
        const running = group.countOthers(remediation);
        if (running === 0) return pass(`${state.message}: this one is tried`, numbers);
        const rivals = (): Iterable<Remediation> => group.others(remediation);
        const message = `${state.message}, and others are running${holders(remediation, rivals(), running)}`;
        return fail(message, { ...numbers, rivals });
      }
    }
  },
};

export const historyGuards: readonly Guard[] = [maxAttempts, cooldownSeconds, breaker];
