import { celEnv, isCelError, parse, plan, type CelInput, type CelResult } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import type { Problem } from '../engine/evaluate/policy-spec.ts';
import type { Rule, Schema } from '../engine/schema.ts';

/**
 * The rules of a schema, asked of a value as the API server asks them: the same CEL, the same paths. A transition rule
 * (one that names `oldSelf`) is asked only where there is an old value: fields by name, entries of keyed lists by key;
 * entries of other lists have no past.
 */
export function brokenRules(schema: Schema, value: unknown, old?: unknown): Problem[] {
  return [...problems(schema, value, old, '')];
}

function* problems(schema: Schema, value: unknown, old: unknown, path: string): Generator<Problem> {
  if (value === null) return;
  const rules = schema['x-kubernetes-validations'];
  if (rules !== undefined) {
    const asked = { self: once(() => celValue(value)), text: once(() => shortText(value)), old };
    for (const each of knownOf(rules)) {
      if (each.isOfTransition && old === undefined) continue;
      const message = broken(each, asked);
      if (message !== undefined) yield { path: `${path}${each.rule.fieldPath ?? ''}`, message };
    }
  }
  if (Array.isArray(value) && schema.items) yield* inList(schema, schema.items, value, old, path);
  else if (isRecord(value))
    for (const [name, child] of Object.entries(value)) {
      const before = isRecord(old) ? old[name] : undefined;
      const property = schema.properties?.[name];
      if (property) yield* problems(property, child, before, path === '' ? name : `${path}.${name}`);
      else if (schema.additionalProperties)
        yield* problems(schema.additionalProperties, child, before, `${path}[${name}]`);
    }
}

function* inList(schema: Schema, items: Schema, list: unknown[], old: unknown, path: string): Generator<Problem> {
  const keyOf = keyReader(schema);
  const before = new Map(keyOf && Array.isArray(old) ? old.map((entry) => [keyOf(entry), entry]) : []);
  const seen = new Set<string>();
  for (const [index, entry] of list.entries()) {
    const key = keyOf?.(entry);
    if (key !== undefined && seen.has(key))
      yield { path: `${path}[${index}]`, message: `must not be a duplicate: ${key} is there already` };
    if (key !== undefined) seen.add(key);
    yield* problems(items, entry, key === undefined ? undefined : before.get(key), `${path}[${index}]`);
  }
}

/** What identifies an entry of a list of type map. */
const keyReader = (schema: Schema): ((entry: unknown) => string) | undefined => {
  const keys = schema['x-kubernetes-list-map-keys'];
  return keys && ((entry) => keys.map((key) => `${key} ${JSON.stringify(isRecord(entry) && entry[key])}`).join(', '));
};

const environment = celEnv({ funcs: strings });
type Program = (variables: Record<string, CelInput>) => CelResult;
const programs = new Map<string, Program>();

const evaluate = (expression: string, self: CelInput, oldSelf: CelInput): CelResult => {
  let program = programs.get(expression);
  if (program === undefined) {
    program = plan(environment, parse(expression));
    programs.set(expression, program);
  }
  return program({ self, oldSelf });
};

/** A rule with what was found for short values: the same names and steps are asked about all the time, and CEL is slow. */
interface Known {
  readonly rule: Rule;
  readonly isOfTransition: boolean;
  readonly answers: Map<string, { readonly message: string | undefined }>;
}
const mostAnswers = 512;

const known = new WeakMap<readonly Rule[], readonly Known[]>();

function knownOf(rules: readonly Rule[]): readonly Known[] {
  let found = known.get(rules);
  if (found === undefined) {
    found = rules.map((rule) => ({ rule, isOfTransition: isOfTransition(rule), answers: new Map() }));
    known.set(rules, found);
  }
  return found;
}

const isOfTransition = ({ rule, messageExpression }: Rule): boolean =>
  rule.includes('oldSelf') || messageExpression?.includes('oldSelf') === true;

/** A value that rules are asked of; `text` stands for it when it is short. */
interface Asked {
  readonly self: () => CelInput;
  readonly text: () => string | undefined;
  readonly old: unknown;
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

const longestText = 512;
const shortText = (value: unknown): string | undefined => {
  const text: string | undefined = JSON.stringify(value);
  return text !== undefined && text.length <= longestText ? text : undefined;
};

/** The message of a rule that does not hold; undefined when it holds. A rule that cannot be checked does not hold. */
function broken({ rule, isOfTransition, answers }: Known, { self, text, old }: Asked): string | undefined {
  if (isOfTransition) return asked(rule, self(), celValue(old));
  const short = text();
  if (short === undefined) return asked(rule, self(), null);
  const found = answers.get(short) ?? { message: asked(rule, self(), null) };
  if (answers.size >= mostAnswers) answers.clear();
  answers.set(short, found);
  return found.message;
}

function asked({ rule, message, messageExpression }: Rule, self: CelInput, oldSelf: CelInput): string | undefined {
  const holds = evaluate(rule, self, oldSelf);
  if (holds === true) return undefined;
  if (isCelError(holds)) return `cannot be checked: ${holds.message}`;
  const said = messageExpression === undefined ? undefined : evaluate(messageExpression, self, oldSelf);
  return typeof said === 'string' ? said : (message ?? `must satisfy ${rule}`);
}

/** A JSON value as CEL has it: our schemas know whole numbers only, and CEL's `int` is a bigint in JavaScript. */
function celValue(value: unknown): CelInput {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(celValue);
  if (!isRecord(value)) return null;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, celValue(child)]));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
