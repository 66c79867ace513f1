import type { Schema } from '../engine/schema.ts';
import { apiVersion, group, version, type Definition } from './definition.ts';

/** The schema of a whole object of a kind. */
export const objectSchema = ({ kind, description, maxNameLength, spec, status }: Definition): Schema => ({
  type: 'object',
  description,
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string', maxLength: 64, description: `The version of this kind: ${apiVersion}.` },
    kind: { type: 'string', maxLength: 64, description: `The kind: ${kind}.` },
    // The API server describes metadata itself and lets a kind only narrow the name.
    metadata: {
      type: 'object',
      ...(maxNameLength !== undefined && { properties: { name: { type: 'string', maxLength: maxNameLength } } }),
    },
    spec,
    status,
  },
});

/** `kubectl explain` does not tell defaults: the description does. */
const described = ({ default: value, description }: Schema): { description?: string } =>
  value === undefined || description === undefined
    ? {}
    : { description: `${description} Default: ${typeof value === 'string' ? value : JSON.stringify(value)}.` };

/**
 * The schema as an API server keeps it: empty `properties` are dropped there, so whoever applies them a second time, as a
 * chart does after kubectl, would be told of a conflict about a difference that is none.
 */
const asKept = (schema: Schema): Schema => {
  const { properties, items, additionalProperties } = schema;
  if (properties !== undefined && Object.keys(properties).length === 0) {
    const { properties: _none, ...rest } = schema;
    return rest;
  }
  return {
    ...schema,
    ...described(schema),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, asKept(field)])),
    }),
    ...(items !== undefined && { items: asKept(items) }),
    ...(additionalProperties !== undefined && { additionalProperties: asKept(additionalProperties) }),
  };
};

/** The CustomResourceDefinition that makes an API server serve and check a kind. */
export const customResourceDefinition = (definition: Definition) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${definition.plural}.${group}`,
    labels: { 'app.kubernetes.io/part-of': 'homeostat' },
  },
  spec: {
    group,
    names: {
      kind: definition.kind,
      listKind: `${definition.kind}List`,
      plural: definition.plural,
      singular: definition.singular,
      shortNames: definition.shortNames,
      categories: ['homeostat'],
    },
    scope: 'Namespaced',
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: asKept(objectSchema(definition)) },
        subresources: { status: {} },
        additionalPrinterColumns: definition.columns,
        ...(definition.selectableFields.length > 0 && {
          selectableFields: definition.selectableFields.map((jsonPath) => ({ jsonPath })),
        }),
      },
    ],
  },
});
