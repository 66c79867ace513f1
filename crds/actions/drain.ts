import type { Schema } from '../../engine/schema.ts';

/** `drain`: takes a node out of service and moves its pods away. */
export const drain = {
  type: 'object',
  description:
    'Cordons the node and evicts its pods, one call each; a pod or container stands for the node it runs on. PodDisruptionBudgets are waited for; pods of DaemonSets, static and finished pods stay. Refused when a pod must not be disrupted (safe-to-evict, do-not-disrupt). Evictions cannot be undone, the cordon is, at once when the drain fails. Example: {drain: {gracePeriodSeconds: 30}}.',
  properties: {
    gracePeriodSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 3600,
      description: 'Time each pod is given to end by itself; default: what the pod says. Example: 30.',
    },
    deleteEmptyDirData: {
      type: 'boolean',
      description:
        'Also evicts pods with an emptyDir volume, whose data is lost; otherwise such a pod stops the drain before it begins. Example: true.',
    },
    evictUncontrolled: {
      type: 'boolean',
      description:
        'Also evicts pods without a controller, which nobody makes anew; otherwise such a pod stops the drain before it begins. Example: true.',
    },
  },
} as const satisfies Schema;
