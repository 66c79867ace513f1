import type { GuardrailSpec } from '../../crds/guardrail.ts';

/** A label selector as Kubernetes has it. */
export type Selector = NonNullable<NonNullable<GuardrailSpec['protect']>[number]['selector']>;

/** Whether labels satisfy a selector; the empty selector is satisfied by all. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Record<string, string>,
): boolean {
  return (
    Object.keys(matchLabels).every((key) => labels[key] === matchLabels[key]) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}
