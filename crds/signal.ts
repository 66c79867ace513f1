import { detectors } from '../engine/detectors/registry.ts';
import { scopes } from '../engine/frame/types.ts';
import { metrics } from '../engine/metrics.ts';
import type { Schema } from '../engine/schema.ts';
import { aggregateNames } from '../engine/windows/registry.ts';
import { text, union } from './fragments.ts';

/** The parameter schemas of a registry, by name and in its order. */
const schemasOf = <Entries extends Record<string, { readonly schema: Schema }>>(registry: Entries) =>
  Object.fromEntries(Object.entries(registry).map(([name, { schema }]) => [name, schema])) as {
    readonly [Name in keyof Entries]: Entries[Name]['schema'];
  };

/** `signals[].detect`: exactly one detector with its parameters. */
const detect = union(
  'detector',
  'What is looked for in the aggregate: exactly one detector. Example: {threshold: {above: "90%"}}.',
  schemasOf(detectors),
);

/** A line for each scope with the names of its metrics. */
function metricsByScope(): string {
  const line = (scope: string): string =>
    `- ${scope}: ${metrics.flatMap((metric) => (metric.scope === scope ? [metric.name] : [])).join(', ')}`;
  return scopes.map(line).join('\n');
}

/** An entry of `signals`. */
export const signal = {
  type: 'object',
  description: 'One metric, aggregated over one window and judged by one detector.',
  required: ['name', 'metric', 'detect'],
  properties: {
    name: {
      type: 'string',
      maxLength: 63,
      description: 'The name by which "when" speaks of it, such as high.',
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[a-z][a-zA-Z0-9_]*$')",
          message:
            'must be usable in CEL: a lower-case letter, then letters, digits or "_", such as "high" or "oomKills"',
        },
        {
          rule: "!(self in ['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'namespace', 'null', 'package', 'return', 'target', 'true', 'var', 'void', 'while'])",
          message: 'must not be a word that CEL or "when" uses itself, such as "in", "true" or "target"',
        },
      ],
    },
    metric: text(
      `The metric, such as k8s.container.memory.limit_utilization. Known are, besides those that the installation declares:\n${metricsByScope()}`,
      128,
    ),
    window: {
      type: 'object',
      description:
        'The samples that are aggregated; absent: the last sample alone. Example: {seconds: 60, aggregate: P95}.',
      required: ['seconds', 'aggregate'],
      properties: {
        seconds: { type: 'integer', minimum: 1, maximum: 3600, description: 'How far the window reaches back.' },
        aggregate: {
          type: 'string',
          enum: aggregateNames,
          description:
            'How its samples become one value. Rate (a second) and Increase are for counters; Slope is the change of a gauge a second.',
        },
        minSamples: {
          type: 'integer',
          minimum: 1,
          maximum: 3600,
          default: 1,
          description: 'With fewer samples in the window there is no value.',
        },
      },
    },
    fill: {
      type: 'object',
      description:
        'What stands in the place of samples that are missing; absent: nothing does. They count as missing all the same, lower the confidence, and leave a target as stale as it is. Only for a gauge of the target itself, in a window of Mean, Min, Max, Slope or a percentile. Example: {maxSeconds: 10}.',
      required: ['maxSeconds'],
      properties: {
        method: {
          type: 'string',
          enum: ['Last'],
          default: 'Last',
          description: 'Last: the last sample that was measured.',
        },
        maxSeconds: {
          type: 'integer',
          minimum: 1,
          maximum: 3600,
          description: 'For so long after the last sample, and no longer than staleAfterSeconds. Example: 10.',
        },
      },
    },
    outliers: {
      type: 'object',
      description:
        'Counts single values that are away from those before and after them; each counts half in the confidence. Absent: they are not looked for. Example: {deviations: 10}.',
      required: ['deviations'],
      properties: {
        deviations: {
          type: 'integer',
          minimum: 3,
          maximum: 1000,
          description: 'From how many deviations on. Example: 10.',
        },
      },
    },
    detect,
  },
} as const satisfies Schema;
