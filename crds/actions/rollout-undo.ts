import type { Schema } from '../../engine/schema.ts';

/** `rolloutUndo`: back to an earlier template. */
export const rolloutUndo = {
  type: 'object',
  description:
    'Gives the Deployment, StatefulSet or DaemonSet an earlier template again (kubectl rollout undo), and only one that has available pods at this moment, or that the operator has seen to have one for a minute on end. Refused otherwise, and when nothing would follow: paused, strategy OnDelete, a partition. Undone by setting back the template that was there, if nobody has changed it since. Example: {rolloutUndo: {}}.',
  properties: {
    toRevision: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000_000,
      description:
        'The revision, as kubectl rollout history lists it; default: the latest earlier one that has available pods or had them. Example: 7.',
    },
  },
} as const satisfies Schema;
