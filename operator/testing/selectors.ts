import type { KubeObject, ListOptions } from '../kube/api.ts';
import { isTree } from './patch.ts';

/** Whether an object is what a list or watch with these options asks for. */
export function selects(options: ListOptions, object: KubeObject): boolean {
  if (options.namespace !== undefined && object.metadata.namespace !== options.namespace) return false;
  return matchesLabels(options.labelSelector ?? '', object) && matchesFields(options.fieldSelector ?? '', object);
}

/** `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, joined by commas. */
function matchesLabels(selector: string, { metadata: { labels = {} } }: KubeObject): boolean {
  return split(selector).every((term) => {
    const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(term);
    if (set !== null) {
      const [, key = '', operator, values = ''] = set;
      const found = values
        .split(',')
        .map((value) => value.trim())
        .includes(labels[key] ?? '\0');
      return operator === 'in' ? found : !found;
    }
    const [, key = '', operator, value = ''] = /^([^!=\s]+)\s*(!=|==?)\s*(\S*)$/.exec(term) ?? [];
    if (operator === '!=') return labels[key] !== value;
    if (operator !== undefined) return labels[key] === value;
    return term.startsWith('!') ? !(term.slice(1) in labels) : term in labels;
  });
}

/** `metadata.name=a,status.phase!=Running`; an absent field equals the empty string. */
function matchesFields(selector: string, object: KubeObject): boolean {
  return split(selector).every((term) => {
    const [, path = '', operator = '', value = ''] = /^([^!=]+)(!=|==?)(.*)$/.exec(term) ?? [];
    let found: unknown = object;
    for (const key of path.split('.')) found = isTree(found) ? found[key] : undefined;
    const same =
      (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? String(found) : '') ===
      value;
    return operator === '!=' ? !same : same;
  });
}

/** Splits at commas outside of parentheses. */
const split = (selector: string): string[] =>
  selector.trim() === '' ? [] : selector.split(/,(?![^(]*\))/).map((term) => term.trim());
