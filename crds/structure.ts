import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Problem } from '../engine/evaluate/policy-spec.ts';
import type { Schema } from '../engine/schema.ts';
import { objectSchema } from './custom-resource.ts';
import type { Definition } from './definition.ts';

const ajv = new Ajv({
  allErrors: true,
  useDefaults: true,
  verbose: true,
  strict: false,
  formats: {
    'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d([.]\d+)?([Zz]|[+-]\d\d:\d\d)$/,
    int64: true,
  },
});

const compiled = new Map<Definition | Schema, ValidateFunction>();

/**
 * Fills in the defaults of `object` where it stands and answers what is wrong with its structure: types, limits, missing
 * and unknown fields. A schema is compiled on first use (some tens of milliseconds).
 */
export const completeStructure = (definition: Definition, object: unknown): Problem[] =>
  completed(definition, objectSchema(definition), object);

/** The same for a value that is no object of ours, such as a file of settings. */
export const completeValue = (schema: Schema, value: unknown): Problem[] => completed(schema, schema, value);

function completed(key: Definition | Schema, schema: Schema, value: unknown): Problem[] {
  let check = compiled.get(key);
  if (check === undefined) {
    check = ajv.compile(closed(schema));
    compiled.set(key, check);
  }
  dropNulls(schema, value);
  return check(value) ? [] : (check.errors ?? []).map(problemOf);
}

/** To an API server, a field that is null and may not be is a field that is not there. */
function dropNulls(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) for (const entry of value) dropNulls(schema.items ?? {}, entry);
  else if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>;
    for (const [name, child] of Object.entries(fields)) {
      const field = schema.properties?.[name] ?? schema.additionalProperties;
      if (field === undefined) continue;
      if (child === null && !field.nullable) delete fields[name];
      else dropNulls(field, child);
    }
  }
}

/** The schema as ajv means it: an object with known fields has no others, and int-or-string is a type of its own. */
function closed(schema: Schema): object {
  const { properties, items, additionalProperties, nullable, ...rest } = schema;
  return {
    ...rest,
    ...(schema['x-kubernetes-int-or-string'] && { type: ['integer', 'string'] }),
    ...(schema['x-kubernetes-list-type'] === 'set' && { uniqueItems: true }),
    ...(nullable && { nullable }),
    ...(properties && {
      properties: Object.fromEntries(
        // Of metadata a schema says only what it narrows.
        Object.entries(properties).map(([name, child]) => [name, name === 'metadata' ? child : closed(child)]),
      ),
      ...(schema['x-kubernetes-preserve-unknown-fields'] ? {} : { additionalProperties: false }),
    }),
    ...(additionalProperties && { additionalProperties: closed(additionalProperties) }),
    ...(items && { items: closed(items) }),
  };
}

const problemOf = (error: ErrorObject): Problem => {
  const path = fieldPath(error.instancePath);
  const child: unknown = error.params['missingProperty'] ?? error.params['additionalProperty'];
  return { path: typeof child === 'string' ? join(path, child) : path, message: says(error) };
};

/** What would be right, in words. */
function says({ keyword, params, schema, parentSchema = {}, message = '' }: ErrorObject): string {
  const limit = String(params['limit']);
  switch (keyword) {
    case 'required': {
      const field = (parentSchema as Schema).properties?.[String(params['missingProperty'])];
      return `is required: ${field?.description ?? 'it must be given'}`;
    }
    case 'additionalProperties':
      return `is not a field; those known here are ${Object.keys((parentSchema as Schema).properties ?? {}).join(', ')}`;
    case 'type':
      return `must be ${typeNames.get(String(schema)) ?? String(schema)}`;
    case 'enum':
      return `must be one of ${(schema as readonly string[]).join(', ')}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
    case 'minProperties':
      return `must have at least ${limit} entry`;
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${limit} entries`;
    case 'uniqueItems':
      return 'must not name anything twice';
    case 'format':
      return 'must be a time such as "2026-01-31T08:15:00Z"';
    default:
      return message;
  }
}

const typeNames: ReadonlyMap<string, string> = new Map([
  ['object', 'an object'],
  ['array', 'a list'],
  ['string', 'a string'],
  ['integer', 'an integer'],
  ['boolean', 'true or false'],
  ['integer,string', 'an integer or a string'],
]);

/** A JSON pointer as Kubernetes writes it: `/spec/steps/0/name` is `spec.steps[0].name`. */
const fieldPath = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(join, '');

const join = (path: string, part: string): string => {
  if (/^\d+$/.test(part)) return `${path}[${part}]`;
  return path === '' ? part : `${path}.${part}`;
};
