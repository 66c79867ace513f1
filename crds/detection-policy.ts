import { targetKinds } from '../engine/evaluate/target.ts';
import { percentage, properPercentage } from '../engine/quantity-schema.ts';
import type { Infer, Schema } from '../engine/schema.ts';
import { age, column, condition, wide } from './columns.ts';
import { conditions, observedGeneration } from './conditions.ts';
import { define, type CustomObject } from './definition.ts';
import { count, expression, figure, label, text, time } from './fragments.ts';
import { targetReference } from './references.ts';
import { route } from './route.ts';
import { selector } from './selector.ts';
import { signal } from './signal.ts';

const target = {
  type: 'object',
  description:
    'What is watched; outside the operator’s own namespace only things of the same namespace. Example: {kind: Container, selector: {matchLabels: {app: cart}}}.',
  required: ['kind'],
  properties: {
    kind: {
      type: 'string',
      enum: targetKinds,
      description: 'What a verdict is about. The samples of all pods of a Workload are judged together.',
    },
    selector: selector(
      'Labels of the Pod (also for a Container), the Workload or the Node; absent or empty: all of them.',
    ),
    namespaceSelector: selector(
      'Labels of the namespaces looked into; absent: all of them. Only in the operator’s own namespace.',
    ),
    container: label('Only containers of this name. Only for kind Container.'),
    warmupSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 86_400,
      default: 0,
      description:
        'Samples younger than this after the start of the target are not judged: a program that starts looks like one that is broken.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: "!has(self.container) || self.kind == 'Container'",
      message: 'container can only be given for kind Container: remove it or change the kind',
      fieldPath: '.container',
    },
    {
      rule: "!has(self.namespaceSelector) || self.kind != 'Node'",
      message: 'namespaceSelector cannot be given for kind Node: nodes have no namespace',
      fieldPath: '.namespaceSelector',
    },
  ],
} as const satisfies Schema;

const spec = {
  type: 'object',
  description: 'What is watched, what is a fault, and what follows.',
  required: ['target', 'signals', 'routes'],
  properties: {
    target,
    mode: {
      type: 'string',
      enum: ['Observe', 'Enforce'],
      default: 'Enforce',
      description: 'Observe: judged and reported in the status, and nothing follows. Example: Observe.',
    },
    severity: {
      type: 'string',
      enum: ['Info', 'Warning', 'Critical'],
      default: 'Warning',
      description: 'How bad it is when it fires; copied to the Incident. Example: Critical.',
    },
    latencyBudgetMilliseconds: {
      type: 'integer',
      minimum: 10,
      maximum: 600_000,
      default: 1000,
      description:
        'Time from the moment a sample is captured to its verdict; the condition WithinLatencyBudget says whether it is kept. Example: 500.',
    },
    signals: {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      description:
        'What is measured and judged; several windows on one metric are several signals. Example: [{name: high, metric: k8s.container.memory.limit_utilization, window: {seconds: 60, aggregate: P95}, detect: {threshold: {above: "90%"}}}].',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: signal,
    },
    when: expression(
      'CEL over the signals by name (.firing, .value, .confidence, .samples) and target; absent: every signal fires. Example: high.firing || (leaking.firing && leaking.confidence > 0.95).',
    ),
    forSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 86_400,
      default: 0,
      description: 'It must hold for so long before the target fires (until then it is pending). Example: 10.',
    },
    clearForSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 86_400,
      default: 60,
      description: 'It must not hold for so long before a firing target is clear again. Example: 60.',
    },
    missingData: {
      type: 'string',
      enum: ['Hold', 'Clear', 'Fire'],
      default: 'Hold',
      description:
        'What a signal without a value means: Hold: as it was before; Clear: not firing; Fire: firing. Example: Hold.',
    },
    staleAfterSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 3600,
      default: 15,
      description: 'A target without any sample for so long is unknown, and nothing is done about it. Example: 15.',
    },
    minConfidence: {
      ...percentage('A verdict less sure than this does not fire. Example: "95%".'),
      default: '0%',
    },
    falseDiscoveryRate: {
      type: 'object',
      description:
        'Of the targets that begin to fire within the same stretch of time, what share may be false, however many targets there are; absent: each is judged by itself. Those that are not strange enough among so many stay pending. Only chance is judged so: what is certain, such as a threshold, counts among the right ones. Example: {atMost: "5%", withinSeconds: 60}.',
      required: ['atMost'],
      properties: {
        atMost: properPercentage(
          'That share, as is expected. Example: "5%".',
          'at "0%" nothing could ever fire, and at "100%" everything does: leave falseDiscoveryRate out then',
        ),
        withinSeconds: {
          type: 'integer',
          minimum: 1,
          maximum: 604_800,
          default: 60,
          description:
            'How long a stretch is. While nothing is wrong, something fires in that share of all stretches at most: of minutes at "5%", in one of twenty, of hours in eight a week. The longer they are, the stranger a target must be. Example: 3600.',
        },
      },
    },
    routes: {
      type: 'array',
      minItems: 1,
      maxItems: 8,
      description:
        'What follows when a target fires; the first match wins. Example: [{when: "confidence >= 0.99", to: Remediate, plan: restart-leaky}, {to: Incident}].',
      'x-kubernetes-list-type': 'atomic',
      items: route,
      'x-kubernetes-validations': [
        {
          rule: 'self.filter(r, !has(r.when)).size() == 0 || (self.filter(r, !has(r.when)).size() == 1 && !has(self[size(self) - 1].when))',
          message:
            'only the last route may be without "when": it matches everything, so those after it would never be reached',
        },
      ],
    },
  },
} as const satisfies Schema;

const firing = {
  type: 'object',
  description: 'One firing target.',
  required: ['target', 'since'],
  properties: {
    target: targetReference('What fires.'),
    value: figure('The value that crossed the threshold, such as "0.93".'),
    threshold: text('What it was compared with, such as "> 90%".', 128),
    since: time('When it began to fire.'),
    confidence: figure('How sure the verdict is, such as "99.2%".'),
  },
} as const satisfies Schema;

const status = {
  type: 'object',
  description: 'What the operator sees; written by the operator only.',
  properties: {
    observedGeneration,
    conditions: conditions(
      'Ready (compiled and in force), DataFresh (samples arrive, as many as windows ask for, and no sensor is stuck), WithinLatencyBudget (the budget is kept), Firing (some target fires), PlansFound (the plans that its routes name are there), NotifiersFound (the notifiers are), ExpressionsEvaluate (no expression has failed), Storm (so much fires that nothing is done), Shed (not judged, for the operator does not keep up with what is more important).',
    ),
    targets: {
      type: 'object',
      description: 'How many targets there are. Example: {matched: 12, firing: 1, unknown: 0}.',
      required: ['matched', 'firing', 'unknown'],
      properties: {
        matched: count('Targets that the policy selects.'),
        firing: count('Of those, targets that fire.'),
        unknown: count('Of those, targets without recent samples.'),
        heldBack: count(
          'Of those, targets that would fire and are not strange enough among so many (falseDiscoveryRate); absent: none.',
        ),
      },
    },
    data: {
      type: 'object',
      description:
        'What was wrong with samples since the operator that judges has the policy in force; absent: nothing. Example: {lateSamples: 4, infiniteSamples: 0, counterResets: 2, stuckTargets: 0}.',
      required: ['lateSamples', 'infiniteSamples', 'counterResets', 'stuckTargets'],
      properties: {
        lateSamples: count(
          'Samples left out since they came more than five seconds after a later one of their target.',
        ),
        infiniteSamples: count('Infinite samples, which were left out.'),
        counterResets: count('How often a counter of a target came with less than before.'),
        outliers: count('Single values far away from those before and after; absent where there are none to tell of.'),
        imputedSamples: count('Samples that were made up; absent where no signal says so.'),
        stuckTargets: count('Targets with a value, now, that never stands still and has been the same for a minute.'),
      },
    },
    firing: {
      type: 'array',
      maxItems: 10,
      description: 'The firing targets, those firing longest first; at most 10.',
      'x-kubernetes-list-type': 'atomic',
      items: firing,
    },
    feedback: {
      type: 'object',
      description: 'What people said of its incidents (Incident spec.verdict).',
      required: ['truePositives', 'falsePositives'],
      properties: {
        truePositives: count('Incidents that were right.'),
        falsePositives: count('Incidents that were not.'),
        precision: figure('The share that was right; absent until there is a verdict. Example: "97.5%".'),
      },
    },
    latency: {
      type: 'object',
      description:
        'Time from captured sample to verdict, over the last minutes. Example: {p50Milliseconds: 12, p99Milliseconds: 48}.',
      required: ['p50Milliseconds', 'p99Milliseconds'],
      properties: { p50Milliseconds: count('Median.'), p99Milliseconds: count('The 99th percentile.') },
    },
  },
} as const satisfies Schema;

/** Says what is a fault, from samples alone, and what follows when one is seen. */
export const detectionPolicy = define({
  kind: 'DetectionPolicy',
  plural: 'detectionpolicies',
  singular: 'detectionpolicy',
  shortNames: ['dpol'],
  maxNameLength: 63,
  description: `Says what is a fault, as windows and detectors over the metrics of nodes and pods, and what follows when one is seen: an Incident, and a RemediationPlan that repairs it.
Example:
  spec:
    target: {kind: Container, selector: {matchLabels: {app: cart}}}
    signals:
    - name: high
      metric: k8s.container.memory.limit_utilization
      window: {seconds: 60, aggregate: P95}
      detect: {threshold: {above: "90%", clearBelow: "80%"}}
    routes:
    - {to: Remediate, plan: restart-leaky}`,
  spec,
  status,
  columns: [
    column('Mode', '.spec.mode', 'Observe or Enforce.'),
    condition('Ready', 'Whether the policy is in force.'),
    condition('Fresh', 'Whether samples arrive.', 'DataFresh'),
    column('Targets', '.status.targets.matched', 'Targets that the policy selects.', 'integer'),
    column('Firing', '.status.targets.firing', 'Targets that fire.', 'integer'),
    wide(column('Severity', '.spec.severity', 'How bad it is when it fires.')),
    wide(column('Unknown', '.status.targets.unknown', 'Targets without recent samples.', 'integer')),
    wide(column('P99-ms', '.status.latency.p99Milliseconds', 'Sample to verdict, 99th percentile.', 'integer')),
    wide(condition('Budget', 'Whether the latency budget is kept.', 'WithinLatencyBudget')),
    wide(condition('Shed', 'Whether it is not judged, for the operator does not keep up.')),
    wide(column('Precision', '.status.feedback.precision', 'Share of its incidents that people found right.')),
    wide(condition('Reason', 'What is wrong with the policy, if anything.', 'Ready', 'message')),
    age,
  ],
  selectableFields: ['.spec.mode', '.spec.severity'],
});

export type DetectionPolicySpec = Infer<typeof spec>;
export type DetectionPolicyStatus = Infer<typeof status>;
export type DetectionPolicy = CustomObject<'DetectionPolicy', DetectionPolicySpec, DetectionPolicyStatus>;
