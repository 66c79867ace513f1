import type { Schema } from '../engine/schema.ts';
import { expression, label, objectName } from './fragments.ts';

/** An entry of `routes`. */
export const route = {
  type: 'object',
  description:
    'Where a firing target leads to. Example: {when: "confidence >= 0.99", to: Remediate, plan: restart-leaky}.',
  required: ['to'],
  properties: {
    when: expression('CEL over confidence, severity and target; absent: always. Example: confidence >= 0.99.'),
    to: {
      type: 'string',
      enum: ['Incident', 'Remediate', 'Escalate'],
      description:
        'Incident: it is written down for people to find. Remediate: the plan runs too. Escalate: people are told at once, by the notifier.',
    },
    plan: objectName('The RemediationPlan in the same namespace; only and always with Remediate.'),
    notifier: label(
      'Who is told, by a name from the notifiers file of the operator; only and always with Escalate. Example: oncall.',
    ),
  },
  'x-kubernetes-validations': [
    {
      rule: "(self.to == 'Remediate') == has(self.plan)",
      messageExpression:
        "self.to == 'Remediate' ? 'plan is required with \"to: Remediate\": name a RemediationPlan of this namespace' : 'plan only goes with \"to: Remediate\": remove one or set the other'",
      fieldPath: '.plan',
    },
    {
      rule: "(self.to == 'Escalate') == has(self.notifier)",
      messageExpression:
        "self.to == 'Escalate' ? 'notifier is required with \"to: Escalate\": name one that the operator is configured with, such as oncall' : 'notifier only goes with \"to: Escalate\": remove one or set the other'",
      fieldPath: '.notifier',
    },
  ],
} as const satisfies Schema;
