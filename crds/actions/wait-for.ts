import type { Schema } from '../../engine/schema.ts';
import { expression, text } from '../fragments.ts';

const condition = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['type'],
    properties: {
      type: text('The type of the condition.', 316),
      status: { type: 'string', enum: ['True', 'False', 'Unknown'], default: 'True', description: 'Its status.' },
    },
  }) as const satisfies Schema;

/** `waitFor`: how it is told that an object has done what it was made for. */
export const waitFor = {
  type: 'object',
  description:
    'How it is told that the object has done its work; absent: it is enough that it exists. Example: {condition: {type: Succeeded}, failedCondition: {type: Succeeded, status: "False"}}.',
  properties: {
    condition: condition('Done when status.conditions has this. Example: {type: Succeeded}.'),
    expression: expression('Done when this CEL over object holds. Example: object.status.phase == "Done".'),
    failedCondition: condition('Failed when status.conditions has this. Example: {type: Succeeded, status: "False"}.'),
    failedExpression: expression('Failed when this CEL over object holds. Example: object.status.phase == "Failed".'),
  },
  'x-kubernetes-validations': [
    {
      rule: '[has(self.condition), has(self.expression)].exists_one(x, x)',
      message: 'must have exactly one of condition and expression: how it is told that the work is done',
    },
    {
      rule: '!has(self.failedCondition) || !has(self.failedExpression)',
      message: 'must have at most one of failedCondition and failedExpression',
      fieldPath: '.failedExpression',
    },
  ],
} as const satisfies Schema;
