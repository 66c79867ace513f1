import type { Schema } from '../../engine/schema.ts';
import { text } from '../fragments.ts';

/** `cordon`: makes a node unschedulable. */
export const cordon = {
  type: 'object',
  description:
    'Makes the node unschedulable; a pod or container stands for the node it runs on. Undone by uncordoning, unless somebody else cordoned the node. Example: {cordon: {reason: "kubelet does not answer"}}.',
  properties: { reason: text('Why, for the events and the timeline.', 256) },
} as const satisfies Schema;
