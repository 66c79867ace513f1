/**
 * What of a Remediation is sealed. Its *record* does not change after its end: who, what, when, why, and how it ended.
 * *Facts* come later, or may: what people wished, and what became of the undo. Each is sealed when it is there, behind
 * what was sealed before; so nothing that was sealed is ever written anew.
 */
import type { Incident } from '../../crds/incident.ts';
import type { RecordedChange, Remediation } from '../../crds/remediation.ts';

/** A fact by its name, such as `undo room 0`: unique within a Remediation. */
export interface Fact {
  readonly name: string;
  readonly text: string;
}

/** Facts that people may change; all others stand once they are there. */
const wishes = ['undoRequested', 'cancelRequested'] as const;
const lastingConditions = new Set(['Approved', 'Applied', 'Verified', 'Succeeded']);
const finalStates = new Set(['Done', 'Superseded', 'Irreversible']);

/** As much of what a person says as a fact keeps. */
const longest = 200;

export const isFinished = ({ status }: Remediation): boolean => status?.finishedTime !== undefined;

/**
 * The record, as a value. Defaults that a later version of our schemas adds to an action's parameters would show up in
 * stored objects too: whoever adds one takes it out here.
 */
export const recordOf = ({ metadata, spec, status = {} }: Remediation): unknown => ({
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  createdTime: metadata.creationTimestamp,
  planRef: spec.planRef,
  incidentRef: spec.incidentRef,
  target: spec.target,
  mode: spec.mode,
  attempt: spec.attempt,
  serviceAccountName: spec.serviceAccountName,
  actions: spec.steps.map(({ name, action }) => ({ name, action })),
  guards: status.guards,
  steps: status.steps?.map(({ name, action, state, startedTime, finishedTime, message, changes }) => ({
    name,
    action,
    state,
    startedTime,
    finishedTime,
    message,
    changes: changes?.map(withoutUndo),
  })),
  conditions: (status.conditions ?? [])
    .filter(({ type }) => lastingConditions.has(type))
    .map(({ type, status: is, reason, message, lastTransitionTime }) => ({
      type,
      is,
      reason,
      message,
      lastTransitionTime,
    }))
    .toSorted((a, b) => (a.type < b.type ? -1 : 1)),
  effect: status.effect,
  tried: status.tried,
  startedTime: status.startedTime,
  finishedTime: status.finishedTime,
});

const withoutUndo = ({ object, path, subresource, from, to, fromManagers }: RecordedChange): unknown => ({
  object,
  path,
  subresource,
  from,
  to,
  fromManagers,
});

/** What has come to stand by now. */
export function factsOf({ spec, status = {} }: Remediation): Fact[] {
  const approvals = (status.approval?.decisions ?? []).map(({ by, decision, time }) =>
    fact(`approval ${by}`, `${decision} at ${time}`),
  );
  const wished = wishes.flatMap((name) => {
    const wish = spec[name];
    return wish === undefined ? [] : fact(name, `by ${wish.by}: ${wish.reason}`);
  });
  const undone = (status.steps ?? []).flatMap(({ name, changes = [] }) =>
    changes.flatMap(({ undo }, index) =>
      undo === undefined || !finalStates.has(undo.state)
        ? []
        : fact(`undo ${name} ${index}`, [undo.state, undo.supersededBy, undo.time].filter(Boolean).join(' ')),
    ),
  );
  return [...approvals, ...wished, ...undone];
}

const fact = (name: string, text: string): Fact => ({ name: name.slice(0, longest), text: text.slice(0, longest) });

/** Whether a fact that was sealed may be followed by another one of its name. */
export const mayChange = ({ name }: Fact): boolean => wishes.some((wish) => wish === name);

/** Why it was done, as a value: the Incident and its evidence, which stand from its opening on. */
export const evidenceOf = ({ metadata, spec, status }: Incident): unknown => ({
  uid: metadata.uid,
  policyRef: spec.policyRef,
  target: spec.target,
  openedTime: spec.openedTime,
  evidence: status?.evidence,
});
