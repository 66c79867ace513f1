import type { Schema } from '../../engine/schema.ts';

/** `suspend`: stops a CronJob or a Job. */
export const suspend = {
  type: 'object',
  description:
    'Suspends the CronJob that makes the Job, of which a target is a run (it starts no further Jobs; those that run go on), or the Job (its pods are ended). Refused for other workloads and for a Job that has finished. Undone by resuming: a Job starts its pods anew. Example: {suspend: {of: CronJob}}.',
  properties: {
    of: {
      type: 'string',
      enum: ['CronJob', 'Job'],
      default: 'CronJob',
      description:
        'What is suspended. CronJob: the CronJob that makes the Job, so that no further run begins; of a Job that none makes, the Job itself. Job: only this run; the next one comes on its schedule. For both make two steps. Example: Job.',
    },
  },
} as const satisfies Schema;
