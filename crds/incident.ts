import type { Infer, Schema } from '../engine/schema.ts';
import { age, column, condition, wide } from './columns.ts';
import { conditions, observedGeneration, timeline } from './conditions.ts';
import { define, type CustomObject } from './definition.ts';
import { count, figure, immutable, label, objectName, text, time } from './fragments.ts';
import { generationReference, targetReference } from './references.ts';

const spec = {
  type: 'object',
  description: 'What it is about, fixed when it is opened; and what people say of it.',
  required: ['policyRef', 'target', 'openedTime', 'severity', 'route'],
  properties: {
    policyRef: immutable(
      generationReference('The DetectionPolicy that fired. Example: {name: memory-leak, uid: …, generation: 3}.'),
    ),
    target: immutable(targetReference('What fired. Example: {kind: Pod, namespace: shop, name: cart-7f9c, uid: …}.')),
    openedTime: immutable(time('When the verdict was made. Example: "2026-01-31T08:15:00Z".')),
    severity: immutable({
      type: 'string',
      enum: ['Info', 'Warning', 'Critical'],
      description: 'The severity of the policy at that time. Example: Warning.',
    }),
    route: immutable({
      type: 'object',
      description: 'The route that matched. Example: {to: Remediate, plan: restart-leaky}.',
      required: ['to'],
      properties: {
        to: { type: 'string', enum: ['Incident', 'Remediate', 'Escalate'], description: 'Where it led.' },
        plan: objectName('The RemediationPlan, for Remediate.'),
        notifier: label('Who is told, for Escalate.'),
      },
    }),
    verdict: {
      type: 'string',
      enum: ['TruePositive', 'FalsePositive'],
      description:
        'A person’s word on whether the policy was right; counted in the policy’s feedback. Example: FalsePositive.',
    },
    verdictBy: text('Whose word that is. Example: alice.', 256),
    acknowledged: {
      type: 'object',
      description: 'Set by the person who looks after it. Example: {by: alice}.',
      required: ['by'],
      properties: { by: text('Who.', 256) },
    },
    note: text('What people want to remember. Example: "known: nightly import".', 4096),
  },
} as const satisfies Schema;

const evidence = {
  type: 'object',
  description: 'What one signal showed when the Incident was opened.',
  required: ['signal', 'metric', 'firing'],
  properties: {
    signal: text('The name of the signal.', 63),
    metric: text('Its metric.', 128),
    aggregate: text('How the samples were aggregated, such as P95.', 16),
    windowSeconds: count('Over how many seconds.'),
    value: figure('The aggregate, such as "0.93".'),
    threshold: text('What it was compared with, such as "> 90%".', 128),
    finding: text('What was found, such as "reaches 100% in 14 min at +0.42%/min".', 256),
    firing: { type: 'boolean', description: 'Whether the signal fired.' },
    confidence: figure('How sure the detector was, such as "99.2%".'),
    since: time('Since when it fired.'),
    samples: count('Samples in the window.'),
    quality: {
      type: 'object',
      description:
        'What is wrong with the samples; all but late and skewMilliseconds have lowered the confidence. Absent: nothing is. Example: {missing: 12, resets: 1}.',
      properties: {
        missing: count('Samples that should be in the window and are not.'),
        resets: count('How often a counter began anew within the window; 16 stands for more, too.'),
        infinite: count('Infinite values, which were left out; 16 stands for more, too.'),
        late: count('Samples left out since they came too late, and frames of the source that did.'),
        mistimed: count(
          'Frames of the source that said a time that cannot be; they count as read when they were stored.',
        ),
        outliers: count('Single values far away from those before and after, where the policy asks for them.'),
        imputed: count('Samples that were made up, since the policy says so.'),
        skewMilliseconds: {
          type: 'integer',
          minimum: -2_147_483_648,
          maximum: 2_147_483_647,
          description:
            'By how much the times of the source were corrected: its clock is behind, or ahead when negative.',
        },
        flatSeconds: count('For how long a value that never stands still has been exactly the same.'),
      },
    },
    usual: {
      type: 'object',
      description:
        'What samples of this metric usually are, for the workload or node at this hour; absent: the value cannot be compared with them, or no history is kept. Example: {p50: "0.41", p99: "0.62", over: HourOfWeek, hours: 4}.',
      properties: {
        p50: figure('Half of the samples are below it.'),
        p99: figure('Of 100 samples 99 are below it.'),
        over: {
          type: 'string',
          enum: ['HourOfWeek', 'HourOfDay', 'Overall'],
          description:
            'Of which hours: this hour of the week (UTC); this hour of every day, or all there is, while there is little history.',
        },
        hours: count('Of how many hours it was made.'),
        absent: text('Why it is not known, such as "no history yet".', 128),
      },
    },
    source: text('Whose frames they came from.', 512),
    fromSequence: count('The first frame of the window.'),
    toSequence: count('The last frame of the window.'),
  },
} as const satisfies Schema;

const notification = {
  type: 'object',
  description: 'One thing that one notifier is told.',
  required: ['notifier', 'about', 'reason', 'state'],
  properties: {
    notifier: label('Who is told: a name from the notifiers file of the operator.'),
    about: text('Incident, or the step that asks for it, such as "fence-3f1c09ab52/page".', 512),
    reason: text('Why people are told, as one CamelCase word, such as AttemptsExhausted.', 128),
    message: text('Why, in a sentence.'),
    state: {
      type: 'string',
      enum: ['Pending', 'Delivered', 'Failing', 'Refused', 'UnknownNotifier', 'Dropped'],
      description:
        'Pending: to be told. Delivered: the notifier has accepted it. Failing: it does not answer, and is tried again. Refused: it says no, and is seldom tried again. UnknownNotifier: nobody of that name is configured. Dropped: it was over before it could be told.',
    },
    told: {
      type: 'string',
      enum: ['Opened', 'Acknowledged', 'Resolved', 'Message'],
      description: 'What was delivered last.',
    },
    toldTime: time('When that was.'),
    error: text('What the notifier said when it was tried last; absent when it accepted.'),
  },
} as const satisfies Schema;

const status = {
  type: 'object',
  description: 'The course of the Incident; written by the operator only.',
  properties: {
    observedGeneration,
    conditions: conditions(
      'Active (the target still fires), Acknowledged (a person looks after it), Escalated (people are told), Resolved (the target recovered).',
    ),
    evidence: {
      type: 'array',
      maxItems: 16,
      description: 'What the signals showed.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['signal'],
      items: evidence,
    },
    remediations: {
      type: 'array',
      maxItems: 100,
      description: 'The attempts to repair it, oldest first.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        description: 'One attempt.',
        required: ['name'],
        properties: { name: objectName('The Remediation in the same namespace.') },
      },
    },
    notifications: {
      type: 'array',
      maxItems: 32,
      description: 'Who is told of it, and how far that is. What is not told yet is tried until it is.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['notifier', 'about'],
      items: notification,
    },
    firstSampleTime: time(
      'When the sample was captured that began the episode; absent when that is not known any more.',
    ),
    detectSeconds: figure('From that sample to the Incident, such as "0.412".'),
    repairSeconds: figure('From the Incident to recovery, such as "95.2".'),
    timeline,
  },
} as const satisfies Schema;

/** One episode of one target: what was seen, what was done about it, and what people said of it. */
export const incident = define({
  kind: 'Incident',
  plural: 'incidents',
  singular: 'incident',
  shortNames: ['inc'],
  description: `One episode of trouble with one target, with its evidence. Made by the operator; people acknowledge it and say whether it was right.
Example of what people set:
  spec:
    acknowledged: {by: alice}
    verdict: FalsePositive
    note: "known: nightly import"`,
  spec,
  status,
  columns: [
    column('Severity', '.spec.severity', 'How bad it is.'),
    column('Policy', '.spec.policyRef.name', 'The policy that fired.'),
    column('Kind', '.spec.target.kind', 'What fired.'),
    column('Target', '.spec.target.name', 'The name of what fired.'),
    condition('Active', 'Whether the target still fires.'),
    condition('Resolved', 'Whether the target recovered.'),
    column('Detect-s', '.status.detectSeconds', 'First sample to Incident.'),
    column('Repair-s', '.status.repairSeconds', 'Incident to recovery.'),
    wide(column('Container', '.spec.target.container', 'The container.')),
    wide(column('Node', '.spec.target.node', 'The node it runs on.')),
    wide(column('Plan', '.spec.route.plan', 'The plan that repairs it.')),
    wide(column('Verdict', '.spec.verdict', 'What a person said of it.')),
    wide(column('Acknowledged', '.spec.acknowledged.by', 'Who looks after it.')),
    age,
  ],
  selectableFields: [
    '.spec.policyRef.name',
    '.spec.target.kind',
    '.spec.target.name',
    '.spec.target.uid',
    '.spec.severity',
  ],
});

export type IncidentSpec = Infer<typeof spec>;
export type IncidentStatus = Infer<typeof status>;
/** The record of one thing that one notifier is told. */
export type NotificationRecord = Infer<typeof notification>;
export type Incident = CustomObject<'Incident', IncidentSpec, IncidentStatus>;
