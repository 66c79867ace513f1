import type { Schema } from '../../engine/schema.ts';

/** `scale`: changes a number of replicas. */
export const scale = {
  type: 'object',
  description:
    'Changes the number of replicas of the workload, within min and max. Where a HorizontalPodAutoscaler or a ScaledObject of KEDA owns that number, its limits are moved instead: its minimum is raised to scale up, its maximum lowered to scale down. Undone by setting back what was changed. Example: {scale: {by: 1, max: 10}}.',
  properties: {
    by: {
      type: 'integer',
      minimum: -1000,
      maximum: 1000,
      description: 'Replicas more (or fewer, when negative) than now. Exactly one of by and to is set.',
    },
    to: {
      type: 'integer',
      minimum: 0,
      maximum: 10_000,
      description: 'Replicas afterwards. Exactly one of by and to is set.',
    },
    min: { type: 'integer', minimum: 0, maximum: 10_000, description: 'Never fewer replicas than this.' },
    max: { type: 'integer', minimum: 1, maximum: 10_000, description: 'Never more replicas than this.' },
    autoscalerMax: {
      type: 'string',
      enum: ['Keep', 'Raise'],
      description:
        'When an autoscaler owns the number and more is wanted than its maximum: Keep (when absent) goes up to that, Raise raises it too, which needs max. Example: Raise.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '[has(self.by), has(self.to)].exists_one(x, x)',
      message: 'must have exactly one of by (how many more or fewer) and to (how many afterwards)',
    },
    {
      rule: '!has(self.by) || self.by != 0',
      message: 'must be how many replicas more (1) or fewer (-1): 0 changes nothing',
      fieldPath: '.by',
    },
    {
      rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
      message: 'must be at most max',
      fieldPath: '.min',
    },
    {
      rule: '!has(self.autoscalerMax) || self.autoscalerMax != "Raise" || has(self.max) || has(self.to)',
      message: 'needs max: an upper limit of your own, when the one of the autoscaler does not hold',
      fieldPath: '.autoscalerMax',
    },
    {
      rule: '!has(self.to) || ((!has(self.min) || self.to >= self.min) && (!has(self.max) || self.to <= self.max))',
      message: 'must be within min and max',
      fieldPath: '.to',
    },
  ],
} as const satisfies Schema;
