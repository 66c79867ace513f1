/**
 * Who owns which field, kept the way the API server keeps `managedFields`: a set of leaf paths per (manager, operation,
 * subresource). An update takes over exactly the leaves whose value it changed; an apply owns what it names, refuses to
 * change what another manager owns, and removes what it named before and no longer names.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FieldsV1, KubeObject, ManagedFields } from '../kube/api.ts';
import { isTree, type Tree } from './patch.ts';

/** How lists are merged, by the name of their field: by key fields, as a set, or (absent) replaced as a whole. */
export type ListKeys = Readonly<Record<string, readonly string[] | 'set'>>;

export const builtInListKeys: ListKeys = {
  conditions: ['type'],
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'protocol'],
  ownerReferences: ['uid'],
  finalizers: 'set',
};

/** Who writes, and through which door. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource?: string | undefined;
  readonly apiVersion: string;
  readonly time: string;
}

export interface FieldConflict {
  readonly owner: ManagedFields;
  /** Such as `.spec.replicas`. */
  readonly field: string;
}

/** A path in the notation of `fieldsV1`, such as `["f:spec","f:replicas"]`, as JSON text so that it can be a key. */
type PathText = string;

const systemFields = new Set([
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
]);

/** Every leaf of an object and its value. */
export function leavesOf(object: unknown, keys: ListKeys): Map<PathText, unknown> {
  const leaves = new Map<PathText, unknown>();
  const visit = (value: unknown, path: readonly string[], field: string): void => {
    const listKeys = Array.isArray(value) ? keys[field] : undefined;
    if (Array.isArray(value) && listKeys !== undefined) {
      for (const item of value) {
        const itemPath = [...path, elementKey(item, listKeys)];
        leaves.set(
          JSON.stringify(listKeys === 'set' ? itemPath : [...itemPath, '.']),
          listKeys === 'set' ? item : true,
        );
        if (listKeys !== 'set' && isTree(item)) visitTree(item, itemPath);
      }
    } else if (isTree(value) && Object.keys(value).length > 0) visitTree(value, path);
    else if (value !== undefined) leaves.set(JSON.stringify(path), value);
  };
  const visitTree = (tree: Tree, path: readonly string[]): void => {
    for (const [key, value] of Object.entries(tree)) {
      if (path.length === 0 && (key === 'apiVersion' || key === 'kind')) continue;
      if (path.length === 1 && path[0] === 'f:metadata' && systemFields.has(key)) continue;
      visit(value, [...path, `f:${key}`], key);
    }
  };
  if (isTree(object)) visitTree(object, []);
  return leaves;
}

const elementKey = (item: unknown, keys: readonly string[] | 'set'): string =>
  keys === 'set' || !isTree(item)
    ? `v:${JSON.stringify(item)}`
    : `k:${JSON.stringify(Object.fromEntries(keys.filter((key) => key in item).map((key) => [key, item[key]])))}`;

/** The leaves of parts of stored objects, which are never changed: most writes touch one part, and compare with the others. */
const known = new WeakMap<object, ReadonlyMap<PathText, unknown>>();

/** The leaves below one member of an object; none for an absent one. */
function leavesBelow(object: KubeObject | undefined, member: string, keys: ListKeys): ReadonlyMap<PathText, unknown> {
  const value: unknown = object === undefined ? undefined : Object.entries(object).find(([key]) => key === member)?.[1];
  if (!isTree(value)) return leavesOf({ [member]: value }, keys);
  const leaves = known.get(value) ?? leavesOf({ [member]: value }, keys);
  known.set(value, leaves);
  return leaves;
}

/** The `managedFields` after `writer` changed `before` into `after`. */
export function afterUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
  keys: ListKeys,
): ManagedFields[] {
  const changed: PathText[] = [];
  const gone = new Set<PathText>();
  const was: Readonly<Record<string, unknown>> = { ...before };
  const is: Readonly<Record<string, unknown>> = { ...after };
  for (const member of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (was[member] === is[member]) continue;
    const old = leavesBelow(before, member, keys);
    const now = leavesBelow(after, member, keys);
    for (const [path, value] of now) if (!old.has(path) || !isDeepStrictEqual(old.get(path), value)) changed.push(path);
    for (const path of old.keys()) if (!now.has(path)) gone.add(path);
  }
  for (const path of changed) gone.add(path);
  const entries = before?.metadata.managedFields ?? [];
  if (gone.size === 0) return entries;
  return rewrite(entries, writer, (paths, mine) => [
    ...paths.filter((path) => !gone.has(path)),
    ...(mine ? changed : []),
  ]);
}

/** What another manager owns and this apply would change. */
export function applyConflicts(live: KubeObject, applied: object, writer: Writer, keys: ListKeys): FieldConflict[] {
  const old = leavesOf(live, keys);
  const conflicts: FieldConflict[] = [];
  for (const [path, value] of leavesOf(applied, keys)) {
    if (isDeepStrictEqual(old.get(path), value)) continue;
    for (const owner of live.metadata.managedFields ?? []) {
      if (!isWriter(owner, writer) && pathsOf(owner.fieldsV1).includes(path))
        conflicts.push({ owner, field: dotted(path) });
    }
  }
  return conflicts;
}

/** The object after an apply whose conflicts, if any, are forced. */
export function afterApply(live: KubeObject, configuration: object, writer: Writer, keys: ListKeys): KubeObject {
  const entries = live.metadata.managedFields ?? [];
  const wanted = leavesOf(configuration, keys);
  const mine = entries.find((entry) => isWriter(entry, writer));
  const theirs = new Set(entries.filter((entry) => entry !== mine).flatMap((entry) => pathsOf(entry.fieldsV1)));
  let result: unknown = mergeApplied(live, configuration, keys, '');
  for (const path of pathsOf(mine?.fieldsV1)) {
    if (!wanted.has(path) && !theirs.has(path)) result = without(result, parsePath(path));
  }
  const object = result as KubeObject;
  const old = leavesOf(live, keys);
  const taken = new Set(
    [...wanted].filter(([path, value]) => !isDeepStrictEqual(old.get(path), value)).map(([path]) => path),
  );
  const managedFields = rewrite(entries, writer, (paths, own) =>
    own ? [...wanted.keys()] : paths.filter((path) => !taken.has(path)),
  );
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

const isWriter = (entry: ManagedFields, { manager, operation, subresource }: Writer): boolean =>
  entry.manager === manager && entry.operation === operation && entry.subresource === subresource;

/** Entries with new sets of paths; an entry keeps its time unless its set changed, and goes when its set is empty. */
function rewrite(
  entries: readonly ManagedFields[],
  writer: Writer,
  change: (paths: readonly PathText[], mine: boolean) => readonly PathText[],
): ManagedFields[] {
  const { subresource, ...rest } = writer;
  const fresh: ManagedFields = {
    ...rest,
    ...(subresource === undefined ? {} : { subresource }),
    fieldsType: 'FieldsV1',
  };
  const known = entries.some((entry) => isWriter(entry, writer)) ? entries : [...entries, fresh];
  return known.flatMap((entry) => {
    const mine = isWriter(entry, writer);
    const before = pathsOf(entry.fieldsV1);
    const paths = [...new Set(change(before, mine))].sort();
    if (paths.length === 0) return [];
    const isSame = paths.length === before.length && before.every((path) => paths.includes(path));
    const fieldsV1 = isSame && entry.fieldsV1 !== undefined ? entry.fieldsV1 : toFields(paths);
    return [{ ...entry, ...(mine ? { time: writer.time, apiVersion: writer.apiVersion } : {}), fieldsV1 }];
  });
}

function mergeApplied(live: unknown, wanted: unknown, keys: ListKeys, field: string): unknown {
  const listKeys = Array.isArray(wanted) ? keys[field] : undefined;
  if (Array.isArray(wanted) && listKeys !== undefined) {
    const result: unknown[] = Array.isArray(live) ? [...live] : [];
    for (const item of wanted) {
      const index = result.findIndex((other) => elementKey(other, listKeys) === elementKey(item, listKeys));
      if (index < 0) result.push(item);
      else result[index] = mergeApplied(result[index], item, keys, '');
    }
    return result;
  }
  if (!isTree(wanted)) return wanted;
  const result: Tree = isTree(live) ? { ...live } : {};
  for (const [key, value] of Object.entries(wanted)) result[key] = mergeApplied(result[key], value, keys, key);
  return result;
}

/** The value without the leaf at `path`, and without the maps that this leaves empty. */
function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || key === '.') return undefined;
  if (Array.isArray(value)) {
    const kept = value.flatMap((item: unknown): unknown[] => {
      const same = key.startsWith('v:') ? key === `v:${JSON.stringify(item)}` : isElement(item, key);
      const next = same ? without(item, rest) : item;
      return next === undefined ? [] : [next];
    });
    return kept.length === 0 ? undefined : kept;
  }
  if (!isTree(value)) return value;
  const { [key.slice(2)]: child, ...others } = value;
  const next = without(child, rest);
  if (next !== undefined) return { ...value, [key.slice(2)]: next };
  return Object.keys(others).length === 0 ? undefined : others;
}

const isElement = (item: unknown, key: string): boolean =>
  isTree(item) && key === elementKey(item, Object.keys(JSON.parse(key.slice(2)) as Tree));

/** The paths of sets that stand in stored objects, which are never changed. */
const pathsKnown = new WeakMap<FieldsV1, readonly PathText[]>();

/** The leaf paths of a `fieldsV1` set. */
function pathsOf(fields: FieldsV1 | undefined): readonly PathText[] {
  if (fields === undefined) return [];
  const paths = pathsKnown.get(fields) ?? pathsBelow(fields, []);
  pathsKnown.set(fields, paths);
  return paths;
}

const pathsBelow = (fields: FieldsV1, prefix: readonly string[]): PathText[] =>
  Object.entries(fields).flatMap(([key, child]) => {
    const path = [...prefix, key];
    return Object.keys(child).length === 0 ? [JSON.stringify(path)] : pathsBelow(child, path);
  });

function toFields(paths: readonly PathText[]): FieldsV1 {
  const fields: FieldsV1 = {};
  for (const path of paths) {
    let node = fields;
    for (const key of parsePath(path)) node = node[key] ??= {};
  }
  return fields;
}

const parsePath = (path: PathText): string[] => JSON.parse(path) as string[];

const dotted = (path: PathText): string =>
  parsePath(path)
    .map((key) => (key.startsWith('f:') ? `.${key.slice(2)}` : key === '.' ? '' : `[${key.slice(2)}]`))
    .join('');
