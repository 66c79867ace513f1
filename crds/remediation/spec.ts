import type { Schema } from '../../engine/schema.ts';
import { immutable, kept, objectName, text } from '../fragments.ts';
import { generationReference, objectReference, targetReference } from '../references.ts';
import { modes, steps, verify } from '../remediation-plan.ts';

const wish = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['by', 'reason'],
    properties: { by: text('Who asks for it.', 256), reason: text('Why.', 1024) },
  }) as const satisfies Schema;

/** What is to be done, fixed at its making, and what people wish. */
export const spec = {
  type: 'object',
  description: 'What is to be done to what, fixed when it is created; and the wishes of people.',
  required: ['planRef', 'incidentRef', 'target', 'mode', 'attempt', 'steps', 'verify'],
  properties: {
    planRef: immutable(
      generationReference('The RemediationPlan it follows. Example: {name: restart-leaky, uid: …, generation: 2}.'),
    ),
    incidentRef: immutable(objectReference('The Incident it is for. Example: {name: memory-leak-4f1d, uid: …}.')),
    target: immutable(
      targetReference('What it is done to. Example: {kind: Pod, namespace: shop, name: cart-7f9c, uid: …}.'),
    ),
    mode: immutable({
      type: 'string',
      enum: modes,
      description: 'The mode of the plan at that time, lowered by guardrails. Example: Approve.',
    }),
    attempt: immutable({
      type: 'integer',
      minimum: 1,
      maximum: 100,
      description: 'Which attempt for this Incident it is, from 1. Example: 1.',
    }),
    serviceAccountName: immutable(objectName('In whose name the target is changed. Example: cart-remediator.')),
    steps: immutable(steps),
    verify: immutable(verify),
    approvals: {
      type: 'array',
      maxItems: 16,
      description:
        'What people decided, in mode Approve; each for themselves, and final. It begins once approval.quorum of the plan have approved; one who denies ends it. Example: [{by: alice, decision: Approved}].',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['by'],
      items: {
        type: 'object',
        description: 'One person’s decision.',
        required: ['by', 'decision'],
        properties: {
          by: text('Who decided: the name under which the API server knows them.', 256),
          decision: {
            type: 'string',
            enum: ['Approved', 'Denied'],
            description: 'Approved: it may begin. Denied: it ends; when it has begun, no further step begins.',
          },
          note: text('Why.', 1024),
        },
        'x-kubernetes-validations': [
          {
            rule: 'self == oldSelf',
            message: 'is decided and cannot be changed: use cancelRequested or undoRequested',
          },
        ],
      },
      'x-kubernetes-validations': [
        {
          rule: 'oldSelf.all(old, self.exists(now, now.by == old.by))',
          message: 'must keep what others decided: add to the list (kubectl patch --type json, path /spec/approvals/-)',
        },
      ],
    },
    undoRequested: wish('Asks to undo what was done. Example: {by: alice, reason: "not the cause"}.'),
    cancelRequested: wish('Asks to begin no further step. Example: {by: alice, reason: "I take over"}.'),
  },
  'x-kubernetes-validations': [
    kept('serviceAccountName'),
    {
      rule: '!has(oldSelf.approvals) || oldSelf.approvals.size() == 0 || has(self.approvals)',
      message: 'is decided and cannot be taken back: use cancelRequested or undoRequested',
      fieldPath: '.approvals',
    },
  ],
} as const satisfies Schema;
