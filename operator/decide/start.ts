/** From the creation of a Remediation to its first step: is it needed, is it allowed, is there room. */
import { answerTo } from '../actions/live.ts';
import { isRead, ownObject } from '../actions/subjects.ts';
import { approvalOf, approvedBy, deniedBy, type Approval } from './approval.ts';
import { isFirstInLine } from './budget.ts';
import type { Decision } from './decision.ts';
import { measure, measureReads } from './effect.ts';
import { escalate, isChainIneffective, recordTried } from './escalation.ts';
import { lookAhead } from './foresight.ts';
import { guardContext, guardReads, guardrailsOver } from './guard.ts';
import { checkGuards, recordChecks, type Asked, type Checked } from './guards.ts';
import { showsClaim } from './ledger.ts';
import { modeUnder, tightest, writes } from './mode.ts';
import { precisionFloor } from './precision.ts';
import { reasons } from './reasons.ts';
import { waitUntil, type Run } from './run.ts';
import { parseTime, toTime } from './time.ts';

/** How long until guards that do not pass are asked again, when nothing tells us that they may. */
const blockedRetryMs = 10_000;
/** The longer it is blocked, the less often, down to this. */
const mostBlockedRetryMs = 60_000;

/** Says what is expected, and ends what has lost its purpose before anything was done. */
export function preparing(run: Run): Decision | undefined {
  if (run.startedMs !== undefined) return undefined;
  if (run.draft.condition('Succeeded') === undefined) {
    run.draft.set('Succeeded', 'Unknown', reasons.pending, 'it has not begun');
    run.draft.note(`created in mode ${run.remediation.spec.mode}, attempt ${run.remediation.spec.attempt}`);
  }
  const { cancelRequested } = run.remediation.spec;
  if (cancelRequested !== undefined) {
    return over(run, 'False', reasons.cancelled, `${cancelRequested.by} cancelled it: ${cancelRequested.reason}`);
  }
  if (run.world.verdict.state === 'Clear') {
    return over(run, 'True', reasons.notNeeded, 'the target recovered before anything was done');
  }
  if (claimsUnread(run)) return whenTriedTooOften(run);
  const isClaimed = run.draft.condition('Blocked')?.reason === reasons.reserved;
  const reads = [...guardReads(run.remediation, run.world), ...(isClaimed ? measureReads(run) : [])];
  return run.read(reads) ?? whenTargetIsGone(run) ?? whenTriedTooOften(run);
}

/**
 * Whether a place is claimed before anything is read: a first attempt that nothing has blocked so far, when all that is
 * known without reading lets it pass. What is read once the claim is seen is as good as new when the target is written;
 * nothing begins before all guards have passed by that.
 */
function claimsUnread(run: Run): boolean {
  const { remediation, world } = run;
  if (run.draft.condition('Blocked') !== undefined || remediation.spec.attempt > 1) return false;
  if (!writes(remediation.spec.mode) || world.verdict.notRead) return false;
  if (asksPeople(run) && !approvalOf(remediation, world.plan).granted) return false;
  return checkGuards(guardContext(remediation, world), 'Claim').every(({ finding }) => finding.passed);
}

/** Attempt after attempt in vain: people are asked, and no other is made. */
function whenTriedTooOften(run: Run): Decision | undefined {
  recordTried(run);
  if (!writes(run.remediation.spec.mode) || !isChainIneffective(run)) return undefined;
  const message = `${run.status.tried?.length} attempts in a row had no effect on the target: no other is made`;
  escalate(run, reasons.ineffectiveChain, message);
  return over(run, 'False', reasons.ineffectiveChain, message);
}

function whenTargetIsGone(run: Run): Decision | undefined {
  const own = ownObject(run.context.target);
  if (!isRead(own)) return over(run, 'False', reasons.unsupported, own.message);
  const answer = answerTo(run.world.live, own);
  if (answer.is === 'Absent') return over(run, 'True', reasons.targetGone, `${run.target} is gone`);
  if (answer.is === 'Found' && answer.object.metadata.uid !== run.context.target.uid) {
    const message = `${run.target} was replaced: it has uid ${answer.object.metadata.uid} now`;
    return over(run, 'True', reasons.targetGone, message);
  }
  return undefined;
}

/** The end without anything having been done. */
function over(run: Run, status: 'True' | 'False', reason: Parameters<Run['conclude']>[1], message: string): Decision {
  run.conclude(status, reason, message);
  run.end();
  return waitUntil();
}

/** Checks all guards and records them; then asks a person, in mode Approve. */
export function approving(run: Run): Decision | undefined {
  if (run.startedMs !== undefined) return heedLateDecisions(run);
  const approval = approvalOf(run.remediation, run.world.plan);
  const decided = decideApproval(run, approval);
  if (decided !== 'Approved' && decided !== 'Waiting') return decided;
  const inTime = (ms: number): Decision => waitUntil(Math.min(ms, expiresMs(run, approval) ?? ms));
  // As after a start: that says something of us, and is not worth a word on the record. What is there stays, also a claim:
  // if each process withdrew it, to make it anew a moment later, one that dies in between would get nowhere.
  if (run.world.verdict.notRead) return inTime(run.nowMs + blockedRetryMs);
  const unread = decided === 'Waiting' ? lookAhead(run) : undefined;
  if (unread !== undefined) return unread;
  if (claimsUnread(run)) {
    check(run, 'Claim');
    return undefined;
  }
  const failed = check(run, 'Start').filter(({ finding }) => !finding.passed);
  const isClaimed = run.draft.condition('Blocked')?.reason === reasons.reserved;
  const inLine = isClaimed && failed.every(({ finding }) => finding.rivals !== undefined);
  const keepsPlace =
    inLine && failed.every(({ finding }) => isFirstInLine(run.remediation, [...(finding.rivals?.() ?? [])]));
  if (failed.length > 0 && !keepsPlace) return inTime(block(run, failed));
  if (failed.length > 0) return waitUntil(run.nowMs + 1000);
  if (decided === 'Approved') return undefined;
  run.draft.set('Blocked', 'False', reasons.guardsPass, 'all guards pass');
  return inTime(run.nowMs + blockedRetryMs);
}

/** Whether the mode of this moment asks a person. */
function asksPeople({ remediation, world }: Run): boolean {
  const { plan, feedback } = world;
  const guardrails = guardrailsOver(remediation, world);
  if (guardrails === undefined || precisionFloor(plan, guardrails, feedback)?.isBelow === true) return true;
  return modeUnder(tightest(remediation.spec.mode, plan?.spec.mode), guardrails) !== 'Enforce';
}

const expiresMs = (run: Run, { expiresMs }: Approval): number | undefined => (asksPeople(run) ? expiresMs : undefined);

/** The condition `Approved`; a decision when it ends here. */
function decideApproval(run: Run, approval: Approval): Decision | 'Approved' | 'Waiting' {
  const { denied, approved, required, granted } = approval;
  recordDecisions(run, approval);
  if (denied !== undefined) {
    run.draft.set('Approved', 'False', reasons.denied, deniedBy(denied));
    return over(run, 'False', reasons.denied, deniedBy(denied));
  }
  const untilMs = expiresMs(run, approval);
  if (untilMs !== undefined && untilMs <= run.nowMs) {
    const message = granted
      ? `${approvedBy(approval)}, and it could not begin until ${toTime(untilMs)}: that is too long ago`
      : `nobody decided until ${toTime(untilMs)}`;
    run.draft.set('Approved', 'False', reasons.approvalExpired, message);
    return over(run, 'False', reasons.approvalExpired, message);
  }
  if (granted) {
    const message = approvedBy(approval);
    if (run.draft.set('Approved', 'True', reasons.approved, message)) run.draft.note(message);
    return 'Approved';
  }
  if (!asksPeople(run)) {
    run.draft.set('Approved', 'True', reasons.notRequired, 'mode Enforce asks nobody');
    return 'Approved';
  }
  const until = untilMs === undefined ? '' : ` until ${toTime(untilMs)}`;
  const so = required === 1 ? '' : `${approved.length} of ${required} have approved; `;
  const how =
    'homeostat approve or deny, or an entry of spec.approvals {by: <your user name>, decision: Approved or Denied}';
  const message = `${so}waits for a person${until}: ${how}`;
  if (run.draft.set('Approved', 'Unknown', reasons.awaiting, message)) {
    run.draft.note('a person is asked to approve it');
    run.tell({ type: 'Normal', reason: reasons.awaiting, action: 'Approve', note: `${run.target}: ${message}` });
  }
  return 'Waiting';
}

/** Who decided, and when we learned of it. */
function recordDecisions(run: Run, { required, approved, expiresMs }: Approval): void {
  const { approvals = [] } = run.remediation.spec;
  if (approvals.length === 0 && !asksPeople(run)) return;
  const known = run.status.approval?.decisions ?? [];
  run.status.approval = {
    required,
    given: approved.length,
    ...(expiresMs === undefined ? {} : { expiresTime: toTime(expiresMs) }),
    decisions: approvals.map(
      ({ by, decision }) => known.find((one) => one.by === by) ?? { by, decision, time: run.draft.now },
    ),
  };
}

/** What people decide after the start: a no begins no further step; a yes counts where one is asked for meanwhile. */
function heedLateDecisions(run: Run): undefined {
  if (run.isConcluded || (run.remediation.spec.approvals ?? []).length === 0) return;
  const approval = approvalOf(run.remediation, run.world.plan);
  recordDecisions(run, approval);
  if (approval.denied !== undefined) {
    const message = `${deniedBy(approval.denied)}. It had begun: no further step begins, and what is done stays unless undoRequested takes it back`;
    if (!run.draft.set('Approved', 'False', reasons.denied, message)) return;
    run.draft.note(message);
    run.tell({ type: 'Warning', reason: reasons.denied, action: 'Approve', note: `${run.target}: ${message}` });
  } else if (approval.granted && run.draft.set('Approved', 'True', reasons.approved, approvedBy(approval)))
    run.draft.note(approvedBy(approval));
}

/** Claims a place in the budgets, and begins once it is seen that the place is really there (budget.ts). */
export function starting(run: Run): Decision | undefined {
  if (run.startedMs !== undefined) return undefined;
  if (run.draft.condition('Blocked')?.reason !== reasons.reserved) {
    run.draft.set('Blocked', 'Unknown', reasons.reserved, 'a place in the budgets is claimed');
    run.status.claims = (run.status.claims ?? 0) + 1;
    return waitUntil();
  }
  // The claim must be in the snapshot: the watch will wake us when it is. The time is for a lost wake-up.
  if (!showsClaim(run.remediation, run.world.remediations ?? [])) {
    // Other numbers than when it was claimed are not worth a write: with a thousand claims they change all the time.
    const { guards } = run.remediation.status ?? {};
    if (guards !== undefined) run.status.guards = guards;
    return waitUntil(run.nowMs + 1000);
  }
  run.draft.set('Blocked', 'False', reasons.admitted, 'all guards passed and it has begun');
  run.draft.set('Applied', 'Unknown', reasons.inProgress, 'steps are under way');
  run.status.startedTime = run.draft.now;
  run.status.effect = { before: measure(run) };
  return undefined;
}

/** Checks the guards of this moment and records what was found. */
export function check(run: Run, before: Asked): Checked[] {
  const checked = checkGuards(guardContext(run.remediation, run.world), before);
  run.status.guards = recordChecks(checked, run.nowMs, run.status.guards, before);
  return checked;
}

const blockedSince = ({ draft }: Run): string | undefined => {
  const blocked = draft.condition('Blocked');
  return blocked?.status === 'True' ? blocked.lastTransitionTime : undefined;
};

/** Says why it does not go on; when to ask again. */
export function block(run: Run, failed: readonly Checked[]): number {
  const sinceMs = parseTime(blockedSince(run)) ?? run.nowMs;
  const laterMs = run.nowMs + Math.min(Math.max(blockedRetryMs, (run.nowMs - sinceMs) / 6), mostBlockedRetryMs);
  const [first] = failed;
  if (first === undefined) return laterMs;
  // As it is on record, whose numbers are not written down at every change.
  const recorded = new Map(run.status.guards?.map(({ name, message }) => [name, message]));
  const byMessage = Map.groupBy(failed, ({ guard }) => recorded.get(guard.name) ?? '');
  const message = [...byMessage]
    .map(([why, those]) => `${those.map(({ guard }) => guard.name).join(', ')}: ${why}`)
    .join('; ');
  if (run.draft.set('Blocked', 'True', first.guard.reason, message)) {
    run.draft.note(`blocked by ${first.guard.name}: ${first.finding.message}`);
    run.tell({ type: 'Warning', reason: first.guard.reason, action: 'Check', note: `${run.target}: ${message}` });
  }
  const untils = failed.flatMap(({ finding }) => finding.untilMs ?? []);
  return failed.length === 1 && untils[0] !== undefined ? Math.max(untils[0], run.nowMs) : laterMs;
}
