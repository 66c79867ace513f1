/** The story of an Incident: what was seen, where that led, what was tried, what people said. */
import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { isTrue } from '../../kube/conditions.ts';
import { conditionLines, timelineLines } from './course.ts';
import { evidenceLines } from './evidence.ts';
import { qualified, targetName } from './names.ts';
import { saidOfIncident } from './people.ts';
import { standingOf } from './standing.ts';
import { momentAndDistance } from './times.ts';
import { toldLines } from './told.ts';
import { section, wrapped, type View } from './view.ts';

export function renderIncident(
  incident: Incident,
  attempts: readonly Remediation[],
  program: string,
  view: View,
): string[] {
  const { metadata, spec, status } = incident;
  const isOver = isTrue(status?.conditions, 'Resolved');
  const state = isOver ? view.paint('good', 'resolved') : view.paint('bad', 'open');
  const detected = status?.detectSeconds === undefined ? '' : `, ${status.detectSeconds} s after the first sample`;
  const repaired = status?.repairSeconds === undefined ? '' : `; recovered after ${status.repairSeconds} s`;
  const opened = `${spec.severity}, opened ${momentAndDistance(spec.openedTime, view.nowMs)}${detected}${repaired}`;
  const way = [
    `policy ${spec.policyRef.name} (generation ${spec.policyRef.generation}) → ${spec.route.to}`,
    ...(spec.route.plan === undefined ? [] : [`plan ${spec.route.plan}`]),
  ].join(' → ');
  const ns = metadata.namespace ?? '';
  const can = [
    ...attempts.map(({ metadata: { name } }) => `${program} why remediation ${name} -n ${ns}`),
    ...(spec.acknowledged === undefined && !isOver ? [`${program} ack ${metadata.name} -n ${ns}`] : []),
    ...(spec.verdict === undefined ? [`${program} verdict ${metadata.name} TruePositive|FalsePositive -n ${ns}`] : []),
  ];
  return [
    ...wrapped(`Incident ${qualified(metadata)}: ${state}: ${targetName(spec.target)}`, view.columns, 2),
    ...wrapped(opened, view.columns, 2),
    ...section(view, 'SEEN', evidenceLines(status?.evidence, view)),
    ...section(view, 'ROUTE', wrapped(way, view.columns - 2, 2)),
    ...section(
      view,
      'REMEDIATIONS',
      attempts.flatMap((attempt) => attemptLines(attempt, view)),
    ),
    ...section(
      view,
      'PEOPLE',
      saidOfIncident(incident).flatMap((line) => wrapped(line, view.columns - 2, 2)),
    ),
    ...section(view, 'TOLD', toldLines(incident, view)),
    ...section(view, 'CONDITIONS', conditionLines(status?.conditions, view)),
    ...section(view, 'COURSE', timelineLines(status?.timeline, view)),
    ...section(view, 'NEXT', can),
  ];
}

/** An attempt in a sentence, with what it waits for. */
export function attemptLines(attempt: Remediation, view: View): string[] {
  const { word, tone, why, until } = standingOf(attempt);
  const when = until === undefined ? '' : ` (until ${momentAndDistance(until, view.nowMs)})`;
  const { metadata, spec } = attempt;
  return wrapped(
    `${metadata.name} (mode ${spec.mode}, attempt ${spec.attempt}): ${view.paint(tone, word)}: ${why}${when}`,
    view.columns - 2,
    2,
  );
}
