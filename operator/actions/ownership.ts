/** Who owns a field, read from `metadata.managedFields`. */
import type { FieldsV1, KubeObject, ManagedFields } from '../kube/api.ts';
import { elementKeys, hasKeys, pointerKeys } from './json.ts';

/** The longest field manager that the API server accepts. */
const longestManager = 128;
const prefix = 'homeostat/';

/**
 * The field manager under which a Remediation writes: `homeostat/<namespace>/<name>`. Of what is too long the end is kept
 * behind a fingerprint of the whole, so that no two Remediations have one manager.
 */
export function managerOf({ namespace = '', name }: { readonly namespace?: string; readonly name: string }): string {
  const whole = `${namespace}/${name}`;
  if (prefix.length + whole.length <= longestManager) return `${prefix}${whole}`;
  const start = `${prefix}${fingerprint(whole)}~`;
  return `${start}${whole.slice(start.length - longestManager)}`;
}

/** 64-bit FNV-1a of the characters, in hexadecimal: http://www.isthe.com/chongo/tech/comp/fnv/ */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text)
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

/** Whether a field manager is a Remediation. */
export const isRemediation = (manager: string | undefined): manager is string => manager?.startsWith(prefix) === true;

/**
 * The entries that own the value at a pointer: those whose field set names the path itself or something below it, or, for
 * an element of a list that is one value to the API server (taints), the list. A leaf above does not count: `f:labels: {}` says that somebody owns the map of
 * labels, as whoever created it does when the last label that was theirs is gone, and nothing of what is in it.
 */
export const ownersOf = (object: KubeObject, pointer: string): ManagedFields[] =>
  (object.metadata.managedFields ?? []).filter(({ fieldsV1 }) => owns(fieldsV1, pointerKeys(pointer)));

function owns(fields: FieldsV1 | undefined, keys: readonly string[]): boolean {
  let node = fields;
  for (const key of keys) {
    if (node === undefined) return false;
    const element = elementKeys(key);
    if (element !== undefined && Object.keys(node).length === 0) return true;
    if (element !== undefined) node = elementIn(node, element);
    else node = Object.hasOwn(node, `f:${key}`) ? node[`f:${key}`] : undefined;
  }
  return node !== undefined;
}

/** The field set of a list's element, which stands under all its keys, such as `k:{"containerPort":80,"protocol":"TCP"}`. */
function elementIn(fields: FieldsV1, keys: NonNullable<ReturnType<typeof elementKeys>>): FieldsV1 | undefined {
  const found = Object.entries(fields).find(
    ([key]) => key.startsWith('k:') && hasKeys(JSON.parse(key.slice(2)) as unknown, keys),
  );
  return found?.[1];
}

/** `kubectl-cordon at 2026-01-31T08:15:00Z`, as messages name an owner. */
export const describeOwner = ({ manager, time }: ManagedFields): string =>
  time === undefined ? manager : `${manager} at ${time}`;
