/**
 * Metrics that an installation declares for itself: what its programs tell, and under which name policies speak of it.
 * One file says so to agents (what to let in, and for which row), to the operator and to the command line (what is known).
 * Nothing that is not declared gets into a frame.
 */
import { isGlob } from './glob.ts';
import { metrics, type Metric } from './metrics.ts';

/** How several series of one row become one value. */
export const combinations = ['Sum', 'Max', 'Min'] as const;

export interface DeclaredMetric extends Metric {
  readonly producer: 'agent';
  /** What whoever tells it calls it: the name of a Prometheus series, or of an OpenTelemetry metric. */
  readonly series: string;
  /** Only series whose labels fit count: for each label globs, of which one must match. An absent label is "". */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Counters are always added up. */
  readonly combine: (typeof combinations)[number];
  /** Only pods of these namespaces may tell it; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
}

/** At most so many, since each is a column of every frame. */
export const mostDeclared = 200;

/** What is wrong with a file of declared metrics, all of it. */
export class DeclarationError extends Error {
  override readonly name = 'DeclarationError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/** Reads the content of a file, `{metrics: [...]}`. Throws a DeclarationError. */
export function declaredOf(content: unknown): readonly DeclaredMetric[] {
  const entries = isRecord(content) ? content['metrics'] : undefined;
  if (!Array.isArray(entries)) throw new DeclarationError(['it must be {metrics: [...]}']);
  const problems = isRecord(content) ? unknownKeys(content, ['metrics'], 'it') : [];
  if (entries.length > mostDeclared) problems.push(`metrics: at most ${mostDeclared} may be declared`);
  const names = new Set<string>();
  const read = entries.flatMap((entry: unknown, index): DeclaredMetric[] => {
    const found = problemsOf(entry, `metrics[${index}]`);
    problems.push(...found);
    if (found.length > 0) return [];
    const metric = metricOf(entry as Entry);
    if (names.has(metric.name)) problems.push(`metrics[${index}].name: ${metric.name} is declared twice`);
    names.add(metric.name);
    return [metric];
  });
  if (problems.length > 0) throw new DeclarationError(problems);
  return read;
}

interface Entry {
  readonly name: string;
  readonly unit: string;
  readonly kind: Metric['kind'];
  readonly scope?: DeclaredMetric['scope'];
  readonly description?: string;
  readonly series?: string;
  readonly labels?: Readonly<Record<string, string | readonly string[]>>;
  readonly combine?: DeclaredMetric['combine'];
  readonly namespaces?: readonly string[];
}

const metricOf = (entry: Entry): DeclaredMetric => ({
  name: entry.name,
  unit: entry.unit,
  kind: entry.kind,
  scope: entry.scope ?? 'Pod',
  producer: 'agent',
  description: entry.description ?? '',
  series: entry.series ?? entry.name,
  labels: Object.fromEntries(Object.entries(entry.labels ?? {}).map(([label, globs]) => [label, [globs].flat()])),
  combine: entry.combine ?? 'Sum',
  namespaces: entry.namespaces,
});

type Check = readonly [fits: (value: unknown) => boolean, must: string];

const oneOf = (...words: readonly string[]): Check => [(value) => words.includes(value as string), words.join(' or ')];
const list = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 256;
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isGlobs = (value: unknown): boolean =>
  [value].flat().length > 0 && [value].flat().every((each) => isText(each) && isGlob(each));

const required: ReadonlySet<string> = new Set(['name', 'unit', 'kind']);
const checks: Readonly<Record<keyof Entry, Check>> = {
  name: [
    (value) => isText(value) && value.length <= 128 && /^[a-zA-Z][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)+$/.test(value),
    'words with dots between, such as shop.orders.waiting',
  ],
  unit: [(value) => isText(value) && /^[!-~]{1,32}$/.test(value), 'a unit of UCUM, such as s, By, 1 or {order}'],
  kind: oneOf('gauge', 'counter'),
  scope: oneOf('Pod', 'Container', 'Node'),
  description: [(value) => isText(value), 'a text of at most 256 characters'],
  series: [(value) => isText(value) && value !== '', 'the name by which it is told'],
  labels: [(value) => isRecord(value) && Object.values(value).every(isGlobs), 'label names with texts, * for anything'],
  combine: oneOf(...combinations),
  namespaces: [list, 'a list of namespaces'],
};

function problemsOf(entry: unknown, at: string): string[] {
  if (!isRecord(entry)) return [`${at}: must be an object`];
  const problems = unknownKeys(entry, Object.keys(checks), at);
  for (const [key, [fits, must]] of Object.entries(checks))
    if (entry[key] === undefined ? required.has(key) : !fits(entry[key]))
      problems.push(`${at}.${key}: must be ${must}`);
  const { name } = entry;
  if (isText(name) && /^(k8s|system)\./.test(name))
    problems.push(
      `${at}.name: must not begin with k8s. or system., which are measured by agents and operator themselves`,
    );
  else if (metrics.some((metric) => metric.name === name))
    problems.push(`${at}.name: ${String(name)} is known already`);
  // Else any pod could speak of its node.
  if (entry['scope'] === 'Node' && entry['namespaces'] === undefined)
    problems.push(`${at}.namespaces: must say whose pods may tell of their node`);
  if (entry['kind'] === 'counter' && entry['combine'] !== undefined && entry['combine'] !== 'Sum')
    problems.push(`${at}.combine: must be Sum, since counters are added up`);
  return problems;
}

const unknownKeys = (entry: Readonly<Record<string, unknown>>, known: readonly string[], at: string): string[] =>
  Object.keys(entry)
    .filter((key) => !known.includes(key))
    .map((key) => `${at}: has an unknown field ${key}; known are ${known.join(', ')}`);
