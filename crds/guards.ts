import { percentage } from '../engine/quantity-schema.ts';
import type { Schema } from '../engine/schema.ts';
import { limit, text, time } from './fragments.ts';

/** The limits that a RemediationPlan sets itself and a Guardrail sets for all plans under it. */

/** So many in any stretch of time. */
export const rate = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['count', 'seconds'],
    properties: {
      count: { type: 'integer', minimum: 1, maximum: 100_000, description: 'So many may begin. Example: 5.' },
      seconds: {
        type: 'integer',
        minimum: 1,
        maximum: 604_800,
        description: 'In any stretch of so many seconds. Example: 600.',
      },
    },
  }) as const satisfies Schema;

/** So many at once in each zone, rack or whatever a label of the nodes says. */
export const topology = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['key', 'maxConcurrent'],
    properties: {
      key: {
        type: 'string',
        maxLength: 317,
        description: 'A label of the nodes. Example: topology.kubernetes.io/zone.',
        'x-kubernetes-validations': [
          {
            rule: "self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')",
            message: 'must be the key of a label, such as "topology.kubernetes.io/zone"',
          },
        ],
      },
      maxConcurrent: {
        type: 'integer',
        minimum: 1,
        maximum: 100_000,
        description: 'Remediations at one time whose nodes have the same value of that label. Example: 1.',
      },
    },
  }) as const satisfies Schema;

/** How many must stay healthy. */
export const health = (description: string) => limit(description);

/** When so much fires that something larger must be wrong. */
export const storm = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['above'],
    properties: {
      above: limit(
        'More targets than this that fire at once are a storm: a number, or a share of those selected, rounded down and at least 1. Example: "30%".',
      ),
      clearSeconds: {
        type: 'integer',
        minimum: 0,
        maximum: 604_800,
        default: 600,
        description: 'It is over when no more than that have fired for so long. Example: 600.',
      },
      observeSeconds: {
        type: 'integer',
        minimum: 0,
        maximum: 3600,
        default: 0,
        description:
          'A target must have fired for so long before anything is done, so that a storm is seen before its first target is acted on. Example: 5.',
      },
    },
  }) as const satisfies Schema;

/** In a status: a storm that is remembered. */
export const stormRecord = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['since'],
    properties: {
      since: time('Since when too much fired.'),
      until: time('Until when nothing is done, now that it does not any more.'),
    },
  }) as const satisfies Schema;

/** When something may begin. */
export const schedule = (description: string) =>
  ({
    type: 'array',
    maxItems: 8,
    description,
    'x-kubernetes-list-type': 'atomic',
    items: {
      type: 'object',
      description: 'One stretch of time that comes again and again.',
      required: ['cron', 'seconds'],
      properties: {
        cron: {
          type: 'string',
          maxLength: 64,
          description:
            'When it begins: minute, hour, day of the month, month, day of the week. A time that the change to summer time skips is taken when the clocks have been put forward; one that comes twice counts once. Example: "0 8 * * 1-5".',
          'x-kubernetes-validations': [
            {
              rule: "self.matches('^[0-9A-Za-z*/,#?-]+( [0-9A-Za-z*/,#?-]+){4}$')",
              message: 'must have the five fields of cron, such as "0 8 * * 1-5"',
            },
          ],
        },
        seconds: {
          type: 'integer',
          minimum: 60,
          maximum: 2_678_400,
          description: 'So long it lasts. Example: 36000.',
        },
        timeZone: {
          ...text('The time zone of cron, by its IANA name. Example: Europe/Paris.', 64),
          default: 'UTC',
          'x-kubernetes-validations': [
            {
              rule: "self.matches('^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$')",
              message: 'must be the IANA name of a time zone, such as "Europe/Paris"',
            },
          ],
        },
        effect: {
          type: 'string',
          enum: ['Allow', 'Deny'],
          default: 'Allow',
          description:
            'Allow: something may begin only within these. Deny: nothing may begin within it, whatever else allows it.',
        },
      },
    },
  }) as const satisfies Schema;

/** `guards` of a plan. */
export const guards = {
  type: 'object',
  default: { maxConcurrent: 1, maxAttempts: 3, cooldownSeconds: 300 },
  description:
    'Limits; a guard that cannot be checked counts as not passed. Example: {maxConcurrent: 1, maxPerWindow: {count: 5, seconds: 600}, minHealthy: "60%", maxAttempts: 3, cooldownSeconds: 300}.',
  properties: {
    maxConcurrent: {
      ...limit(
        'Remediations of this plan at one time: a number, or a share of the targets its policies select, such as "10%".',
      ),
      default: 1,
    },
    maxPerWindow: rate(
      'Remediations of this plan that begin in any stretch of time. Example: {count: 5, seconds: 600}.',
    ),
    perTopology: topology(
      'Remediations of this plan at one time in each zone, rack or the like. Example: {key: topology.kubernetes.io/zone, maxConcurrent: 1}.',
    ),
    minHealthy: health(
      'So many must be healthy besides the target: pods of its workload, or (where a node is changed) nodes that its policies select; a number, or a share rounded up. Example: "60%".',
    ),
    storm: storm(
      'While more of the targets of this plan’s policies fire than this, nothing is done. Example: {above: "30%", clearSeconds: 600}.',
    ),
    maxAttempts: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 3,
      description: 'Attempts for one Incident; after these it is left to people.',
    },
    cooldownSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 604_800,
      default: 300,
      description: 'Time between the end of a Remediation and the next one for the same target.',
    },
    backoff: {
      type: 'object',
      description:
        'Makes the cooldown longer with each attempt that did not help. Example: {factor: 2, maxSeconds: 3600}.',
      required: ['maxSeconds'],
      properties: {
        factor: {
          type: 'integer',
          minimum: 2,
          maximum: 10,
          default: 2,
          description: 'The cooldown after each further attempt is so many times that of the one before.',
        },
        maxSeconds: { type: 'integer', minimum: 1, maximum: 604_800, description: 'It is never longer than this.' },
      },
    },
    breaker: {
      type: 'object',
      description:
        'Stops the plan when it does not help. After openSeconds one Remediation is let through; if it helps, all are. Example: {failures: 3, openSeconds: 600}.',
      required: ['failures', 'openSeconds'],
      properties: {
        failures: {
          type: 'integer',
          minimum: 1,
          maximum: 100,
          description: 'So many Remediations of the plan in a row that did not help, whatever their targets.',
        },
        openSeconds: {
          type: 'integer',
          minimum: 1,
          maximum: 86_400,
          description: 'For so long after the last of them nothing begins.',
        },
      },
    },
    schedule: schedule(
      'When Remediations may begin; what has begun is brought to its end. Example: [{cron: "0 8 * * 1-5", seconds: 36000, timeZone: Europe/Paris, effect: Allow}].',
    ),
    minPrecision: percentage(
      'Of the policy’s Incidents that people have judged (spec.verdict) so many must have been right; while it is less, the plan asks for approval as in mode Approve. Example: "90%".',
    ),
    gitOps: {
      type: 'string',
      enum: ['Respect', 'Ignore'],
      description:
        'Respect (also when absent): a field that Argo CD or Flux manages is left alone, because they would put it back. Ignore: it is changed all the same.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.backoff) || !has(self.cooldownSeconds) || self.backoff.maxSeconds >= self.cooldownSeconds',
      message: 'maxSeconds must be at least cooldownSeconds: the back-off only makes it longer',
      fieldPath: '.backoff',
    },
  ],
} as const satisfies Schema;
