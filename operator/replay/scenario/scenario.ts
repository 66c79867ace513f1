/** A scenario as people write it (docs/detection.md, "Testing a policy"): series in, verdicts out. */

export interface ScenarioSpec {
  readonly name: string;
  /** A file, from where this one stands; `{file, name}` when it has several policies; or the `spec` of one. */
  readonly policy: string | object;
  /** From one value to the next. Default 1. */
  readonly intervalSeconds: number;
  /** By the words that `of` names them with, without a container: what is to be known of them. */
  readonly objects: Readonly<Record<string, ObjectSpec>>;
  readonly series: readonly SeriesSpec[];
  /** How long it lasts; default: until the last value. */
  readonly untilSeconds?: number;
  /** Every change of state: `10s a/app Inactive > Pending`. */
  readonly verdicts?: readonly string[];
  /** Each time that a target begins to fire: `55s a/app`. */
  readonly fires?: readonly string[];
}

export interface ObjectSpec {
  readonly labels?: Readonly<Record<string, string>>;
  /** Of a pod or a workload; default: that of the policy. */
  readonly namespace?: string;
  /** Of a pod: the Deployment that it belongs to; default: `web`. */
  readonly workload?: string;
  /** Of a pod: where it runs; default: `n1`. */
  readonly node?: string;
}

export interface SeriesSpec {
  /** `node n1`, `workload web`, `pod a`, `container a/app`, or with the id of a restart `container a/app#2`. */
  readonly of: string;
  readonly metric: string;
  /** In the notation of series. */
  readonly values: string;
  /** When the pod, and the container, started; before the beginning where it is negative. */
  readonly startedSeconds?: number;
}

/** Something in a scenario that cannot be understood; the message names the field. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

type Fields = Readonly<Record<string, 'string' | 'number' | 'object' | 'strings' | 'objects' | 'any'>>;

const scenarioFields: Fields = {
  name: 'string',
  policy: 'any',
  intervalSeconds: 'number',
  objects: 'object',
  series: 'objects',
  untilSeconds: 'number',
  verdicts: 'strings',
  fires: 'strings',
};
const seriesFields: Fields = { of: 'string', metric: 'string', values: 'string', startedSeconds: 'number' };
const objectFields: Fields = { labels: 'object', namespace: 'string', workload: 'string', node: 'string' };

/** What a document says, checked. Throws a ScenarioError. */
export function scenarioOf(document: unknown): ScenarioSpec {
  const { apiVersion, kind } = Object(document) as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion === 'string' && typeof kind === 'string')
    throw new ScenarioError(`this is a ${kind}, not a scenario: a scenario names the file of its policy`);
  const given = checked(document, scenarioFields, ['name', 'policy', 'series'], 'the scenario');
  const spec = { intervalSeconds: 1, objects: {}, ...given } as ScenarioSpec;
  if (spec.verdicts === undefined && spec.fires === undefined)
    throw new ScenarioError('verdicts or fires is required: what is expected');
  if (!(spec.intervalSeconds > 0)) throw new ScenarioError('intervalSeconds must be greater than 0');
  for (const [index, series] of spec.series.entries())
    checked(series, seriesFields, ['of', 'metric', 'values'], `series[${index}]`);
  for (const [word, object] of Object.entries(spec.objects)) checked(object, objectFields, [], `objects["${word}"]`);
  return spec;
}

function checked(value: unknown, fields: Fields, required: readonly string[], where: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ScenarioError(`${where} must be an object`);
  for (const name of required) if (!(name in value)) throw new ScenarioError(`${where}: ${name} is required`);
  for (const [name, given] of Object.entries(value)) {
    const type = fields[name];
    if (type === undefined)
      throw new ScenarioError(`${where}: there is no field ${name}; there are ${Object.keys(fields).join(', ')}`);
    if (!fits(given, type)) throw new ScenarioError(`${where}: ${name} must be ${said[type]}`);
  }
  return value;
}

const said = {
  string: 'a text (in quotes, where YAML takes it for a number, as it does 0x10, or for a list)',
  number: 'a number',
  object: 'an object',
  strings: 'a list of texts',
  objects: 'a list of objects',
  any: 'anything',
} as const;

const fits = (value: unknown, type: Fields[string]): boolean => {
  const isObject = (one: unknown): boolean => typeof one === 'object' && one !== null && !Array.isArray(one);
  switch (type) {
    case 'strings':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'objects':
      return Array.isArray(value) && value.every(isObject);
    case 'object':
      return isObject(value);
    case 'any':
      return value !== null;
    case 'string':
    case 'number':
    case undefined:
      return typeof value === type;
  }
};
