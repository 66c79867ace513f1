import type { Schema } from '../../engine/schema.ts';

/** `suspend`: stops a CronJob or a Job. */
export const suspend = {
  type: 'object',
  description:
    'Suspends the CronJob (it starts no further Jobs; those that run go on) or the Job (its pods are ended). Refused for other workloads and for a Job that has finished. Undone by resuming: a Job starts its pods anew. Example: {suspend: {}}.',
  properties: {},
} as const satisfies Schema;
