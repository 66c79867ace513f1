/** The story of a pod, a node or a workload: all that was seen of it and done to it, and which policies watch it. */
import type { Incident } from '../../../crds/incident.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { findCondition, isTrue } from '../../kube/conditions.ts';
import type { Selection, Subject } from '../selecting.ts';
import { attemptLines } from './incident.ts';
import { qualified, targetName } from './names.ts';
import { ago } from './times.ts';
import { troublesOf } from './troubles.ts';
import { counted, section, wrapped, type View } from './view.ts';

/** What is known of a subject. */
export interface Known {
  readonly subject: Subject;
  /** `Pod shop/cart-7f9c`. */
  readonly name: string;
  readonly incidents: readonly Incident[];
  readonly remediations: readonly Remediation[];
  /** Of the policies that may be about such a thing. */
  readonly selections: readonly Selection[];
  /** Incidents of what stands next to it: of a pod those of its node, of a node those on it. */
  readonly nearby: readonly Incident[];
  readonly unread: readonly string[];
  readonly program: string;
}

export function renderSubject(known: Known, view: View): string[] {
  const { subject, name, incidents, remediations, selections, nearby, unread, program } = known;
  const nothing = incidents.length === 0 && remediations.length === 0;
  const gone = subject.labels === undefined ? ' (does not exist now)' : '';
  const said = nothing
    ? 'no Incident and no Remediation is about it'
    : `${counted(incidents.length, 'Incident')} and ${counted(remediations.length, 'Remediation')} are about it`;
  const next = [
    ...incidents.map(({ metadata }) => `${program} why incident ${metadata.name} -n ${metadata.namespace}`),
    ...remediations.map(({ metadata }) => `${program} why remediation ${metadata.name} -n ${metadata.namespace}`),
  ];
  return [
    ...wrapped(`${name}${gone}: ${said}`, view.columns, 2),
    ...section(
      view,
      'INCIDENTS',
      incidents.flatMap((incident) => incidentLines(incident, view)),
    ),
    ...section(
      view,
      'REMEDIATIONS',
      remediations.flatMap((attempt) => attemptLines(attempt, view)),
    ),
    ...section(
      view,
      subject.kind === 'Node' ? 'INCIDENTS OF WHAT RUNS ON IT' : 'INCIDENTS OF ITS NODE',
      nearby.flatMap((incident) => incidentLines(incident, view)),
    ),
    ...section(view, 'POLICIES', policies(selections, subject, view)),
    ...section(
      view,
      'NOT READ',
      unread.flatMap((line) => wrapped(line, view.columns - 2, 2)),
    ),
    ...section(view, 'NEXT', next),
  ];
}

function incidentLines(incident: Incident, view: View): string[] {
  const { metadata, spec, status } = incident;
  const state = isTrue(status?.conditions, 'Resolved') ? view.paint('good', 'resolved') : view.paint('bad', 'open');
  const telling = findCondition(status?.conditions, 'Remediating') ?? findCondition(status?.conditions, 'Active');
  const more = telling === undefined ? '' : `; ${telling.reason}: ${telling.message}`;
  return wrapped(
    `${qualified(metadata)}: ${state}: ${spec.policyRef.name} of ${targetName(spec.target)}, ${ago(spec.openedTime, view.nowMs)} ago${more}`,
    view.columns - 2,
    2,
  );
}

function policies(selections: readonly Selection[], subject: Subject, view: View): string[] {
  if (selections.length === 0) {
    const where = subject.namespace === undefined ? 'the root namespace' : `${subject.namespace} or the root namespace`;
    const nothing = subject.kind === 'Workload' ? 'nothing but those of its pods watches it' : 'nothing watches it';
    return wrapped(`no DetectionPolicy of ${where} is about a ${subject.kind}: ${nothing}`, view.columns - 2, 2);
  }
  return selections.flatMap((selection) => selectionLines(selection, subject, view));
}

function selectionLines({ policy, isSelected, why }: Selection, subject: Subject, view: View): string[] {
  const { metadata, spec, status } = policy;
  const { paint } = view;
  if (isSelected !== true) {
    const word = isSelected === false ? paint('dim', 'does not watch it') : paint('warn', 'may watch it');
    return wrapped(`${qualified(metadata)}: ${word}: ${why}`, view.columns - 2, 2);
  }
  const troubles = troublesOf(policy).map(
    ({ type, status: is, reason, message }) => `${type}=${is}: ${reason}: ${message}`,
  );
  const fires = status?.firing?.some(
    ({ target }) => target.name === subject.name && target.namespace === subject.namespace,
  );
  const state = [
    `watches it ${why}`,
    ...(spec.mode === 'Observe' ? ['in mode Observe: it reports, and nothing follows'] : []),
    ...(fires === true ? [paint('bad', 'it fires')] : ['it does not fire']),
    ...troubles.map((trouble) => paint('bad', trouble)),
  ];
  return wrapped(`${qualified(metadata)}: ${state.join('; ')}`, view.columns - 2, 2);
}
