/** JSON merge patch (RFC 7396) and JSON patch (RFC 6902) on plain JSON values. Both return a new value. */
import { isDeepStrictEqual } from 'node:util';
import type { JsonPatchOperation } from '../kube/api.ts';
import { copy } from './copy.ts';

export type Tree = Record<string, unknown>;
export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const result: Tree = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Throws an `Error` that says which operation cannot be done. */
export function jsonPatch(target: unknown, operations: readonly JsonPatchOperation[]): unknown {
  let document = copy(target);
  for (const operation of operations) {
    const keys = operation.path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop();
    if (last === undefined) {
      if (operation.op === 'add' || operation.op === 'replace') document = operation.value;
      continue;
    }
    let parent: unknown = document;
    for (const key of keys)
      parent = Array.isArray(parent) ? parent[Number(key)] : isTree(parent) ? parent[key] : undefined;
    if (Array.isArray(parent)) patchList(parent, last, operation);
    else if (isTree(parent)) patchMap(parent, last, operation);
    else throw new Error(`${operation.op} operation does not apply: doc is missing path: "${operation.path}"`);
  }
  return document;
}

function patchMap(map: Tree, key: string, { op, path, value }: JsonPatchOperation): void {
  if (op === 'test') return check(map[key], value, path);
  if (op !== 'add' && !(key in map)) throw new Error(`${op} operation does not apply: doc is missing key: ${path}`);
  if (op === 'remove') delete map[key];
  else map[key] = copy(value);
}

function patchList(list: unknown[], key: string, { op, path, value }: JsonPatchOperation): void {
  const index = key === '-' ? list.length : Number(key);
  if (op === 'test') return check(list[index], value, path);
  const last = op === 'add' ? list.length : list.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > last) {
    throw new Error(`${op} operation does not apply: index out of bounds: ${path}`);
  }
  if (op === 'remove') list.splice(index, 1);
  else list.splice(index, op === 'add' ? 0 : 1, copy(value));
}

function check(found: unknown, wanted: unknown, path: string): void {
  if (!isDeepStrictEqual(found ?? null, wanted ?? null)) throw new Error(`testing value ${path} failed: test failed`);
}
