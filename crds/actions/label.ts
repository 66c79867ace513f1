import type { Schema } from '../../engine/schema.ts';
import { labelKeyList, labels } from '../selector.ts';
import { keyRules, of } from './parts.ts';

/** `label`: sets and removes labels. */
export const label = {
  type: 'object',
  description:
    'Sets or removes labels, for instance to mark what is looked at. Undone by setting back each label that nobody has changed since. Example: {label: {of: Pod, set: {quarantine: "true"}}}.',
  properties: {
    of: of('labels'),
    set: labels('Labels to set, and their values. Example: {quarantine: "true"}.'),
    remove: labelKeyList('Keys of labels to remove. Example: [app].'),
  },
  'x-kubernetes-validations': keyRules('label', '{quarantine: "true"}', '[app]'),
} as const satisfies Schema;
