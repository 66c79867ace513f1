/**
 * Elements of lists in the paths of changes. A position says nothing when somebody adds an element before it, so an
 * element is named by its keys, as one key of the pointer: `/spec/template/spec/containers/[name=app]/image`,
 * `/spec/taints/[key=example.com~1fault,effect=NoSchedule]`.
 */
import { isJsonObject, pointerKeys, sameJson, valueAt, type JsonObject } from './json.ts';

/** The key by which an element is named; no value may contain `,` or `]`. */
export const elementKey = (keys: Readonly<Record<string, string | number>>): string =>
  `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')}]`;

/** What tells lists of objects apart whose elements have no name, by the field that holds them. */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  ports: ['containerPort', 'protocol'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};

/** Lists that are one value to the API server, whatever is in them. */
const atomic = new Set(['tolerations', 'args', 'command']);

/** The elements of a list under their keys; undefined when they cannot be told apart. */
function byKeys(field: string, list: readonly unknown[]): Map<string, unknown> | undefined {
  const names = keysOf[field] ?? ['name'];
  if (atomic.has(field) || !list.every(isJsonObject)) return undefined;
  const elements = new Map<string, unknown>();
  for (const item of list) {
    const keys: Record<string, string | number> = {};
    for (const name of names) {
      const value = item[name];
      if (typeof value !== 'string' && typeof value !== 'number') return undefined;
      keys[name] = value;
    }
    elements.set(elementKey(keys), item);
  }
  return elements.size === list.length ? elements : undefined;
}

/** The pointers below `pointer` at which two values differ: the smallest parts that have an owner of their own. */
export function differences(pointer: string, from: unknown, to: unknown): string[] {
  if (sameJson(from, to)) return [];
  if (isJsonObject(from) && isJsonObject(to)) return differingKeys(pointer, from, to);
  const field = pointerKeys(pointer).at(-1) ?? '';
  const [old, now] = [from, to].map((value) => (Array.isArray(value) ? byKeys(field, value) : undefined));
  if (old === undefined || now === undefined) return [pointer];
  const found = differingKeys(pointer, Object.fromEntries(old), Object.fromEntries(now));
  return found.length === 0 ? [pointer] : found;
}

const differingKeys = (pointer: string, from: JsonObject, to: JsonObject): string[] =>
  [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
    differences(`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, from[key], to[key]),
  );

/**
 * The body of a merge patch with `value` (undefined: nothing) at a pointer of the object as it was read. A merge patch
 * knows no lists: one is written as a whole, with the elements it had, so the patch needs the version that was read.
 * `body` is what the patch has already.
 */
export const patched = (body: unknown, live: unknown, pointer: string, value: unknown): unknown =>
  inMap(body, live, pointerKeys(pointer), value);

function inMap(body: unknown, live: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return replacing(live, value);
  if (isElement(key)) {
    const list = inList(Array.isArray(body) ? body : Array.isArray(live) ? live : [], key, rest, value);
    return list.length === 0 ? null : list;
  }
  const tree = isJsonObject(body) ? body : {};
  return { ...tree, [key]: inMap(tree[key], isJsonObject(live) ? live[key] : undefined, rest, value) };
}

/** A merge patch adds to a map: what is to go is named. */
function replacing(live: unknown, value: unknown): unknown {
  if (value === undefined) return null;
  if (!isJsonObject(live) || !isJsonObject(value)) return value;
  const keys = new Set([...Object.keys(live), ...Object.keys(value)]);
  return Object.fromEntries([...keys].map((key) => [key, replacing(live[key], value[key])]));
}

function inList(list: readonly unknown[], key: string, rest: readonly string[], value: unknown): unknown[] {
  const found = valueAt(list, `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  if (rest.length === 0 && found === undefined) return value === undefined ? [...list] : [...list, value];
  return list.flatMap((item) => {
    if (item !== found) return [item];
    const next = within(item, rest, value);
    return next === undefined ? [] : [next];
  });
}

/** Inside of a list nothing is merged: what is written is all there is. */
function within(current: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (isElement(key)) return inList(Array.isArray(current) ? current : [], key, rest, value);
  const { [key]: child, ...others } = isJsonObject(current) ? current : {};
  const next = within(child, rest, value);
  return next === undefined ? others : { ...others, [key]: next };
}

const isElement = (key: string): boolean => key.startsWith('[');
