import type { Schema } from '../../engine/schema.ts';
import { text, time } from '../fragments.ts';

/** The record of one guard. */
export const guardCheck = {
  type: 'object',
  description: 'One guard and how it was checked last.',
  required: ['name', 'passed', 'message', 'checkedTime'],
  properties: {
    name: text('The guard, such as maxConcurrent.', 63),
    passed: { type: 'boolean', description: 'False also when it could not be checked.' },
    message: text('Why, in a sentence with its numbers.'),
    limit: text('What is allowed, such as "1".', 64),
    current: text('What there was, such as "1".', 64),
    until: time('When it may pass again, if that is known.'),
    domains: {
      type: 'array',
      maxItems: 32,
      description: 'Where it counts for a limit per place, such as topology.kubernetes.io/zone=eu-1a.',
      'x-kubernetes-list-type': 'atomic',
      items: text('A place.', 400),
    },
    checkedTime: time('When it was checked.'),
  },
} as const satisfies Schema;
