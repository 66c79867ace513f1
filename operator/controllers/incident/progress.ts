/**
 * What becomes of an Incident, as a pure function of everything that is known: how its target is judged now, which
 * Remediations there are, what people said. The controller does what comes out.
 */
import type { Incident, IncidentStatus } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { Verdict } from '../../../engine/evaluate/verdict.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { Draft } from '../../decide/draft.ts';
import { findCondition, isTrue } from '../../kube/conditions.ts';
import { parseTime } from '../../kube/time.ts';
import type { Judgement } from '../judge.ts';
import { describeTarget } from '../targets.ts';
import { nextAttempt, type Attempts } from './attempts.ts';
import type { Offer, Telling } from '../../notify/outbox.ts';
import { describeEvidence, evidenceOf } from './evidence.ts';
import { tell } from './telling.ts';
import type { UsualAnswer } from './usual.ts';

export interface Facts {
  readonly incident: Incident;
  readonly nowMs: number;
  readonly judgement: Judgement;
  /** The verdict that it was opened by, if this process saw it. */
  readonly opening?: Verdict | undefined;
  /** What is usual of its signals, by their names. */
  readonly usual?: ReadonlyMap<string, UsualAnswer> | undefined;
  /** Of this Incident, in any order. */
  readonly remediations: readonly Remediation[];
  /** The plan the route names, if it exists. */
  readonly plan: RemediationPlan | undefined;
  /** What is wrong with the plan, if it cannot be used. */
  readonly planProblem?: string | undefined;
  /** Why the API server did not take the next Remediation just now, if it did not. */
  readonly refusal?: string | undefined;
  /** Who can be told, and how far the telling is. */
  readonly telling: Pick<Telling, 'notifier' | 'report'>;
}

/** Something to tell, on the Incident and on its target. */
export interface Note {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

export interface Progress {
  readonly status: IncidentStatus;
  /** Whether the status differs from what is stored. */
  readonly changed: boolean;
  /** To be told once the status is stored. */
  readonly notes: readonly Note[];
  /** Create the how-manieth Remediation now. */
  readonly attempt?: number | undefined;
  /** Look again then, even if nothing changes. */
  readonly againAtMs?: number | undefined;
  /** To be told to notifiers once the status is stored; what is not here is not told any more. */
  readonly offers: readonly Offer[];
}

/** True once an Incident has ended; it stays so. */
export const isResolved = ({ status }: Incident): boolean => isTrue(status?.conditions, 'Resolved');

/** When it ended, by the time of the samples, rounded down to seconds; undefined while it has not. */
export const resolvedMs = ({ status }: Incident): number | undefined => {
  const resolved = findCondition(status?.conditions, 'Resolved');
  return resolved?.status === 'True' ? parseTime(resolved.lastTransitionTime) : undefined;
};

/** Nobody has told yet what was seen. */
export const isNew = ({ status }: Incident): boolean => status?.observedGeneration === undefined;

/**
 * When the sample was taken by which it was opened, as far as that is on record; otherwise the latest that it can have been:
 * when it was opened by the clock of who opened it, which may be behind, or by the API server's, which tells whole seconds.
 */
export const firstSampleMs = ({ metadata, spec, status }: Incident): number =>
  parseTime(status?.firstSampleTime) ??
  Math.max(parseTime(spec.openedTime) ?? -Infinity, (parseTime(metadata.creationTimestamp) ?? -Infinity) + 999);

export function progress(facts: Facts): Progress {
  const { incident, nowMs, judgement } = facts;
  const draft = new Draft<IncidentStatus>(incident.status ?? {}, nowMs);
  const notes: Note[] = [];
  draft.status.observedGeneration = incident.metadata.generation ?? 0;
  if (isNew(incident)) notes.push(open(draft, facts));
  acknowledge(draft, incident);
  const wasResolved = isResolved(incident);
  const attempts = nextAttempt(facts, wasResolved ? 'Over' : judgement.state);
  notes.push(...remediate(draft, attempts));
  if (!wasResolved) notes.push(...judge(draft, incident, judgement));
  const offers = tell(draft, facts);
  for (const condition of draft.status.conditions ?? []) condition.observedGeneration = draft.status.observedGeneration;
  const { next: attempt, againAtMs } = attempts;
  return { status: draft.status, changed: draft.changed, notes, attempt, againAtMs, offers };
}

/** The first visit: what was seen, and how long that took, unless whoever saw it is no more and it is over. */
function open(draft: Draft<IncidentStatus>, { incident, judgement, opening, usual }: Facts): Note {
  const { policyRef, target, severity, openedTime } = incident.spec;
  const openedMs = Date.parse(openedTime);
  const verdict = opening ?? (judgement.state === 'Firing' ? judgement.verdict : undefined);
  const evidence = (verdict?.evidence ?? []).map((one) => evidenceOf(one, usual?.get(one.signal)));
  if (verdict !== undefined && Number.isFinite(verdict.firstSampleMs)) {
    draft.status.firstSampleTime = new Date(verdict.firstSampleMs).toISOString();
    draft.status.detectSeconds = seconds(openedMs - verdict.firstSampleMs);
  }
  if (evidence.length > 0) draft.status.evidence = evidence;
  const reasons = evidence.filter(({ firing }) => firing).map(describeEvidence);
  const note = [`policy ${policyRef.name} fired for ${describeTarget(target)}`, ...reasons].join('; ');
  draft.note(note);
  return { type: severity === 'Info' ? 'Normal' : 'Warning', reason: 'IncidentOpened', note };
}

function acknowledge(draft: Draft<IncidentStatus>, { spec: { acknowledged } }: Incident): void {
  if (acknowledged === undefined) draft.set('Acknowledged', 'False', 'NotYet', 'nobody has acknowledged it');
  else if (draft.set('Acknowledged', 'True', 'ByPerson', `${acknowledged.by} looks after it`))
    draft.note(`acknowledged by ${acknowledged.by}`);
}

function remediate(draft: Draft<IncidentStatus>, { condition, name, event }: Attempts): Note[] {
  const known = draft.status.remediations ?? [];
  if (name !== undefined && !known.some((remediation) => remediation.name === name)) {
    draft.status.remediations = [...known, { name }];
    draft.note(`remediation ${name} was created`);
  }
  if (condition === undefined) return [];
  const isNews = draft.set('Remediating', condition.status, condition.reason, condition.message);
  if (!isNews || event === undefined) return [];
  draft.note(event.note);
  return [event];
}

function judge(draft: Draft<IncidentStatus>, incident: Incident, judgement: Judgement): Note[] {
  switch (judgement.state) {
    case 'Firing':
      draft.set('Active', 'True', 'Firing', 'the target fires');
      draft.set('Resolved', 'False', 'Firing', 'the target fires');
      return [];
    case 'Unknown':
      draft.set('Active', 'Unknown', 'NoRecentSamples', `${judgement.message}: nothing is concluded, nothing is begun`);
      draft.set('Resolved', 'False', 'NoRecentSamples', judgement.message);
      return [];
    case 'Over':
      return [resolve(draft, incident, judgement)];
  }
}

function resolve(
  draft: Draft<IncidentStatus>,
  { spec }: Incident,
  { atMs, reason, message }: Extract<Judgement, { state: 'Over' }>,
): Note {
  draft.set('Active', 'False', reason, message);
  draft.set('Resolved', 'True', reason, message);
  const resolved = draft.condition('Resolved');
  // By the time of the samples, not of this write: an older episode that is read again is recognised by it.
  if (resolved !== undefined) resolved.lastTransitionTime = toWholeSeconds(atMs);
  if (reason === 'Recovered') draft.status.repairSeconds = seconds(atMs - Date.parse(spec.openedTime));
  draft.note(`resolved: ${message}`);
  return { type: 'Normal', reason: 'IncidentResolved', note: message };
}

const toWholeSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** `0.412`: exact milliseconds, never negative. */
const seconds = (ms: number): string => String(Math.max(0, Math.round(ms)) / 1000);
