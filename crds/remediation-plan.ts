import type { Infer, Schema } from '../engine/schema.ts';
import { action, irreversible, undoneByOwnMeans } from './actions.ts';
import { age, column, condition, wide } from './columns.ts';
import { conditions, observedGeneration } from './conditions.ts';
import { define, type CustomObject } from './definition.ts';
import { count, expression, label, objectName } from './fragments.ts';
import { guards, stormRecord } from './guards.ts';

/** What a plan may do: each mode does what those before it do, and more. */
export const modes = ['Observe', 'DryRun', 'Approve', 'Enforce'] as const;
export type Mode = (typeof modes)[number];

/** `steps`, as a plan has them and a Remediation copies them. */
export const steps = {
  type: 'array',
  minItems: 1,
  maxItems: 8,
  description:
    'What is done, one after the other; a failed step ends the plan. Example: [{name: room, action: {scale: {by: 1, max: 10}}, undo: {when: Recovered}}].',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: {
    type: 'object',
    description: 'One step.',
    required: ['name', 'action'],
    properties: {
      name: label('The name of the step, such as restart.'),
      action,
      timeoutSeconds: {
        type: 'integer',
        minimum: 1,
        maximum: 3600,
        default: 60,
        description: 'The effect must be seen within this time, or the step has failed.',
      },
      undo: {
        type: 'object',
        description:
          'When the change is taken back by itself; absent: never, though it can be asked for (Remediation spec.undoRequested) and follows a failed verification (verify.onFailure). Example: {when: Recovered, afterSeconds: 3600}.',
        required: ['when'],
        properties: {
          when: {
            type: 'string',
            enum: ['Recovered', 'Elapsed', 'Never'],
            description:
              'Recovered: when the target is verified as healthy, or after a failure when its Incident is over. Elapsed: after afterSeconds, whether it has recovered or not. Example: Recovered.',
          },
          afterSeconds: {
            type: 'integer',
            minimum: 0,
            maximum: 604_800,
            default: 0,
            description: 'So long after the recovery; with Elapsed, after the step was done. Example: 3600.',
          },
        },
        'x-kubernetes-validations': [
          {
            rule: "self.when != 'Elapsed' || self.afterSeconds > 0",
            message: 'must be at least 1 with when: Elapsed: the seconds for which the change is to last',
            fieldPath: '.afterSeconds',
          },
        ],
      },
    },
    'x-kubernetes-validations': [
      ...irreversible.map((name) => ({
        rule: `!has(self.undo) || self.undo.when == 'Never' || !has(self.action.${name})`,
        message: `${name} cannot be undone: remove undo`,
        fieldPath: '.undo',
      })),
      ...undoneByOwnMeans.map((name) => ({
        rule: `!has(self.undo) || self.undo.when == 'Never' || !has(self.action.${name}) || has(self.action.${name}.undo)`,
        message: `a ${name} without an undo of its own cannot be undone: add action.${name}.undo, or remove undo`,
        fieldPath: '.undo',
      })),
    ],
  },
} as const satisfies Schema;

/** What becomes of what was done, when it did not lead to recovery. */
const ends = ['Undo', 'Keep', 'Escalate'] as const;

/** `verify`, as a plan has it and a Remediation copies it. */
export const verify = {
  type: 'object',
  default: { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' },
  description:
    'How success is told: the target must stop firing, or the condition must hold, and stay so. Example: {stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: Undo, onInconclusive: Escalate}.',
  properties: {
    stabilizationSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 86_400,
      default: 60,
      description: 'The target must not fire for so long.',
    },
    timeoutSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 86_400,
      default: 300,
      description:
        'Not verified within this time is failed; a target that is quiet at its end is given the rest of the stabilization. Example: 300.',
    },
    condition: expression(
      'Recovery is this, instead of the policy’s word: CEL over the live objects target and workload (of a pod: what it belongs to). A field that is absent makes it not hold. Example: target.status.readyReplicas == target.spec.replicas.',
    ),
    onFailure: {
      type: 'string',
      enum: ends,
      default: 'Undo',
      description:
        'When it did not help, or a step failed. Undo: what can be undone is undone. Keep: it stays, and another attempt may follow. Escalate: it stays, and people are asked instead of another attempt.',
    },
    onError: {
      type: 'string',
      enum: ends,
      description:
        'When whether it helped could not be found out: the condition cannot be evaluated, the objects cannot be read. Absent: Keep. Example: Escalate.',
    },
    onInconclusive: {
      type: 'string',
      enum: ends,
      description: 'When nothing can be said, because there are no recent samples. Absent: Keep. Example: Escalate.',
    },
    maxIneffective: {
      type: 'integer',
      minimum: 1,
      maximum: 16,
      description:
        'After so many attempts in a row that had no effect on the target, whatever their plans, no other is made and people are asked; absent: 5.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: 'self.timeoutSeconds >= self.stabilizationSeconds',
      message: 'must be at least stabilizationSeconds: the time in which the target has to stay quiet',
      fieldPath: '.timeoutSeconds',
    },
  ],
} as const satisfies Schema;

const spec = {
  type: 'object',
  description: 'What is done about a fault, and within which limits.',
  required: ['steps'],
  properties: {
    mode: {
      type: 'string',
      enum: modes,
      default: 'Observe',
      description:
        'Observe: written down what would be done. DryRun: the API server is asked too, without effect. Approve: done once a person approves. Enforce: done. A Guardrail may lower it. Example: Approve.',
    },
    serviceAccountName: objectName(
      'Targets are changed in the name of this service account of the same namespace; absent: in the operator’s own. Example: cart-remediator.',
    ),
    steps,
    verify,
    guards,
    approval: {
      type: 'object',
      description:
        'How many must approve in mode Approve, and for how long that is waited for. Example: {expireSeconds: 3600, quorum: 2}.',
      minProperties: 1,
      properties: {
        expireSeconds: {
          type: 'integer',
          minimum: 1,
          maximum: 604_800,
          description:
            'A Remediation that has not begun so long after its creation ends, whatever was approved: it was approved for what was the case then. Absent: never.',
        },
        quorum: {
          type: 'integer',
          minimum: 1,
          maximum: 16,
          description: 'So many different people must approve; absent: 1.',
        },
      },
    },
    escalation: {
      type: 'object',
      description:
        'Who is told, with all that was tried, when the plan gives up: its attempts are exhausted or show no effect, nobody approved in time, or it cannot run. Example: {notifier: oncall}.',
      required: ['notifier'],
      properties: { notifier: label('A name from the notifiers file of the operator.') },
    },
    historyLimit: {
      type: 'integer',
      minimum: 0,
      maximum: 1000,
      default: 10,
      description:
        'Finished Remediations that are kept. Kept anyway are those that are still to be undone, not sealed, or needed by the guards, and the newest hundred of which something stands that a person could have undone. Example: 10.',
    },
    historyMaxAgeSeconds: {
      type: 'integer',
      minimum: 3600,
      maximum: 315_360_000,
      description:
        'Finished Remediations are kept for so long, however few they are; absent: for ever. What historyLimit keeps anyway is kept here too. Example: 7776000.',
    },
  },
} as const satisfies Schema;

const status = {
  type: 'object',
  description: 'What became of the plan; written by the operator only.',
  properties: {
    observedGeneration,
    conditions: conditions(
      'Ready (understood, and its service account may do what its steps need), Storm (too many targets fire, and nothing is done), BreakerClosed (the last Remediations helped), NotifierFound (whom it tells something exists, and whom it calls may be called), AuditIntact (the records of its namespace are as they were sealed).',
    ),
    active: count('Remediations that are not finished.'),
    succeeded: count('Remediations kept that succeeded. One that only wrote down what it would do counts as neither.'),
    failed: count('Remediations kept that failed.'),
    storm: stormRecord('The storm that is on or was lately, of guards.storm; absent: none.'),
  },
} as const satisfies Schema;

/** Says what is done about a fault. */
export const remediationPlan = define({
  kind: 'RemediationPlan',
  plural: 'remediationplans',
  singular: 'remediationplan',
  shortNames: ['rplan'],
  maxNameLength: 63,
  description: `Says what is done about a fault: steps, how their success is told, what is undone, and the limits. A DetectionPolicy of the same namespace names it in a route.
Example:
  spec:
    mode: Approve
    steps:
    - {name: room, action: {scale: {by: 1, max: 10}}, undo: {when: Recovered, afterSeconds: 3600}}
    verify: {stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: Undo}
    guards: {maxConcurrent: 1, maxPerWindow: {count: 5, seconds: 600}, minHealthy: "60%", maxAttempts: 3, cooldownSeconds: 300}`,
  spec,
  status,
  columns: [
    column('Mode', '.spec.mode', 'What the plan may do.'),
    condition('Ready', 'Whether the plan can run.'),
    column('Active', '.status.active', 'Remediations that are not finished.', 'integer'),
    column('Succeeded', '.status.succeeded', 'Remediations that succeeded.', 'integer'),
    column('Failed', '.status.failed', 'Remediations that failed.', 'integer'),
    wide(column('Account', '.spec.serviceAccountName', 'The service account that changes the targets.')),
    wide(condition('Reason', 'What is wrong with the plan, if anything.', 'Ready', 'message')),
    age,
  ],
  selectableFields: ['.spec.mode'],
});

export type RemediationPlanSpec = Infer<typeof spec>;
export type RemediationPlanStatus = Infer<typeof status>;
export type RemediationPlan = CustomObject<'RemediationPlan', RemediationPlanSpec, RemediationPlanStatus>;
/** One step of a plan. */
export type PlanStep = RemediationPlanSpec['steps'][number];
