/**
 * Who owns which field of an object, read from its `managedFields`. The API server records there, per manager, operation
 * (Apply or Update) and subresource, the set of fields it set last, in a notation of its own:
 * `f:name` a field, `k:{"name":"app"}` an element of a list by its keys, `v:"x"` an element of a set, `i:0` by position,
 * `.` the thing itself. Whoever owns `f:taints` (an atomic list) owns all of it.
 */
import type { FieldsV1, KubeObject, ManagedFields } from './api.ts';

/**
 * Where a field is: field names, and for an element of a keyed list its keys.
 * @example ['spec', 'replicas']
 * @example ['spec', 'template', 'spec', 'containers', { name: 'app' }, 'image']
 */
export type FieldPath = readonly (string | Readonly<Record<string, unknown>>)[];

export interface FieldOwner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** Such as `scale` or `status`; absent for the object itself. */
  readonly subresource?: string;
  /** When this manager last changed its set of fields, which may be later than when it set this one. */
  readonly time?: string;
}

/** Everybody who owns the field at `path`, a part of it, or the whole it is a part of; the latest first. */
export function ownersOf(object: KubeObject, path: FieldPath): FieldOwner[] {
  const entries = object.metadata.managedFields ?? [];
  return entries
    .filter(({ fieldsV1 = {} }) => {
      const depth = recordedDepth(fieldsV1, path);
      return depth === path.length || (depth > 0 && ownsWhole(entries, object, path, depth));
    })
    .map(toOwner)
    .sort((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? '') || 0);
}

/** Whether `manager` owns the field at `path`, by whichever operation and subresource. */
export const owns = (object: KubeObject, manager: string, path: FieldPath): boolean =>
  ownersOf(object, path).some((owner) => owner.manager === manager);

/** A JSON pointer (RFC 6901) as a path; positions in lists stay numbers in text and match atomic lists only. */
export const pathOfPointer = (pointer: string): FieldPath =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

function toOwner({ manager, operation, subresource, time }: ManagedFields): FieldOwner {
  return {
    manager,
    operation,
    ...(subresource === undefined || subresource === '' ? {} : { subresource }),
    ...(time === undefined ? {} : { time }),
  };
}

/**
 * How far along `path` a set goes: `path.length` when it names the field or a part of it, the depth of the leaf when it
 * ends above the field, 0 when it names something else.
 */
function recordedDepth(fields: FieldsV1, path: FieldPath): number {
  let node = fields;
  for (const [depth, part] of path.entries()) {
    if (depth > 0 && isLeaf(node)) return depth;
    const child = childOf(node, part);
    if (child === undefined) return 0;
    node = child;
  }
  return path.length;
}

/**
 * A leaf above the field is either an atomic list or map, owned with all that is in it, or just the record that somebody
 * made a map. It is the latter when anybody is recorded to own single fields of it, or when the field is not there.
 */
function ownsWhole(entries: readonly ManagedFields[], object: KubeObject, path: FieldPath, depth: number): boolean {
  const whole = path.slice(0, depth);
  return (
    valueAt(object, path) !== undefined && !entries.some(({ fieldsV1 = {} }) => hasMembers(nodeAt(fieldsV1, whole)))
  );
}

const hasMembers = (fields: FieldsV1 | undefined): boolean => Object.keys(fields ?? {}).some((key) => key !== '.');

function nodeAt(fields: FieldsV1, path: FieldPath): FieldsV1 | undefined {
  let node: FieldsV1 | undefined = fields;
  for (const part of path) node = node && childOf(node, part);
  return node;
}

function valueAt(object: unknown, path: FieldPath): unknown {
  let value = object;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (typeof part === 'string') value = (value as Readonly<Record<string, unknown>>)[part];
    else
      value = Array.isArray(value)
        ? value.find((item: unknown) => sameKeys(item as Readonly<Record<string, unknown>>, part))
        : undefined;
  }
  return value;
}

const isLeaf = (fields: FieldsV1): boolean => Object.keys(fields).length === 0;

function childOf(fields: FieldsV1, part: FieldPath[number]): FieldsV1 | undefined {
  if (typeof part === 'string')
    return fields[`f:${part}`] ?? fields[`v:${JSON.stringify(part)}`] ?? fields[`i:${part}`];
  for (const [key, child] of Object.entries(fields)) {
    if (key.startsWith('k:') && sameKeys(JSON.parse(key.slice(2)) as Readonly<Record<string, unknown>>, part))
      return child;
  }
  return undefined;
}

/** The API server writes all keys of an element, also defaulted ones (a port's protocol): the asked ones must agree. */
const sameKeys = (found: Readonly<Record<string, unknown>>, asked: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(asked).every(([name, value]) => found[name] === value);
