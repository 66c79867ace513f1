import type { Schema } from '../engine/schema.ts';

/**
 * Leaves that several kinds share, and ways to put schemas together. Each takes the description of the field it stands
 * for. Larger parts: selector.ts, references.ts, conditions.ts; quantities: engine/quantity-schema.ts.
 */

/** A DNS subdomain, as a regular expression without anchors. */
export const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

/** Free text for people. */
export const text = (description: string, maxLength = 1024) =>
  ({ type: 'string', maxLength, description }) as const satisfies Schema;

/** The name of an object. */
export const objectName = (description: string) =>
  ({
    type: 'string',
    maxLength: 253,
    description,
    'x-kubernetes-validations': [
      {
        rule: `self.matches('^${subdomain}$')`,
        message: 'must be a name: lower-case letters, digits, "-" and ".", such as "restart-leaky"',
      },
    ],
  }) as const satisfies Schema;

/** The name of a namespace, a container or a step: a DNS label. */
export const label = (description: string) =>
  ({
    type: 'string',
    maxLength: 63,
    description,
    'x-kubernetes-validations': [
      {
        rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        message: 'must be a name of lower-case letters, digits and "-", such as "cart-2"',
      },
    ],
  }) as const satisfies Schema;

/** The `metadata.uid` of an object: a name may be given again, this never. */
export const uid = (description: string) => text(description, 128);

/** A moment, in RFC 3339. */
export const time = (description: string) =>
  ({ type: 'string', format: 'date-time', description }) as const satisfies Schema;

/** A number that the operator tells, as text: floats have no place in the API. Never refused, unlike a `quantity`. */
export const figure = (description: string) => text(description, 64);

/** A number of things. */
export const count = (description: string) =>
  ({ type: 'integer', format: 'int64', minimum: 0, description }) as const satisfies Schema;

/** How many at once: a number, or a share such as `"10%"`. */
export const limit = (description: string) =>
  ({
    'x-kubernetes-int-or-string': true,
    maxLength: 8,
    description,
    'x-kubernetes-validations': [
      {
        rule: "type(self) == int ? self >= 1 : string(self).matches('^(100([.]0*)?|[0-9]{1,2}([.][0-9]*)?)%$')",
        message: 'must be a number from 1, such as 2, or a share in quotes, such as "10%"',
      },
    ],
  }) as const satisfies Schema;

/** An expression in CEL. Its syntax is checked when it is compiled; the condition `Ready` says what is wrong. */
export const expression = (description: string) =>
  ({
    type: 'string',
    maxLength: 1024,
    description,
    'x-kubernetes-validations': [{ rule: "self.trim() != ''", message: 'must be a CEL expression, or be left out' }],
  }) as const satisfies Schema;

/**
 * Exactly one of several members with their parameters: the way Kubernetes writes a union. `noun` is what a member is
 * called in messages. The type has every member optional.
 */
export const union = <const Members extends Record<string, Schema>>(
  noun: string,
  description: string,
  members: Members,
) => {
  const names = Object.keys(members);
  return {
    type: 'object',
    description,
    properties: members,
    'x-kubernetes-validations': [
      {
        rule: `[${names.map((name) => `has(self.${name})`).join(', ')}].exists_one(x, x)`,
        message: `must name exactly one ${noun}: ${names.join(', ')}`,
      },
    ],
  } as const satisfies Schema;
};

/** `schema` for a field that never changes once it is set. A field that may be absent also needs `kept`. */
export const immutable = <const S extends Schema>(schema: S) => ({
  ...schema,
  'x-kubernetes-validations': [
    ...(schema['x-kubernetes-validations'] ?? []),
    { rule: 'self == oldSelf', message: 'cannot be changed: it was fixed when the object was created' },
  ],
});

/** The rule of the parent of an `immutable` field that may be absent: it is neither added nor removed later. */
export const kept = <const Field extends string>(field: Field) =>
  ({
    rule: `has(self.${field}) == has(oldSelf.${field})`,
    message: 'cannot be added or removed: it was fixed when the object was created',
    fieldPath: `.${field}`,
  }) as const;
