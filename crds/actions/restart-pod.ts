import type { Schema } from '../../engine/schema.ts';

/** `restartPod`: deletes a pod that its controller replaces. */
export const restartPod = {
  type: 'object',
  description:
    'Deletes the pod, so that its controller makes a new one; a pod without a controller is refused. Cannot be undone. Example: {restartPod: {gracePeriodSeconds: 5}}.',
  properties: {
    gracePeriodSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 3600,
      description: 'Time the pod is given to end by itself; default: what the pod says.',
    },
  },
} as const satisfies Schema;
