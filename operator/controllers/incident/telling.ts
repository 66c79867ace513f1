/**
 * Who is told of an Incident, and of what: it follows from the objects alone, so that a restart loses nothing and tells
 * nothing else. What was told is recorded in `status.notifications`; everything there that is not told yet is offered to
 * the outbox, which comes back with its report.
 */
import type { Incident, IncidentStatus, NotificationRecord } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { valueOf } from '../../actions/json.ts';
import { messagePath } from '../../actions/notify.ts';
import type { Condition } from '../../kube/api.ts';
import { clip } from '../../decide/clip.ts';
import type { Draft } from '../../decide/draft.ts';
import { findCondition } from '../../kube/conditions.ts';
import { parseTime } from '../../kube/time.ts';
import type { Notification, Stage, Tried } from '../../notify/notification.ts';
import type { Offer, Telling } from '../../notify/outbox.ts';
import { describeTarget } from '../targets.ts';
import { describeEvidence } from './evidence.ts';

export interface TellingFacts {
  readonly incident: Incident;
  readonly nowMs: number;
  readonly remediations: readonly Remediation[];
  readonly plan: RemediationPlan | undefined;
  readonly telling: Pick<Telling, 'notifier' | 'report'>;
}

/** What is told of an Incident as a whole; the others are about steps. */
const wholeIncident = 'Incident';
/** As `maxItems` of the schema. */
const mostRecords = 32;
/** What could not be told so long after the end is not told any more. */
const staleMs = 24 * 3_600_000;

/** Reasons of `Remediating` with which a plan gives up, so that people have to know. */
const givesUp: ReadonlySet<string> = new Set([
  'AttemptsExhausted',
  'Escalated',
  'IneffectiveChain',
  'ApprovalExpired',
  'PlanInvalid',
  'CreationRefused',
]);

type Cause = Pick<NotificationRecord, 'notifier' | 'about' | 'reason'> & { readonly message: string };

/** Brings `status.notifications` and the condition `Escalated` up to date; answers what is to be told now. */
export function tell(draft: Draft<IncidentStatus>, facts: TellingFacts): Offer[] {
  const causes = [...routed(facts.incident), ...escalated(draft, facts), ...asked(facts)];
  const records = draft.status.notifications ?? [];
  for (const cause of causes) {
    if (records.some(({ notifier, about }) => notifier === cause.notifier && about === cause.about)) continue;
    if (records.length >= mostRecords) break;
    records.push({ ...cause, message: clip(cause.message), state: 'Pending' });
    draft.note(`${cause.notifier} is told: ${cause.message}`);
  }
  noteEscalation(draft, records);
  const offers = records.flatMap((record) => advance(record, draft, facts));
  if (records.length > 0) draft.status.notifications = records;
  return offers;
}

const routed = ({ spec: { route, policyRef } }: Incident): Cause[] =>
  route.to !== 'Escalate' || route.notifier === undefined
    ? []
    : [
        {
          notifier: route.notifier,
          about: wholeIncident,
          reason: 'RouteEscalates',
          message: `a route of DetectionPolicy ${policyRef.name} leads there`,
        },
      ];

function escalated(draft: Draft<IncidentStatus>, { plan }: TellingFacts): Cause[] {
  const remediating = draft.condition('Remediating');
  const notifier = plan?.spec.escalation?.notifier;
  if (notifier === undefined || remediating === undefined || !givesUp.has(remediating.reason)) return [];
  return [{ notifier, about: wholeIncident, reason: remediating.reason, message: remediating.message }];
}

/** What steps of plans wanted to be said, once they are done. */
const asked = ({ remediations }: TellingFacts): Cause[] =>
  remediations.flatMap(({ metadata, spec, status }) =>
    spec.steps.flatMap(({ name, action: { notify } }) => {
      const done = status?.steps?.find((step) => step.name === name && step.state === 'Applied');
      const text = done?.changes?.find(({ path }) => path === messagePath)?.to;
      if (notify === undefined || text === undefined) return [];
      const message = String(valueOf(text));
      return [{ notifier: notify.notifier, about: `${metadata.name}/${name}`, reason: 'StepAsks', message }];
    }),
  );

function noteEscalation(draft: Draft<IncidentStatus>, records: readonly NotificationRecord[]): void {
  const of = records.filter(({ about }) => about === wholeIncident);
  const [first] = of;
  if (first === undefined) draft.set('Escalated', 'False', 'NotEscalated', 'nobody was told of it');
  else
    draft.set('Escalated', 'True', first.reason, `${of.map(({ notifier }) => notifier).join(', ')}: ${first.message}`);
}

/** Takes a record as far as the reports go; answers what is to be told next of it, if anything. */
function advance(record: NotificationRecord, draft: Draft<IncidentStatus>, facts: TellingFacts): Offer[] {
  if (record.state === 'Dropped') return [];
  const { telling, nowMs } = facts;
  const { notifier } = record;
  const receiver = telling.notifier(notifier);
  for (;;) {
    const stage = wantedStage(record, draft, receiver?.lasting === true);
    if (stage === record.told) {
      const isRepeated = receiver?.repeats === true && (stage === 'Opened' || stage === 'Acknowledged');
      return isRepeated ? [{ notifier, notification: notificationOf(record, stage, draft, facts), isTold: true }] : [];
    }
    const resolved = draft.condition('Resolved');
    const resolvedMs = resolved?.status === 'True' ? parseTime(resolved.lastTransitionTime) : undefined;
    const isLate = resolvedMs !== undefined && nowMs - resolvedMs > staleMs;
    if (isLate || (stage === 'Opened' && resolvedMs !== undefined)) {
      drop(record, draft);
      return [];
    }
    const notification = notificationOf(record, stage, draft, facts);
    const report = telling.report(notifier, notification);
    if (report?.state !== 'Delivered') {
      const isKnownNow = receiver !== undefined && report?.state === 'UnknownNotifier';
      const state = receiver === undefined ? 'UnknownNotifier' : isKnownNow ? 'Pending' : report?.state;
      // Before it was tried again there is nothing new to say of it.
      if (state !== undefined && state !== 'Pending' && state !== record.state) {
        record.state = state;
        record.error = clip(report?.answer ?? whyUnknown(notifier));
      } else if (record.state === 'Delivered' || (record.state === 'UnknownNotifier' && receiver !== undefined))
        record.state = 'Pending';
      return [{ notifier, notification, isTold: false }];
    }
    record.told = stage;
    record.toldTime = new Date(report.atMs).toISOString();
    record.state = 'Delivered';
    delete record.error;
    draft.note(`${notifier} was told: ${stage.toLowerCase()}`);
  }
}

const whyUnknown = (notifier: string): string =>
  `no notifier ${notifier} is configured: add it to the notifiers file of the operator, or change the name`;

function drop(record: NotificationRecord, draft: Draft<IncidentStatus>): void {
  record.state = 'Dropped';
  draft.note(`${record.notifier} is not told any more: it was over before that`);
}

/** What the notifier should know of it by now. That it is over is told only to whom it was told that it began. */
function wantedStage({ about, told }: NotificationRecord, draft: Draft<IncidentStatus>, isLasting: boolean): Stage {
  const isResolved = draft.condition('Resolved')?.status === 'True';
  if (about !== wholeIncident) return told !== undefined && isLasting && isResolved ? 'Resolved' : (told ?? 'Message');
  if (told === undefined) return 'Opened';
  if (isResolved) return 'Resolved';
  return draft.condition('Acknowledged')?.status === 'True' ? 'Acknowledged' : told;
}

function notificationOf(
  { about, reason, message, notifier }: NotificationRecord,
  stage: Stage,
  draft: Draft<IncidentStatus>,
  { incident, remediations }: TellingFacts,
): Notification {
  const { metadata, spec } = incident;
  const { name, namespace = '', uid = '' } = metadata;
  const key = about === wholeIncident ? uid : `${uid}/${about}`;
  const at = timeOf(stage, draft.condition.bind(draft)) ?? spec.openedTime;
  const what = `${spec.policyRef.name}: ${describeTarget(spec.target)}`;
  return {
    id: `${key}/${notifier}/${stage}`,
    key,
    stage,
    time: at,
    openedTime: spec.openedTime,
    severity: spec.severity,
    reason,
    summary: clip(`${what} ${said(stage, draft, message)}`),
    evidence: (draft.status.evidence ?? []).filter(({ firing }) => firing).map(describeEvidence),
    tried: remediations.toSorted((a, b) => a.spec.attempt - b.spec.attempt).map(triedOf),
    incident: { namespace, name, uid },
    policy: spec.policyRef.name,
    target: spec.target,
    hints: stage === 'Resolved' ? [] : [`kubectl -n ${namespace} describe incident ${name}`],
  };
}

/** What of the matter is news, as the end of a sentence that begins with the target. */
function said(stage: Stage, draft: Draft<IncidentStatus>, message: string | undefined): string {
  switch (stage) {
    case 'Opened':
      return `needs you: ${message ?? 'it fires'}`;
    case 'Acknowledged':
      return `is looked after: ${draft.condition('Acknowledged')?.message ?? ''}`;
    case 'Resolved':
      return `is over: ${draft.condition('Resolved')?.message ?? ''}`;
    case 'Message':
      return `- ${message ?? ''}`;
  }
}

/** When that came about. */
function timeOf(stage: Stage, condition: (type: string) => Condition | undefined): string | undefined {
  const type = { Opened: 'Escalated', Acknowledged: 'Acknowledged', Resolved: 'Resolved', Message: undefined }[stage];
  return type === undefined ? undefined : condition(type)?.lastTransitionTime;
}

function triedOf({ metadata, spec, status }: Remediation): Tried {
  const succeeded = findCondition(status?.conditions, 'Succeeded');
  return {
    remediation: metadata.name,
    plan: spec.planRef.name,
    attempt: spec.attempt,
    result: succeeded?.reason ?? 'Pending',
    message: succeeded?.message ?? 'it has not begun',
    steps: (status?.steps ?? []).map(({ name, state, message = '' }) => ({ name, state, message })),
  };
}
