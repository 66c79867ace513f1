import type { Schema } from '../../engine/schema.ts';
import { subdomain } from '../fragments.ts';

/** `taint`: puts a taint on a node. */
export const taint = {
  type: 'object',
  description:
    'Puts a taint on the node; a pod or container stands for the node it runs on. Refused when the node has one with the same key and effect and another value. Undone by taking away that taint and no other, unless somebody else put it there since. Example: {taint: {key: example.com/disk-failing, effect: NoSchedule}}.',
  required: ['key', 'effect'],
  properties: {
    key: {
      type: 'string',
      maxLength: 316,
      description: 'The key of the taint, such as example.com/disk-failing.',
      'x-kubernetes-validations': [
        {
          rule: `self.matches('^(${subdomain}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')`,
          message: 'must be the key of a taint: letters, digits, "-", "_" and ".", such as "example.com/disk-failing"',
        },
        {
          rule: "!self.startsWith('node.kubernetes.io/')",
          message:
            'must not begin with node.kubernetes.io/: Kubernetes itself sets and removes those; use a key of your own',
        },
      ],
    },
    value: {
      type: 'string',
      maxLength: 63,
      description: 'Its value; default: none. Example: "true".',
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$')",
          message: 'must be the value of a taint: letters, digits, "-", "_" and ".", such as "true"',
        },
      ],
    },
    effect: {
      type: 'string',
      enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
      description:
        'What it does to pods that do not tolerate it: none come (NoSchedule), none come if there is room elsewhere (PreferNoSchedule), those that are there are ended (NoExecute). Example: NoSchedule.',
    },
  },
} as const satisfies Schema;
