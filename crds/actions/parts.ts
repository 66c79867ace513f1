/** Parameters that several actions share. */
import type { Schema } from '../../engine/schema.ts';

/** Whose field it is. */
export const of = (what: string) =>
  ({
    type: 'string',
    enum: ['Target', 'Pod', 'Workload', 'Node'],
    default: 'Target',
    description: `Whose ${what}: those of the target itself, or of its pod, workload or node.`,
  }) as const satisfies Schema;

/** The rules of an action that sets and removes keys of a map: `what` is one of them, the others are examples. */
export const keyRules = (what: string, set: string, remove: string) =>
  [
    {
      rule: 'has(self.set) && size(self.set) > 0 || has(self.remove) && size(self.remove) > 0',
      message: `must set or remove at least one ${what}: set is a map such as ${set}, remove a list of keys such as ${remove}`,
    },
    {
      // So many changes are written down of one step.
      rule: '(has(self.set) ? size(self.set) : 0) + (has(self.remove) ? size(self.remove) : 0) <= 32',
      message: `must name at most 32 ${what}s, those to set and those to remove together: make two steps of it`,
    },
    {
      rule: '!has(self.set) || !has(self.remove) || self.remove.all(key, !(key in self.set))',
      message: `must not name ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what} that is set, too`,
      fieldPath: '.remove',
    },
  ] as const;
