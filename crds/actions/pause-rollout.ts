import type { Schema } from '../../engine/schema.ts';

/** `pauseRollout`: stops the rollout of a Deployment where it stands. */
export const pauseRollout = {
  type: 'object',
  description:
    'Pauses the rollout of the Deployment: pods of the old and the new version stay as they are. Refused for other workloads. Undone by going on with the rollout, unless somebody else paused it. Example: {pauseRollout: {}}.',
  properties: {},
} as const satisfies Schema;
