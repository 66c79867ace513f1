import type { Infer } from '../engine/schema.ts';
import { age, column, condition, wide } from './columns.ts';
import { define, type CustomObject } from './definition.ts';
import type { change } from './remediation/change.ts';
import type { guardCheck } from './remediation/guard-check.ts';
import type { seal } from './remediation/seal.ts';
import { spec } from './remediation/spec.ts';
import { status } from './remediation/status.ts';
import type { stepStatus } from './remediation/step-status.ts';

/** One attempt to repair one target: the record of what was done, from which it can be undone. */
export const remediation = define({
  kind: 'Remediation',
  plural: 'remediations',
  singular: 'remediation',
  shortNames: ['rem'],
  description: `One attempt to repair one target. Every change is written into its status before it is made, so that it can be finished after a crash and undone. Made by the operator; people approve, cancel or ask to undo.
Example of what people set:
  spec:
    approvals: [{by: alice, decision: Approved}]
    undoRequested: {by: alice, reason: "not the cause"}`,
  spec,
  status,
  columns: [
    column('Plan', '.spec.planRef.name', 'The plan it follows.'),
    column('Mode', '.spec.mode', 'What it may do.'),
    column('Kind', '.spec.target.kind', 'What it is done to.'),
    column('Target', '.spec.target.name', 'The name of what it is done to.'),
    condition('Applied', 'Whether all steps are done.'),
    condition('Verified', 'Whether the target recovered.'),
    condition('Succeeded', 'How it ended.'),
    condition('Reason', 'Why it stands where it stands.', 'Succeeded', 'reason'),
    wide(condition('Undone', 'Whether it is taken back.')),
    wide(condition('Blocked', 'What it waits for.', 'Blocked', 'message')),
    wide(column('Pods', '.status.preview.blastRadius.pods', 'Pods that would end.', 'integer')),
    wide(column('Blast-Radius', '.status.preview.blastRadius.summary', 'Whom it would concern.')),
    wide(column('Incident', '.spec.incidentRef.name', 'The Incident.')),
    wide(column('Attempt', '.spec.attempt', 'Which attempt.', 'integer')),
    wide(column('Approvals', '.status.approval.given', 'How many have approved.', 'integer')),
    wide(column('Expires', '.status.approval.expiresTime', 'When the wait for approval ends.')),
    age,
  ],
  selectableFields: [
    '.spec.planRef.name',
    '.spec.incidentRef.name',
    '.spec.target.kind',
    '.spec.target.name',
    '.spec.target.uid',
    '.spec.mode',
  ],
});

export type RemediationSpec = Infer<typeof spec>;
export type RemediationStatus = Infer<typeof status>;
export type Remediation = CustomObject<'Remediation', RemediationSpec, RemediationStatus>;
export type StepStatus = Infer<typeof stepStatus>;
/** A recorded change of one field. */
export type RecordedChange = Infer<typeof change>;
/** What was measured of a target at one moment. */
export type Measurement = NonNullable<NonNullable<RemediationStatus['effect']>['before']>;
/** One link of the audit chain. */
export type Seal = Infer<typeof seal>;
/** The record of one guard. */
export type GuardCheck = Infer<typeof guardCheck>;
