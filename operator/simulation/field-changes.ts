import { isJsonObject, sameJson, valueAt } from '../actions/json.ts';
import type { KubeObject } from '../kube/api.ts';
import type { ApiRequest } from '../testing/api-request.ts';

/** One field (a leaf of the maps of an object; a list is a leaf) before and after; undefined where it is absent. */
export interface FieldChange {
  /** A JSON pointer. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What the server keeps for itself, and what programs say of themselves. */
const bookkeeping = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);

/** Every field but status and bookkeeping that differs. */
export function changedFields(before: KubeObject, after: KubeObject): FieldChange[] {
  const found: FieldChange[] = [];
  const { status: _old, ...was } = before as KubeObject & { status?: unknown };
  const { status: _new, ...is } = after as KubeObject & { status?: unknown };
  compare('', was, is, found);
  return found;
}

function compare(path: string, before: unknown, after: unknown, found: FieldChange[]): void {
  if (before === after) return;
  if (isJsonObject(before ?? {}) && isJsonObject(after ?? {}) && (before ?? after) !== undefined) {
    const [was, is] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>];
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
      if (path === '/metadata' && bookkeeping.has(key)) continue;
      compare(`${path}/${escaped(key)}`, was[key], is[key], found);
    }
  } else if (!sameJson(before, after)) found.push({ path, before, after });
}

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** The fields of this object (undefined: there is none) that a request would set, without its preconditions; one with an empty path for a deletion or a creation. */
export function wishedFields({ verb, patch, subresource }: ApiRequest, object: KubeObject | undefined): FieldChange[] {
  if (verb !== 'patch' || patch === undefined || subresource === 'eviction')
    return [{ path: '', before: undefined, after: undefined }];
  if (patch.type === 'json')
    return patch.body
      .filter(({ op }) => op !== 'test')
      .map(({ path, value }) => ({ path, before: valueAt(object, path), after: value }));
  const found: FieldChange[] = [];
  const visit = (path: string, value: unknown): void => {
    if (!isJsonObject(value)) {
      found.push({ path, before: valueAt(object, path), after: value === null ? undefined : value });
      return;
    }
    for (const [key, child] of Object.entries(value))
      if (path !== '/metadata' || !bookkeeping.has(key)) visit(`${path}/${escaped(key)}`, child);
  };
  visit('', patch.body);
  return found.filter(({ path }) => path !== '/apiVersion' && path !== '/kind' && path !== '/metadata/name');
}
