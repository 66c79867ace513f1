import { parse as parseCel } from '@bufbuild/cel';
import { expect } from 'chai';
import { parse as parseYaml } from 'yaml';
import { detectors } from '../engine/detectors/registry.ts';
import type { Schema } from '../engine/schema.ts';
import { actionNames, actions } from './actions.ts';
import { customResourceDefinition, objectSchema } from './custom-resource.ts';
import type { Definition } from './definition.ts';
import { definitionOf, kinds } from './kinds.ts';
import { validStatus } from './testing/status.ts';
import { valid } from './testing/valid.ts';
import { edited } from './testing/wrong.ts';
import { validate } from './validate.ts';

interface Node {
  readonly path: string;
  readonly schema: Schema;
}

/** Every node of a schema; `[]` is the items of a list and `{}` the values of a map. */
function* nodes(schema: Schema, path: string): Generator<Node> {
  yield { path, schema };
  for (const [name, child] of Object.entries(schema.properties ?? {})) yield* nodes(child, `${path}.${name}`);
  if (schema.items) yield* nodes(schema.items, `${path}[]`);
  if (schema.additionalProperties) yield* nodes(schema.additionalProperties, `${path}{}`);
}

const all: readonly Node[] = kinds.flatMap((definition) => [...nodes(objectSchema(definition), definition.kind)]);
const described = all.filter(({ path }) => !/\.metadata\b/.test(path));
const wrongOnes = (wrong: (schema: Schema) => boolean, among = all): string[] =>
  among.filter(({ schema }) => wrong(schema)).map(({ path }) => path);

/** As they are in the CustomResourceDefinitions. */
const writtenNodes = (): Node[] =>
  kinds.flatMap((definition) =>
    customResourceDefinition(definition).spec.versions.flatMap(({ schema }) =>
      Array.from(nodes(schema.openAPIV3Schema, definition.kind)),
    ),
  );

describe('schemas', () => {
  it('give every node a type', () => {
    expect(
      wrongOnes(({ type, ...rest }) => (type === undefined) === !rest['x-kubernetes-int-or-string']),
    ).to.deep.equal([]);
  });

  it('describe every node, in a sentence', () => {
    expect(wrongOnes(({ description = '' }) => !/^[A-Z“"].*[^\s]$/s.test(description), described)).to.deep.equal([]);
  });

  it('use nothing that a structural schema forbids', () => {
    const known = new Set(
      `type description default enum format minLength maxLength minimum maximum properties required minProperties
       maxProperties additionalProperties nullable items minItems maxItems x-kubernetes-int-or-string
       x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-map-type x-kubernetes-validations
       x-kubernetes-preserve-unknown-fields`.split(/\s+/),
    );
    expect(wrongOnes((schema) => Object.keys(schema).some((key) => !known.has(key)))).to.deep.equal([]);
    expect(wrongOnes((schema) => 'properties' in schema && 'additionalProperties' in schema)).to.deep.equal([]);
  });

  it('are written as an API server keeps them, which drops empty properties', () => {
    const written = writtenNodes();
    const isEmpty = ({ properties }: Schema): boolean =>
      properties !== undefined && Object.keys(properties).length === 0;
    expect(wrongOnes(isEmpty, written)).to.deep.equal([]);
    expect(wrongOnes(isEmpty), 'there are such schemas').not.to.deep.equal([]);
  });

  it('are written with their defaults in words, which kubectl explain does not tell', () => {
    const silent = ({ default: value, description = '' }: Schema): boolean =>
      value !== undefined &&
      !description.endsWith(`Default: ${typeof value === 'string' ? value : JSON.stringify(value)}.`);
    expect(wrongOnes(silent, writtenNodes())).to.deep.equal([]);
  });

  it('bound every string, list, map and number, so that rules have a known cost', () => {
    expect(
      wrongOnes(({ type, maxLength, format, ...rest }) =>
        type === 'string' || rest['x-kubernetes-int-or-string']
          ? maxLength === undefined && !('enum' in rest) && format !== 'date-time'
          : false,
      ),
    ).to.deep.equal([]);
    expect(wrongOnes(({ type, maxItems }) => type === 'array' && maxItems === undefined)).to.deep.equal([]);
    expect(wrongOnes((schema) => 'additionalProperties' in schema && schema.maxProperties === undefined)).to.deep.equal(
      [],
    );
    expect(
      wrongOnes(
        ({ type, minimum, maximum, format }) =>
          type === 'integer' && (minimum === undefined || (maximum === undefined && format !== 'int64')),
      ),
    ).to.deep.equal([]);
  });

  it('say how each list is merged, and require the keys of keyed lists', () => {
    expect(wrongOnes((schema) => schema.type === 'array' && !schema['x-kubernetes-list-type'])).to.deep.equal([]);
    expect(
      wrongOnes((schema) => {
        const keys = schema['x-kubernetes-list-map-keys'] ?? [];
        return (
          (schema['x-kubernetes-list-type'] === 'map') !== keys.length > 0 ||
          keys.some((key) => !schema.items?.required?.includes(key))
        );
      }),
    ).to.deep.equal([]);
  });

  it('require only fields that exist', () => {
    expect(
      wrongOnes(({ required = [], properties = {} }) => required.some((name) => !(name in properties))),
    ).to.deep.equal([]);
  });

  it('have rules that are CEL, say what would be right, and name fields that exist', () => {
    for (const { path, schema } of all)
      for (const { rule, message, messageExpression, fieldPath } of schema['x-kubernetes-validations'] ?? []) {
        expect(() => parseCel(rule), `${path}: ${rule}`).not.to.throw();
        if (messageExpression === undefined) expect(message, path).to.match(/\w/).and.not.match(/\.$/);
        else expect(() => parseCel(messageExpression), path).not.to.throw();
        if (fieldPath !== undefined) expect(schema.properties, path).to.have.property(fieldPath.slice(1));
      }
  });
});

/** The schema at a simple JSON path such as `.spec.target.name` or `.spec.paused[0].by`. */
const at = (definition: Definition, jsonPath: string): Schema | undefined =>
  jsonPath
    .split('.')
    .slice(1)
    .reduce<Schema | undefined>((schema, part) => {
      const child = schema?.properties?.[part.replace('[0]', '')];
      return part.endsWith('[0]') ? child?.items : child;
    }, objectSchema(definition));

describe('definitions', () => {
  for (const definition of kinds) {
    const { kind, description, columns, selectableFields } = definition;

    it(`${kind}: columns and selectable fields exist`, () => {
      for (const { name, jsonPath } of columns) {
        const condition = /^\.status\.conditions\[\?\(@\.type=='(\w+)'\)\]\.(status|reason|message)$/.exec(jsonPath);
        if (condition) {
          const listed = at(definition, '.status.conditions')?.description;
          expect(listed, `${name}: the condition is not described`).to.include(`${condition[1]} (`);
        } else if (!jsonPath.startsWith('.metadata.')) expect(at(definition, jsonPath), name).not.to.equal(undefined);
      }
      for (const field of selectableFields) expect(at(definition, field)?.type, field).to.equal('string');
    });

    it(`${kind}: the tests know every field of its status`, () => {
      expect(validStatus[kind]).to.have.all.keys(Object.keys(definition.status.properties));
      const listed = /: (.*)$/.exec(definition.status.properties.conditions.description)?.[1] ?? '';
      expect(validStatus[kind].conditions?.map(({ type }) => type)).to.deep.equal(listed.match(/[A-Z]\w+(?= \()/g));
    });

    it(`${kind}: the example in its description is valid`, () => {
      const example = /\nExample[^\n]*:\n(.*)$/s.exec(description)?.[1];
      const { spec } = parseYaml(example ?? '') as { spec: Record<string, unknown> };
      const edits = Object.entries(spec).map(([name, value]) => [`spec.${name}`, value]);
      expect(validate(kind, edited(valid[kind]('x'), Object.fromEntries(edits)))).to.deep.equal([]);
    });

    for (const [name, field] of Object.entries<Schema>(definition.spec.properties))
      it(`${kind}: spec.${name} has a valid example`, () => {
        const example: unknown = parseYaml(exampleIn(field.description));
        const problems = validate(kind, edited(valid[kind]('x'), { [`spec.${name}`]: example }));
        expect(problems).to.deep.equal([]);
      });
  }

  for (const name of actionNames)
    it(`the example of the action ${name} is valid`, () => {
      const action: unknown = parseYaml(exampleIn(actions[name].description));
      const plan = edited(valid.RemediationPlan('x'), { 'spec.steps': [{ name: 'only', action }] });
      expect(validate('RemediationPlan', plan)).to.deep.equal([]);
    });

  for (const [name, { schema }] of Object.entries<{ schema: Schema }>(detectors))
    it(`the example of the detector ${name} is valid`, () => {
      const detect = { [name]: parseYaml(exampleIn(schema.description)) as unknown };
      const policy = edited(valid.DetectionPolicy('x'), { 'spec.signals[0].detect': detect });
      expect(validate('DetectionPolicy', policy)).to.deep.equal([]);
    });

  it('are found by name', () => {
    expect(definitionOf('Incident')).to.have.property('plural', 'incidents');
    expect(definitionOf('Pod')).to.equal(undefined);
  });
});

/** What a description gives as an example: YAML at its end, before the full stop. */
const exampleIn = (description = ''): string => /Example: (.*)\.$/s.exec(description)?.[1] ?? '';
