/**
 * When people are asked instead of trying on: because the plan says so, or because attempt after attempt had no effect.
 * The condition `Escalated` says so, with everything that was tried; notifiers follow it.
 */
import type { Remediation } from '../../crds/remediation.ts';
import { actionOf } from '../actions/registry.ts';
import { ownObject, isRead } from '../actions/subjects.ts';
import { answerTo } from '../actions/live.ts';
import { predecessors } from './chain.ts';
import { ledgerOf } from './ledger.ts';
import { reasons, type Reason } from './reasons.ts';
import type { Run } from './run.ts';
import { parseTime } from './time.ts';

type Tried = NonNullable<NonNullable<Remediation['status']>['tried']>[number];

/** Attempts without effect in a row, when the plan does not say. */
const maxIneffectiveByDefault = 5;
/** As many are recorded as may be asked for. */
const mostTried = 16;

/** The ends that say that it had no effect; what could not be told counts neither way. */
const ineffective: ReadonlySet<string> = new Set([
  reasons.stillFiring,
  reasons.notStable,
  reasons.conditionNotMet,
  reasons.stepFailed,
]);

const succeeded = ({ status }: Remediation) => status?.conditions?.find(({ type }) => type === 'Succeeded');

const limitOf = ({ remediation }: Run): number => remediation.spec.verify.maxIneffective ?? maxIneffectiveByDefault;

/** Records which attempts before this one had no effect. To be called when the target has been read. */
export function recordTried(run: Run): void {
  const own = ownObject(run.context.target);
  const answer = isRead(own) ? answerTo(run.world.live, own) : undefined;
  const createdMs = answer?.is === 'Found' ? parseTime(answer.object.metadata.creationTimestamp) : undefined;
  if (createdMs === undefined || run.world.remediations === undefined) return;
  const related = ledgerOf(run.world.remediations).related(run.context.target);
  const earlier = predecessors(run.remediation, related, { createdMs, nowMs: run.nowMs });
  const helped = earlier.findLastIndex((other) => succeeded(other)?.reason === reasons.recovered);
  const tried = earlier
    .slice(helped + 1)
    .filter((other) => ineffective.has(succeeded(other)?.reason ?? ''))
    .map(triedOf)
    .slice(-mostTried);
  if (tried.length > 0) run.status.tried = tried;
  else delete run.status.tried;
}

/** Whether so much was tried in vain before that nothing more is. */
export const isChainIneffective = (run: Run): boolean => (run.status.tried ?? []).length >= limitOf(run);

/** Asks people: it ended like this, and the plan or the number of attempts in vain says so. */
export function escalate(run: Run, reason: Reason, message: string): void {
  const tried = (run.status.tried ?? []).map(({ name, did, outcome }) => `${name} (${did}): ${outcome}`);
  const all = tried.length === 0 ? '' : `. Tried before: ${tried.join('; ')}`;
  run.draft.set('Escalated', 'True', reason, `people have to look after ${run.target}: ${message}${all}`);
  run.draft.note(`people are asked: ${message}`);
  run.tell({ type: 'Warning', reason: 'Escalated', action: 'Escalate', note: `${run.target}: ${message}${all}` });
}

/** The same when this was the last of too many attempts in vain. */
export function escalateIfIneffective(run: Run, reason: Reason, message: string): void {
  const count = (run.status.tried ?? []).length + 1;
  if (!ineffective.has(reason) || count < limitOf(run)) return;
  escalate(run, reasons.ineffectiveChain, `${count} attempts in a row had no effect; the last: ${message}`);
}

function triedOf(other: Remediation): Tried {
  const { metadata, spec, status } = other;
  return {
    name: metadata.name,
    plan: spec.planRef.name,
    did: spec.steps.map(({ action }) => actionOf(action).name).join(', '),
    outcome: succeeded(other)?.reason ?? 'Unknown',
    ...(status?.finishedTime === undefined ? {} : { finishedTime: status.finishedTime }),
  };
}
