import { targetKinds, type TargetKind } from '../engine/evaluate/target.ts';
import type { Schema } from '../engine/schema.ts';
import { label, objectName, text, uid } from './fragments.ts';

export { targetKinds, type TargetKind };

/** One thing, named so that it can be found again and never mistaken for a later one of the same name. */
export const targetReference = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['kind', 'name', 'uid'],
    properties: {
      kind: { type: 'string', enum: targetKinds, description: 'What it is.' },
      namespace: label('Its namespace; absent for a Node.'),
      name: objectName('The name of the Pod (also for a Container), of the Workload or of the Node.'),
      uid: uid('The UID of the Pod (also for a Container), of the Workload or of the Node.'),
      container: label('The name of the container, for a Container.'),
      node: objectName('The node it runs on, for a Container or a Pod that is scheduled.'),
      workload: {
        type: 'object',
        description: 'The controller at the top of the owner chain; for kind Workload it says which resource it is.',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        properties: {
          apiVersion: text('Its API version, such as apps/v1.', 317),
          kind: text('Its kind, such as Deployment.', 63),
          name: objectName('Its name.'),
          uid: uid('Its UID.'),
        },
      },
    },
    'x-kubernetes-validations': [
      {
        rule: "(self.kind == 'Node') != has(self.namespace)",
        message: 'namespace is required for every kind but Node, which has none',
        fieldPath: '.namespace',
      },
      {
        rule: "(self.kind == 'Container') == has(self.container)",
        message: 'container is required for kind Container and must be absent for the others',
        fieldPath: '.container',
      },
      {
        rule: "self.kind != 'Workload' || has(self.workload)",
        message: 'workload is required for kind Workload: it says which resource it is, such as apps/v1 Deployment',
        fieldPath: '.workload',
      },
    ],
  }) as const satisfies Schema;

/** Another object of the same namespace, by name and by UID. */
export const objectReference = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['name', 'uid'],
    properties: { name: objectName('Its name.'), uid: uid('Its UID.') },
  }) as const satisfies Schema;

/** Another object of the same namespace at one generation of its spec. */
export const generationReference = (description: string) =>
  ({
    type: 'object',
    description,
    required: ['name', 'uid', 'generation'],
    properties: {
      name: objectName('Its name.'),
      uid: uid('Its UID.'),
      generation: {
        type: 'integer',
        format: 'int64',
        minimum: 1,
        description: 'Its metadata.generation at that time.',
      },
    },
  }) as const satisfies Schema;
