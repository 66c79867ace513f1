import type { Schema } from '../../engine/schema.ts';
import { count, figure, text, time } from '../fragments.ts';

/** What was measured of the target at one moment. */
export const measurement = (when: string) =>
  ({
    type: 'object',
    description: when,
    required: ['time'],
    properties: {
      time: time('When it was measured.'),
      signals: {
        type: 'array',
        maxItems: 16,
        description: 'The signals of the policy.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['signal'],
        items: {
          type: 'object',
          description: 'One signal.',
          required: ['signal'],
          properties: { signal: text('Its name.', 63), value: figure('Its value; absent: there was none.') },
        },
      },
      replicas: count('Replicas that the workload is to have.'),
      readyReplicas: count('Replicas of the workload that were ready.'),
      restarts: count('Restarts of the containers of the pod, if it was there.'),
    },
  }) as const satisfies Schema;
