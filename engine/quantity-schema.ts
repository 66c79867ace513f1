import type { Schema } from './schema.ts';

/** Schemas of what `parseQuantity` reads; each takes the description of the field it stands for. */

/** A quantity, exact, as a string: no rounding on the way. */
export const quantity = (description: string) =>
  ({
    type: 'string',
    maxLength: 32,
    description,
    'x-kubernetes-validations': [
      {
        rule: "self.matches('^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)(%|[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2})?$')",
        message: 'must be a quantity such as "90%", "850m", "100Mi" or "1.5"',
      },
    ],
  }) as const satisfies Schema;

/** A share between `"0%"` and `"100%"`. */
export const percentage = (description: string) =>
  ({
    type: 'string',
    maxLength: 16,
    description,
    'x-kubernetes-validations': [
      {
        rule: "self.matches('^(100([.]0*)?|[0-9]{1,2}([.][0-9]*)?)%$')",
        message: 'must be a percentage from "0%" to "100%", such as "95%" or "99.9%"',
      },
    ],
  }) as const satisfies Schema;

/** A share between `"0%"` and `"100%"` that is neither; `why` says why it must not be. */
export const properPercentage = (description: string, why: string) => {
  const schema = percentage(description);
  return {
    ...schema,
    'x-kubernetes-validations': [
      ...schema['x-kubernetes-validations'],
      {
        rule: "!self.matches('^(100([.]0*)?|0+([.]0*)?)%$')",
        message: `must be more than "0%" and less than "100%": ${why}`,
      },
    ],
  } as const satisfies Schema;
};
