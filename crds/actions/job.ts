import type { Schema } from '../../engine/schema.ts';
import { text } from '../fragments.ts';

const words = (description: string) =>
  ({
    type: 'array',
    maxItems: 64,
    description,
    'x-kubernetes-list-type': 'atomic',
    items: { type: 'string', maxLength: 4096, description: 'A word.' },
  }) as const satisfies Schema;

const image = text('The image; by digest, it is always the same. Example: registry.example.com/fix@sha256:….', 1024);
const command = words('The program and its arguments; default: what the image says. Example: [fix, --dry-run=false].');

/** `job`: runs an image. */
export const job = {
  type: 'object',
  description:
    'Runs an image as a Job in the namespace of the plan, as the service account of the plan, and waits for its end. It learns what it is about from HOMEOSTAT_TARGET_KIND, _NAMESPACE, _NAME, _UID, _CONTAINER, _NODE, HOMEOSTAT_WORKLOAD_KIND, _NAME, HOMEOSTAT_REMEDIATION and HOMEOSTAT_STEP. What it did can only be taken back by an image of its own (undo). Example: {job: {image: "registry.example.com/fix:1", command: [fix], undo: {command: [unfix]}}}.',
  required: ['image'],
  properties: {
    image,
    command,
    env: {
      type: 'array',
      maxItems: 32,
      description: 'Variables for it. Example: [{name: LEVEL, value: "2"}].',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        description: 'A variable.',
        required: ['name', 'value'],
        properties: {
          name: {
            ...text('Its name.', 256),
            'x-kubernetes-validations': [
              {
                rule: "self.matches('^[A-Za-z_][A-Za-z0-9_]*$') && !self.startsWith('HOMEOSTAT_')",
                message: 'must be letters, digits and "_", and not begin with HOMEOSTAT_, such as LEVEL',
              },
            ],
          },
          value: text('Its value.', 4096),
        },
      },
    },
    runAsUser: {
      type: 'integer',
      format: 'int64',
      minimum: 1,
      maximum: 2_147_483_647,
      default: 65_534,
      description: 'The user id that it runs as; never root. Example: 1000.',
    },
    deadlineSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 3600,
      default: 300,
      description: 'It is ended after so long. The timeoutSeconds of the step should be a little more.',
    },
    undo: {
      type: 'object',
      description: 'What takes back what it did; without it that cannot be undone. Example: {command: [unfix]}.',
      properties: { image: { ...image, description: 'The image; default: the same.' }, command },
      'x-kubernetes-validations': [
        {
          rule: 'has(self.image) || has(self.command)',
          message: 'must have an image or a command: the same once more would not take anything back',
        },
      ],
    },
  },
} as const satisfies Schema;
