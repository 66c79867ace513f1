import type { Schema } from '../engine/schema.ts';
import { subdomain } from './fragments.ts';

/** The value of a label. */
const labelValue = (description: string) =>
  ({
    type: 'string',
    maxLength: 63,
    description,
    'x-kubernetes-validations': [
      {
        rule: "self.matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$')",
        message: 'must be a label value: letters, digits, "-", "_" and ".", such as "cart"',
      },
    ],
  }) as const satisfies Schema;

/** What the keys of a map of labels must be. */
const labelKeys = {
  rule: `self.all(key, key.matches('^(${subdomain}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))`,
  message: 'must have label keys: letters, digits, "-", "_" and ".", such as "app" or "example.com/tier"',
} as const;

/** Labels by key. */
export const labels = (description: string) =>
  ({
    type: 'object',
    maxProperties: 32,
    description,
    additionalProperties: labelValue('A value, such as "cart".'),
    'x-kubernetes-validations': [labelKeys],
  }) as const satisfies Schema;

/** Annotations by key. */
export const annotations = (description: string) =>
  ({
    type: 'object',
    maxProperties: 32,
    description,
    additionalProperties: { type: 'string', maxLength: 1024, description: 'Any text, such as "team a".' },
    'x-kubernetes-validations': [labelKeys],
  }) as const satisfies Schema;

/** Keys of labels, or of annotations. */
export const labelKeyList = (description: string) =>
  ({
    type: 'array',
    maxItems: 16,
    description,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', maxLength: 317, description: 'The key of a label, such as "app".' },
    'x-kubernetes-validations': [labelKeys],
  }) as const satisfies Schema;

/** A label selector, as everywhere in Kubernetes. An empty one selects everything. */
export const selector = (description: string) =>
  ({
    type: 'object',
    description,
    'x-kubernetes-map-type': 'atomic',
    properties: {
      matchLabels: labels('Labels that must all be there with these values, such as {app: cart}.'),
      matchExpressions: {
        type: 'array',
        maxItems: 16,
        description: 'Requirements that must all hold.',
        'x-kubernetes-list-type': 'atomic',
        items: {
          type: 'object',
          description: 'One requirement, such as {key: tier, operator: In, values: [web, api]}.',
          required: ['key', 'operator'],
          properties: {
            key: { type: 'string', maxLength: 317, description: 'The label, such as app.kubernetes.io/name.' },
            operator: {
              type: 'string',
              enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
              description: 'How the label is compared with the values.',
            },
            values: {
              type: 'array',
              maxItems: 64,
              description: 'Values for In and NotIn; absent for Exists and DoesNotExist.',
              'x-kubernetes-list-type': 'atomic',
              items: labelValue('A value, such as "web".'),
            },
          },
          'x-kubernetes-validations': [
            {
              rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
              messageExpression:
                "self.operator in ['In', 'NotIn'] ? 'operator ' + self.operator + ' needs at least one value' : 'operator ' + self.operator + ' takes no values: remove them'",
              fieldPath: '.values',
            },
          ],
        },
      },
    },
  }) as const satisfies Schema;
