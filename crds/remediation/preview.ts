import type { Schema } from '../../engine/schema.ts';
import { count, text, time } from '../fragments.ts';

/** What it would do and whom that would concern, told before anything is done. */
export const preview = {
  type: 'object',
  description:
    'What it would do, before anything is done: in modes Observe, DryRun and, while approval is waited for, Approve. Example: {diff: ["Deployment shop/cart spec.replicas: 3 -> 4"], blastRadius: {pods: 0, summary: no pod ends}}.',
  required: ['time', 'diff'],
  properties: {
    time: time('When that was so.'),
    diff: {
      type: 'array',
      maxItems: 64,
      description:
        'Each change: object, field, from, to. In mode DryRun also what the API server would change on its own, such as defaults.',
      'x-kubernetes-list-type': 'atomic',
      items: text('One change.'),
    },
    blastRadius: {
      type: 'object',
      description: 'Whom it concerns.',
      required: ['pods', 'owners', 'budgets', 'services', 'summary'],
      properties: {
        pods: count('Pods that end, or leave a Service.'),
        owners: {
          type: 'array',
          maxItems: 16,
          description: 'Whose pods they are.',
          'x-kubernetes-list-type': 'atomic',
          items: {
            type: 'object',
            description: 'One owner.',
            required: ['name', 'pods', 'of'],
            properties: {
              name: text('Kind, namespace and name.'),
              pods: count('Its pods that are concerned.'),
              of: count('All its pods.'),
            },
          },
        },
        budgets: {
          type: 'array',
          maxItems: 16,
          description: 'The PodDisruptionBudgets that select some of these pods.',
          'x-kubernetes-list-type': 'atomic',
          items: {
            type: 'object',
            description: 'One budget.',
            required: ['name', 'pods', 'disruptionsAllowed', 'exceeded'],
            properties: {
              name: text('Namespace and name.'),
              pods: count('The pods that it selects of those.'),
              disruptionsAllowed: count('How many it allows to be disrupted just then.'),
              exceeded: { type: 'boolean', description: 'Whether that is too few.' },
            },
          },
        },
        services: {
          type: 'array',
          maxItems: 16,
          description: 'The Services that lose endpoints.',
          'x-kubernetes-list-type': 'atomic',
          items: {
            type: 'object',
            description: 'One Service.',
            required: ['name', 'endpoints', 'loses'],
            properties: {
              name: text('Namespace and name.'),
              endpoints: count('Ready pods that it selects.'),
              loses: count('How many of these it loses.'),
            },
          },
        },
        unknown: {
          type: 'array',
          maxItems: 16,
          description: 'What could not be read: nothing may be concluded from its absence above.',
          'x-kubernetes-list-type': 'atomic',
          items: text('What.'),
        },
        summary: text('All that in a line.'),
      },
    },
  },
} as const satisfies Schema;
