/** `status`: what is paused, what fires, what is being done about it and what that waits for. */
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import type { Guardrail } from '../../../crds/guardrail.ts';
import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { findCondition, isTrue } from '../../kube/conditions.ts';
import { qualified, targetNameIn } from './names.ts';
import { hasEnded, standingOf } from './standing.ts';
import { table, type Cell } from './table.ts';
import { ago, moment } from './times.ts';
import { troublesOf } from './troubles.ts';
import { counted, section, wrapped, type View } from './view.ts';

/** What `status` is about; the guardrails are those that hold there. */
export interface Situation {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly server: string;
  readonly policies: readonly DetectionPolicy[];
  readonly guardrails: readonly Guardrail[];
  readonly incidents: readonly Incident[];
  readonly remediations: readonly Remediation[];
  /** What could not be read, in sentences. */
  readonly unread: readonly string[];
}

const endedWithinMs = 3_600_000;

/** Incidents that are not over. */
export const openIncidents = ({ incidents }: Situation): Incident[] =>
  incidents.filter(({ status }) => !isTrue(status?.conditions, 'Resolved'));

/** Remediations that are under way, or with something still to be taken back. */
export const openRemediations = ({ remediations }: Situation): Remediation[] =>
  remediations.filter((remediation) => standingOf(remediation).isOpen);

/** Guardrails that pause. */
export const pausing = ({ guardrails }: Situation): Guardrail[] =>
  guardrails.filter(({ spec }) => (spec.paused ?? []).length > 0);

const troubled = ({ policies }: Situation): DetectionPolicy[] =>
  policies.filter((policy) => troublesOf(policy).length > 0);

/** Whether there is anything that somebody might want to look at. */
export const isQuiet = (situation: Situation): boolean =>
  [openIncidents, openRemediations, pausing, troubled].every((find) => find(situation).length === 0);

/** The report. */
export function renderStatus(situation: Situation, view: View): string[] {
  return [
    ...wrapped(headline(situation, view), view.columns, 2),
    ...section(view, 'PAUSED', pauses(situation, view)),
    ...section(view, 'FIRING', firing(situation, view)),
    ...section(view, 'REMEDIATIONS', remediating(situation, view)),
    ...section(view, 'POLICIES IN TROUBLE', policies(situation, view)),
    ...section(view, 'NOT READ', situation.unread),
  ];
}

function headline(situation: Situation, { paint, nowMs }: View): string {
  const { namespace, server, remediations } = situation;
  const open = openRemediations(situation);
  const waiting = (word: string): number => open.filter((remediation) => standingOf(remediation).word === word).length;
  const recent = remediations.filter(
    (remediation) =>
      hasEnded(remediation) && nowMs - Date.parse(remediation.status?.finishedTime ?? '') <= endedWithinMs,
  );
  // What was only written down, was not needed, or was not allowed, has helped nobody.
  const acted = recent.filter(({ status }) => status?.startedTime !== undefined);
  const idle = recent.length - acted.length;
  const good = acted.filter(({ status }) => isTrue(status?.conditions, 'Succeeded')).length;
  const [fires, blocked, asked] = [openIncidents(situation).length, waiting('Blocked'), waiting('AwaitingApproval')];
  const parts = [
    fires > 0
      ? paint('bad', `${counted(fires, 'incident')} open`)
      : situation.policies.length + situation.unread.length > 0
        ? paint('good', 'nothing fires')
        : paint('warn', 'nothing fires (no DetectionPolicy is there)'),
    `${counted(open.length, 'remediation')} under way`,
    ...(blocked === 0 ? [] : [paint('bad', `${blocked} blocked`)]),
    ...(asked === 0 ? [] : [paint('warn', `${asked} awaiting approval`)]),
    ...(acted.length === 0 ? [] : [`${good} of ${acted.length} that acted in the last hour succeeded`]),
    ...(idle === 0 ? [] : [`${idle} ended without doing anything`]),
    ...(pausing(situation).length === 0 ? [] : [paint('bad', 'paused')]),
  ];
  const where = namespace === undefined ? 'All namespaces' : `Namespace ${namespace}`;
  return `${where} of ${server}: ${parts.join(', ')}.`;
}

const pauses = (situation: Situation, view: View): string[] =>
  rows(
    view,
    [{ title: 'GUARDRAIL' }, { title: 'REASON', shrinks: true }, { title: 'BY' }],
    pausing(situation).flatMap(({ metadata, spec }) =>
      (spec.paused ?? []).map(({ reason, by }) => [qualified(metadata), reason, by]),
    ),
  );

function firing(situation: Situation, view: View): string[] {
  const { namespace, remediations } = situation;
  const columns = [
    { title: 'NAMESPACE' },
    { title: 'INCIDENT' },
    { title: 'SEVERITY' },
    { title: 'TARGET', shrinks: true },
    { title: 'SINCE' },
    { title: 'WHAT IS DONE', shrinks: true },
    { title: 'NODE', wide: true },
    { title: 'DETECTED', wide: true },
    { title: 'SEEN BY', wide: true },
  ] as const;
  const lines = openIncidents(situation).map(({ metadata, spec, status }): Cell[] => [
    namespace === undefined ? (metadata.namespace ?? '') : '',
    metadata.name,
    { text: spec.severity, tone: spec.severity === 'Critical' ? 'bad' : spec.severity === 'Warning' ? 'warn' : 'dim' },
    targetNameIn(spec.target, metadata.namespace),
    ago(spec.openedTime, view.nowMs),
    whatIsDone(remediations, { metadata, spec, status } as Incident),
    spec.target.node ?? '',
    status?.detectSeconds === undefined ? '' : `${status.detectSeconds}s`,
    spec.acknowledged?.by ?? '',
  ]);
  return rows(view, columns, lines);
}

function whatIsDone(remediations: readonly Remediation[], { metadata, spec, status }: Incident): string {
  const attempts = remediations.filter(({ spec: of }) => of.incidentRef.uid === metadata.uid);
  const last = attempts.toSorted((a, b) => b.spec.attempt - a.spec.attempt)[0];
  const remediating = findCondition(status?.conditions, 'Remediating');
  if (last !== undefined && !hasEnded(last)) return `${last.metadata.name}: ${standingOf(last).word}`;
  if (remediating !== undefined) return `${remediating.reason}: ${remediating.message}`;
  return spec.route.to === 'Remediate' ? 'not yet known' : 'left to people';
}

function remediating(situation: Situation, view: View): string[] {
  const columns = [
    { title: 'NAMESPACE' },
    { title: 'NAME' },
    { title: 'TARGET', shrinks: true },
    { title: 'STATE' },
    { title: 'UNTIL' },
    { title: 'WHY', shrinks: true },
    { title: 'MODE', wide: true },
    { title: 'ATTEMPT', wide: true },
    { title: 'AGE', wide: true },
  ] as const;
  const lines = openRemediations(situation).map((remediation): Cell[] => {
    const { metadata, spec } = remediation;
    const { word, tone, why, until } = standingOf(remediation);
    return [
      situation.namespace === undefined ? (metadata.namespace ?? '') : '',
      metadata.name,
      targetNameIn(spec.target, metadata.namespace),
      { text: word, tone },
      until === undefined ? '' : moment(until, view.nowMs),
      why,
      spec.mode,
      String(spec.attempt),
      ago(metadata.creationTimestamp, view.nowMs),
    ];
  });
  return rows(view, columns, lines);
}

function policies(situation: Situation, view: View): string[] {
  const lines = situation.policies.flatMap((policy) =>
    troublesOf(policy).map(({ reason, message }) => [qualified(policy.metadata), reason, message]),
  );
  return rows(view, [{ title: 'POLICY' }, { title: 'REASON' }, { title: 'WHY', shrinks: true }], lines);
}

const rows = (view: View, columns: Parameters<typeof table>[1], lines: readonly Cell[][]): string[] =>
  lines.length === 0 ? [] : table(view, columns, lines);
