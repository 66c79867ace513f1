import type { Schema } from '../engine/schema.ts';
import { text, time } from './fragments.ts';

/** The generation of `spec` that the status is about. */
export const observedGeneration = {
  type: 'integer',
  format: 'int64',
  minimum: 0,
  description: 'The metadata.generation that this status is about.',
} as const satisfies Schema;

/** `status.conditions`; `types` names them, in the order in which they are worth reading. */
export const conditions = (types: string) =>
  ({
    type: 'array',
    maxItems: 16,
    description: `Where the object stands: ${types}`,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    items: {
      type: 'object',
      description: 'One aspect of the state.',
      required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
      properties: {
        type: text('The aspect.', 316),
        status: { type: 'string', enum: ['True', 'False', 'Unknown'], description: 'Whether it holds.' },
        reason: text('Why, as one CamelCase word for programs.', 1024),
        message: text('Why, in a sentence for people.', 32768),
        lastTransitionTime: time('When status last changed.'),
        observedGeneration,
      },
    },
  }) as const satisfies Schema;

/** `status.timeline`: what happened, oldest first, shortened in the middle when it grows beyond 50 lines. */
export const timeline = {
  type: 'array',
  maxItems: 50,
  description: 'What happened, oldest first; at most 50 lines.',
  'x-kubernetes-list-type': 'atomic',
  items: {
    type: 'object',
    description: 'One event.',
    required: ['time', 'what'],
    properties: { time: time('When it happened.'), what: text('What happened, in a sentence.') },
  },
} as const satisfies Schema;
