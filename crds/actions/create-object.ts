import type { Schema } from '../../engine/schema.ts';
import { label, objectName, text } from '../fragments.ts';
import { waitFor } from './wait-for.ts';

const keyed = (what: string) =>
  ({
    type: 'object',
    maxProperties: 32,
    description: `${what}; values may hold placeholders.`,
    additionalProperties: { type: 'string', maxLength: 1024, description: 'The value.' },
  }) as const satisfies Schema;

/** `createObject`: makes an object, for another operator to act on. */
export const createObject = {
  type: 'object',
  description:
    'Makes an object in the namespace of the plan, owned by the Remediation, and waits until it has done its work: so operators such as those of medik8s take part. Undone by deleting it, if it is still the one that was made. Example: {createObject: {templateRef: {apiVersion: self-node-remediation.medik8s.io/v1alpha1, kind: SelfNodeRemediationTemplate, name: automatic}, named: Node, waitFor: {condition: {type: Succeeded}}}}.',
  properties: {
    object: {
      type: 'object',
      description:
        'The object. Texts in it may hold ${target.kind}, ${target.namespace}, ${target.name}, ${target.uid}, ${target.container}, ${target.node}, ${workload.kind}, ${workload.name}, ${remediation.name} and ${remediation.namespace}. Example: {apiVersion: v1, kind: ConfigMap, data: {node: "${target.node}"}}.',
      required: ['apiVersion', 'kind'],
      properties: {
        apiVersion: text('Its API version.', 317),
        kind: text('Its kind; it must be one that stands in a namespace.', 63),
        metadata: {
          type: 'object',
          description: 'Its labels and annotations; its name and owner are given.',
          properties: { labels: keyed('Labels'), annotations: keyed('Annotations') },
        },
      },
      'x-kubernetes-preserve-unknown-fields': true,
    },
    templateRef: {
      type: 'object',
      description:
        'A template in the namespace of the plan, as medik8s and Cluster API have them: the object is of its kind without the ending Template, with what stands in spec.template.',
      required: ['apiVersion', 'kind', 'name'],
      properties: {
        apiVersion: text('Its API version.', 317),
        kind: {
          ...text('Its kind, such as SelfNodeRemediationTemplate.', 63),
          'x-kubernetes-validations': [
            {
              rule: "self.matches('^[A-Z][A-Za-z0-9]*Template$')",
              message: 'must end in Template, such as SelfNodeRemediationTemplate',
            },
          ],
        },
        name: objectName('Its name.'),
      },
    },
    resource: label(
      'The plural of the kind in URLs, where it is not the kind in lower case with an "s". Example: proxies.',
    ),
    named: {
      type: 'string',
      enum: ['Step', 'Target', 'Node'],
      default: 'Step',
      description:
        'Step: a name of its own for each Remediation and step. Target: the name of the target. Node: that of its node, as medik8s has it; while another object has that name, it is not made.',
    },
    waitFor,
  },
  'x-kubernetes-validations': [
    {
      rule: '[has(self.object), has(self.templateRef)].exists_one(x, x)',
      message: 'must have exactly one of object and templateRef',
    },
  ],
} as const satisfies Schema;
