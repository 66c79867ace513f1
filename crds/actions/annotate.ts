import type { Schema } from '../../engine/schema.ts';
import { annotations, labelKeyList } from '../selector.ts';
import { keyRules, of } from './parts.ts';

/** `annotate`: sets and removes annotations. */
export const annotate = {
  type: 'object',
  description:
    'Sets or removes annotations, for instance to tell another controller to keep away. Undone by setting back each annotation that nobody has changed since. Example: {annotate: {of: Node, set: {"cluster-autoscaler.kubernetes.io/scale-down-disabled": "true"}}}.',
  properties: {
    of: of('annotations'),
    set: annotations('Annotations to set, and their values. Example: {example.com/owner: "team a"}.'),
    remove: labelKeyList('Keys of annotations to remove. Example: [example.com/owner].'),
  },
  'x-kubernetes-validations': keyRules('annotation', '{example.com/owner: "team a"}', '[example.com/owner]'),
} as const satisfies Schema;
