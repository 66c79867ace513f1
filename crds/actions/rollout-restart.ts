import type { Schema } from '../../engine/schema.ts';

/** `rolloutRestart`: replaces all pods of a workload, as its update strategy says. */
export const rolloutRestart = {
  type: 'object',
  description:
    'Replaces all pods of the Deployment, StatefulSet or DaemonSet by new ones, as its update strategy says (kubectl rollout restart). Refused when it would not be carried out: paused, or strategy OnDelete. Cannot be undone: the pods that were are gone, and taking back the annotation would replace them all once more. Example: {rolloutRestart: {}}.',
  properties: {},
} as const satisfies Schema;
