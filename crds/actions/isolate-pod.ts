import type { Schema } from '../../engine/schema.ts';

/** `isolatePod`: takes a pod out of its Services and keeps it. */
export const isolatePod = {
  type: 'object',
  description:
    'Takes the pod out of every Service that selects it and keeps it running, to be looked at: labels by which it is selected get the value "isolated", and it is marked with homeostat.dev/isolated. With fromController its controller lets go of it, too, and makes another one in its place. Refused when it would not be out of them all. Undone by setting back each label that nobody has changed since: the Services take it back, and its controller, which then has one pod too many and ends one. Example: {isolatePod: {fromController: true}}.',
  properties: {
    fromController: {
      type: 'boolean',
      default: false,
      description:
        'Whether it leaves its controller, too, which needs not be asked where Services select by labels that the controller does not. Refused for a StatefulSet, whose next pod would need the same name. Example: true.',
    },
  },
} as const satisfies Schema;
