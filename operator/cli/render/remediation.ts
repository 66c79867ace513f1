/** The story of a Remediation: what was seen, what was allowed, what it changes, what becomes of that. */
import type { Incident } from '../../../crds/incident.ts';
import type { PlanStep } from '../../../crds/remediation-plan.ts';
import type { RecordedChange, Remediation, StepStatus } from '../../../crds/remediation.ts';
import { isDeletion } from '../../actions/action.ts';
import { isUnsent } from '../../actions/call.ts';
import { actionOf } from '../../actions/registry.ts';
import { writes } from '../../decide/mode.ts';
import { few, stepDiff } from './changes.ts';
import { conditionLines, timelineLines } from './course.ts';
import { evidenceLines } from './evidence.ts';
import { guardLines } from './guards.ts';
import { objectName, qualified, targetName } from './names.ts';
import { saidOfIncident, saidOfRemediation } from './people.ts';
import { hasEnded, standingOf } from './standing.ts';
import { ago, duration, moment, momentAndDistance } from './times.ts';
import { toldLines } from './told.ts';
import { changeName, undoLines } from './undo.ts';
import { section, wrapped, type View } from './view.ts';

/** What is known of it besides itself. */
export interface Surroundings {
  /** Undefined: it is gone. */
  readonly incident: Incident | undefined;
  /** What its steps would change as things are now, when it has not begun. */
  readonly foreseen: readonly StepStatus[] | undefined;
  /** How the program is called. */
  readonly program: string;
}

export function renderRemediation(remediation: Remediation, around: Surroundings, view: View): string[] {
  const { status } = remediation;
  const { incident, foreseen } = around;
  const said = [...saidOfRemediation(remediation), ...(incident === undefined ? [] : saidOfIncident(incident))];
  return [
    ...headline(remediation, view),
    ...section(view, 'SEEN', seen(remediation, incident, view)),
    ...section(view, 'ROUTE', route(remediation, incident, view)),
    ...section(view, 'GUARDS', guardLines(status?.guards, view)),
    ...section(view, changesTitle(remediation, foreseen), changes(remediation, foreseen ?? status?.steps, view)),
    ...section(view, 'CONCERNS', concerns(remediation, view)),
    ...section(view, 'EFFECT', effect(remediation, view)),
    ...section(view, 'TRIED BEFORE', triedBefore(remediation, view)),
    ...section(
      view,
      'PEOPLE',
      said.flatMap((line) => wrapped(line, view.columns - 2, 2)),
    ),
    ...section(view, 'TOLD', toldLines(incident, view, remediation.metadata.name)),
    ...section(view, 'CONDITIONS', conditionLines(status?.conditions, view)),
    ...section(view, 'COURSE', timelineLines(status?.timeline, view)),
    ...section(view, 'NEXT', next(remediation, around)),
  ];
}

function headline(remediation: Remediation, view: View): string[] {
  const { metadata, spec } = remediation;
  const { word, tone, why, until } = standingOf(remediation);
  const when = until === undefined ? '' : ` (until ${momentAndDistance(until, view.nowMs)})`;
  const account = spec.serviceAccountName === undefined ? '' : `, as service account ${spec.serviceAccountName}`;
  const what = `plan ${spec.planRef.name} for ${targetName(spec.target)}${spec.target.node === undefined || spec.target.kind === 'Node' ? '' : ` on ${spec.target.node}`}`;
  return [
    ...wrapped(`Remediation ${qualified(metadata)}: ${view.paint(tone, word)}: ${why}${when}`, view.columns, 2),
    ...wrapped(
      `${what}; mode ${spec.mode}, attempt ${spec.attempt}${account}; ${ago(metadata.creationTimestamp, view.nowMs)} old`,
      view.columns,
      2,
    ),
  ];
}

function seen({ spec }: Remediation, incident: Incident | undefined, view: View): string[] {
  if (incident === undefined) return [`Incident ${spec.incidentRef.name} is no more`];
  const { status, spec: of } = incident;
  const detected = status?.detectSeconds === undefined ? '' : `, ${status.detectSeconds} s after the first sample`;
  return [
    `Incident ${incident.metadata.name}, ${of.severity}, opened ${momentAndDistance(of.openedTime, view.nowMs)}${detected}`,
    ...evidenceLines(status?.evidence, view),
  ];
}

function route({ spec }: Remediation, incident: Incident | undefined, view: View): string[] {
  const plan = `plan ${spec.planRef.name} (generation ${spec.planRef.generation})`;
  if (incident === undefined) return [plan];
  const { policyRef, route: taken } = incident.spec;
  return wrapped(
    `policy ${policyRef.name} (generation ${policyRef.generation}) → ${taken.to} → ${plan}`,
    view.columns - 2,
    2,
  );
}

/** What the changes are: made, to be made, or never to be. */
function changesTitle({ spec }: Remediation, foreseen: readonly StepStatus[] | undefined): string {
  if (foreseen !== undefined) return 'WOULD CHANGE, AS THINGS ARE NOW';
  return writes(spec.mode) ? 'CHANGES' : 'WOULD HAVE CHANGED';
}

function changes(remediation: Remediation, recorded: readonly StepStatus[] | undefined, view: View): string[] {
  return remediation.spec.steps.flatMap((step, index) => {
    const status = recorded?.find(({ name }) => name === step.name) ?? { name: step.name, state: 'Pending' };
    return (index === 0 ? [] : ['']).concat(changesOfStep(remediation, step, status, view));
  });
}

function changesOfStep(remediation: Remediation, step: PlanStep, status: StepStatus, view: View): string[] {
  const { action = actionOf(step.action).name, changes: all = [], state, message } = status;
  const settled = all.filter(({ undo }) => undo !== undefined && undo.state !== 'None');
  // Of what was never made, or has been settled, nothing will be.
  const isUnsentCall = state === 'Failed' && all.length > 0 && all.every(isUnsent);
  const isOpen = writes(remediation.spec.mode) && !isUnsentCall && (all.length > settled.length || state === 'Pending');
  const told = [
    ...(status.changes === undefined || message === undefined ? [] : [message]),
    ...(state === 'Prepared' ? waiting(all, view) : []),
    ...(isUnsentCall ? ['nothing was sent: there is nothing to take back'] : []),
    ...undoLines(settled, view),
    ...(isOpen ? undoPlan(step, all, { ended: hasEnded(remediation), said: message }) : []),
  ];
  return [
    ...stepDiff({ ...status, action }, view),
    ...told.flatMap((line) => wrapped(`  ${line}`, view.columns - 2, 4)),
  ];
}

/** What the API server refuses for now, and when it is asked again; of several, as of one budget, once. */
function waiting(changes: readonly RecordedChange[], { nowMs, paint }: View): string[] {
  const all = changes.flatMap(({ object, waiting: why }) => (why === undefined ? [] : [{ object, ...why }]));
  return [...Map.groupBy(all, ({ since, until, message }) => [since, until, message].join(' ')).values()].flatMap(
    (alike) => {
      const [first] = alike;
      if (first === undefined) return [];
      const { shown, left } = few(alike);
      const names = shown.map(({ object }) => objectName(object)).join(', ');
      const more = left.length === 0 ? '' : ` and ${left.length} more`;
      return `${paint('warn', '… waits')}: ${names}${more}, since ${moment(first.since, nowMs)}: ${first.message}; asked for again at ${moment(first.until, nowMs)}`;
    },
  );
}

/** What takes a step back, by the plan. Of a drain that is the cordon only: what ended does not come back. */
function undoPlan(
  step: PlanStep,
  changes: readonly RecordedChange[],
  { ended, said = '' }: { readonly ended: boolean; readonly said?: string | undefined },
): string[] {
  const [ends, others] = [changes.filter(isDeletion), changes.filter((change) => !isDeletion(change))];
  if (!actionOf(step.action).reversible || (ends.length > 0 && others.length === 0))
    return said.includes('cannot be taken back') ? [] : ['cannot be taken back'];
  if (ends.length === 0) return [becomes(step, ended)];
  return [`what ends cannot be taken back; ${others.map(changeName).join(', ')} ${becomes(step, ended)}`];
}

/** What becomes by the plan of what can be taken back. */
function becomes({ undo }: PlanStep, ended: boolean): string {
  if (undo === undefined || undo.when === 'Never')
    return `stays, unless ${ended ? '' : 'the verification fails or '}somebody asks to undo it`;
  const after = duration(undo.afterSeconds * 1000);
  if (undo.when === 'Elapsed') return `is taken back ${after} after it was done`;
  return `is taken back ${undo.afterSeconds === 0 ? 'as soon as' : `${after} after`} the target has recovered`;
}

/** Whom it concerns besides its target, as it was foreseen. */
function concerns({ status }: Remediation, view: View): string[] {
  const { time, blastRadius } = status?.preview ?? {};
  if (blastRadius === undefined) return [];
  return wrapped(`${blastRadius.summary} (as of ${moment(time, view.nowMs)})`, view.columns - 2, 2);
}

function effect(remediation: Remediation, view: View): string[] {
  const { before, after, summary } = remediation.status?.effect ?? {};
  const ended = hasEnded(remediation);
  const when =
    after === undefined
      ? before && `measured before it began, ${moment(before.time, view.nowMs)}; ${ended ? 'not' : 'not yet'} after`
      : `from ${moment(before?.time, view.nowMs)} to ${moment(after.time, view.nowMs)}`;
  return [summary, when].flatMap((line) => (line === undefined ? [] : wrapped(line, view.columns - 2, 2)));
}

const triedBefore = ({ status }: Remediation, view: View): string[] =>
  (status?.tried ?? []).flatMap(({ name, plan, did, outcome, finishedTime }) =>
    wrapped(`${name} (plan ${plan}): ${did}: ${outcome}, ${moment(finishedTime, view.nowMs)}`, view.columns - 2, 2),
  );

function next(remediation: Remediation, { program, foreseen }: Surroundings): string[] {
  const { metadata, status, spec } = remediation;
  const command = (verb: string, more = ''): string =>
    `${program} ${verb} ${metadata.name} -n ${metadata.namespace}${more}`;
  const { word } = standingOf(remediation);
  if (word === 'AwaitingApproval') return [command('approve'), command('deny')];
  if (word === 'Blocked' && status?.guards?.some(({ name, passed }) => name === 'paused' && !passed)) {
    return [
      `${program} resume -n ${metadata.namespace}, or -A, by whoever has paused`,
      command('cancel', ' --reason …'),
    ];
  }
  if (!hasEnded(remediation))
    return [command('cancel', ' --reason …'), ...(foreseen === undefined ? [command('undo')] : [])];
  const stands = status?.steps?.some(
    ({ state, changes: made }) =>
      state === 'Applied' && made?.some(({ undo }) => undo === undefined || undo.state === 'None'),
  );
  return stands && spec.undoRequested === undefined ? [command('undo')] : [];
}
