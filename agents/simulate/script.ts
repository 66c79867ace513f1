import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { metricNamed, type MetricName } from '../../engine/metrics.ts';

/** How a value departs from its level while a fault lasts; `seconds` are those since the fault began. */
export type Shape =
  | { readonly step: { readonly to: number } }
  /** From the level in a straight line to a value, and then stays there. */
  | { readonly ramp: { readonly to: number; readonly seconds: number } }
  /** Around the level, with this standard deviation. */
  | { readonly noise: { readonly deviation: number } }
  /** Missing; without a metric whole frames are lost on their way. */
  | { readonly gap: Record<string, never> }
  /** The node’s clock is wrong by so much; no metric. */
  | { readonly skew: { readonly seconds: number } };

export interface Fault {
  /** Seconds after the start. */
  readonly at: number;
  /** Seconds; absent: to the end. */
  readonly for?: number;
  /** Absent: all nodes. */
  readonly nodes?: readonly string[];
  /** UIDs; absent: all pods of these nodes. */
  readonly pods?: readonly string[];
  readonly metric?: MetricName;
  readonly shape: Shape;
}

/** What goes wrong in a simulation, and when. */
export interface Script {
  /** Default 1. The same seed gives the same values. */
  readonly seed?: number;
  readonly faults: readonly Fault[];
}

export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

const seconds = { type: 'number', minimum: 0 } as const;
const names = { type: 'array', items: { type: 'string' }, minItems: 1 } as const;
const only = (properties: Record<string, object>): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const schema = {
  type: 'object',
  required: ['faults'],
  additionalProperties: false,
  properties: {
    seed: { type: 'integer' },
    faults: {
      type: 'array',
      items: {
        type: 'object',
        required: ['at', 'shape'],
        additionalProperties: false,
        properties: {
          at: seconds,
          for: seconds,
          nodes: names,
          pods: names,
          metric: { type: 'string' },
          shape: {
            type: 'object',
            minProperties: 1,
            maxProperties: 1,
            additionalProperties: false,
            properties: {
              step: only({ to: { type: 'number' } }),
              ramp: only({ to: { type: 'number' }, seconds: { type: 'number', exclusiveMinimum: 0 } }),
              noise: only({ deviation: seconds }),
              gap: only({}),
              skew: only({ seconds: { type: 'number' } }),
            },
          },
        },
      },
    },
  },
};

const isScript = new Ajv({ allErrors: false }).compile<Script>(schema);

/**
 * Reads a script.
 *
 * @throws ScriptError that names the place and says what is wrong there
 * @example parseScript('faults: [{at: 10, metric: k8s.pod.oom_kills, shape: {step: {to: 1}}}]')
 */
export function parseScript(text: string): Script {
  let script: unknown;
  try {
    script = parse(text);
  } catch (error) {
    throw new ScriptError(`it is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isScript(script)) {
    const [problem] = isScript.errors ?? [];
    throw new ScriptError(`${problem?.instancePath || '/'} ${problem?.message ?? 'is wrong'}`);
  }
  script.faults.forEach((fault, index) => {
    const problem = problemOf(fault);
    if (problem !== undefined) throw new ScriptError(`/faults/${index} ${problem}`);
  });
  return script;
}

function problemOf({ metric, shape }: Fault): string | undefined {
  if ('skew' in shape) return metric === undefined ? undefined : 'has a metric: a skew concerns the whole node';
  if (metric === undefined) return 'gap' in shape ? undefined : 'must have a metric';
  const known = metricNamed(metric);
  if (known === undefined) return `names no metric of the catalogue: ${metric}`;
  return known.producer === 'agent' ? undefined : `names a metric that agents do not measure: ${metric}`;
}
