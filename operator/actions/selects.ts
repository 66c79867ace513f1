import { isJsonObject, valueAt } from './json.ts';

/** Whether a label selector, as the API has it (matchLabels, matchExpressions), holds for these labels. */
export function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const [matched, expressions] = [valueAt(selector, '/matchLabels'), valueAt(selector, '/matchExpressions')];
  const equal = Object.entries(isJsonObject(matched) ? matched : {}).every(([key, value]) => labels[key] === value);
  return equal && (Array.isArray(expressions) ? expressions : []).every((item: unknown) => holds(item, labels));
}

function holds(expression: unknown, labels: Readonly<Record<string, string>>): boolean {
  const { key, operator, values } = isJsonObject(expression) ? expression : {};
  const label = labels[String(key)];
  const isIn = label !== undefined && Array.isArray(values) && values.includes(label);
  switch (operator) {
    case 'In':
      return isIn;
    case 'NotIn':
      return !isIn;
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
    // What is not understood counts as selecting: nothing is promised that may not be so.
    default:
      return true;
  }
}
