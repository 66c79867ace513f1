import { percentage } from '../engine/quantity-schema.ts';
import type { Infer, Schema } from '../engine/schema.ts';
import { age, column, condition, wide } from './columns.ts';
import { conditions, observedGeneration } from './conditions.ts';
import { define, type CustomObject } from './definition.ts';
import { count, label, limit, text } from './fragments.ts';
import { health, rate, schedule, storm, stormRecord, topology } from './guards.ts';
import { modes } from './remediation-plan.ts';
import { selector } from './selector.ts';

const spec = {
  type: 'object',
  description: 'What is allowed at most. Where several guardrails apply, each of them holds.',
  properties: {
    paused: {
      type: 'array',
      maxItems: 16,
      description:
        'Reasons to do nothing for now; while there is one, no step begins. Undo goes on. Example: [{reason: "freeze until Monday", by: alice}].',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        description: 'One reason; each person removes their own.',
        required: ['reason', 'by'],
        properties: { reason: text('Why.', 256), by: text('Who asked for it.', 256) },
      },
    },
    maxMode: {
      type: 'string',
      enum: modes,
      description: 'Plans run in this mode at most, whatever they say. Example: Approve.',
    },
    maxConcurrent: limit(
      'Remediations at one time, of all plans together: a number, or a share such as "10%" of the targets of each kind that policies under this guardrail select. Example: "10%".',
    ),
    maxPerWindow: rate(
      'Remediations that begin in any stretch of time, of all plans together. Example: {count: 20, seconds: 3600}.',
    ),
    perTopology: topology(
      'Remediations at one time in each zone, rack or the like, of all plans together. Example: {key: topology.kubernetes.io/zone, maxConcurrent: 2}.',
    ),
    minHealthy: health(
      'At least so many must be healthy besides the target, whatever a plan says: pods of its workload, or (where a node is changed) nodes; a number, or a share rounded up. Example: "70%".',
    ),
    storm: storm(
      'While more of the targets of one kind fire than this, of all policies under this guardrail, nothing is done to targets of that kind. Example: {above: "30%", clearSeconds: 600}.',
    ),
    schedule: schedule(
      'When Remediations may begin, whatever a plan says. Example: [{cron: "0 0 24 12 *", seconds: 604800, timeZone: Europe/Paris, effect: Deny}].',
    ),
    minPrecision: percentage(
      'Plans whose policy has been right less often than this, as people judge its Incidents, ask for approval. Example: "90%".',
    ),
    protect: {
      type: 'array',
      maxItems: 16,
      description:
        'What is never acted on. Example: [{namespaces: [kube-system]}, {nodeSelector: {matchLabels: {node-role.kubernetes.io/control-plane: ""}}}].',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        description: 'Something is protected when everything that is set here matches it.',
        properties: {
          namespaces: {
            type: 'array',
            minItems: 1,
            maxItems: 64,
            description: 'Everything in these namespaces.',
            'x-kubernetes-list-type': 'set',
            items: label('The name of a namespace.'),
          },
          selector: selector('Pods, workloads and their autoscalers with these labels.'),
          nodeSelector: selector('Nodes with these labels, and what is done to pods does not count.'),
        },
        'x-kubernetes-validations': [
          {
            rule: 'has(self.namespaces) || has(self.selector) || has(self.nodeSelector)',
            message: 'must have at least one of namespaces, selector and nodeSelector',
          },
          {
            rule: '!has(self.nodeSelector) || (!has(self.namespaces) && !has(self.selector))',
            message:
              'nodeSelector is about nodes and stands alone: put namespaces and selector into an entry of their own',
            fieldPath: '.nodeSelector',
          },
        ],
      },
    },
  },
} as const satisfies Schema;

const status = {
  type: 'object',
  description: 'What the guardrail does; written by the operator only.',
  properties: {
    observedGeneration,
    conditions: conditions(
      'Ready (understood and in force), Paused (there is a reason to do nothing), Storm (too many targets fire, and nothing is done).',
    ),
    active: count('Remediations under this guardrail that are not finished.'),
    storms: {
      type: 'array',
      maxItems: 8,
      description: 'The storms that are on or were lately, of spec.storm, by kind of target.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['kind'],
      items: {
        ...stormRecord('One of them.'),
        required: ['kind', 'since'],
        properties: {
          kind: text('The kind of the targets, such as Node.', 63),
          ...stormRecord('One of them.').properties,
        },
      },
    },
  },
} as const satisfies Schema;

/** Says what is allowed at most; also the switch that stops everything. */
export const guardrail = define({
  kind: 'Guardrail',
  plural: 'guardrails',
  singular: 'guardrail',
  shortNames: ['grail'],
  description: `Says what plans may do at most, what is never touched, and pauses them: the emergency stop. In the operator’s own namespace it holds everywhere, elsewhere for its namespace.
Example:
  spec:
    paused: [{reason: "freeze until Monday", by: alice}]
    maxMode: Approve
    maxConcurrent: "10%"
    protect: [{namespaces: [payments]}]`,
  spec,
  status,
  columns: [
    condition('Paused', 'Whether nothing may be done for now.'),
    column('Max-Mode', '.spec.maxMode', 'The mode that plans have at most.'),
    column('Max-Concurrent', '.spec.maxConcurrent', 'Remediations at one time.'),
    column('Active', '.status.active', 'Remediations that are not finished.', 'integer'),
    condition('Ready', 'Whether the guardrail is in force.'),
    wide(column('Reason', '.spec.paused[0].reason', 'The first reason for the pause.')),
    wide(column('By', '.spec.paused[0].by', 'Who asked for the pause.')),
    age,
  ],
  selectableFields: [],
});

export type GuardrailSpec = Infer<typeof spec>;
export type GuardrailStatus = Infer<typeof status>;
export type Guardrail = CustomObject<'Guardrail', GuardrailSpec, GuardrailStatus>;
