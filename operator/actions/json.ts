/** JSON values, JSON pointers (RFC 6901) and JSON texts, as the records of changes use them. */

export type JsonObject = { readonly [key: string]: unknown };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keys along a pointer: `/metadata/labels/a~1b` is `['metadata', 'labels', 'a/b']`. */
export const pointerKeys = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The pointer along keys; the inverse of `pointerKeys`. */
export const pointerOf = (...keys: readonly string[]): string =>
  keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The keys that `[name=app]` names an element of a list by (elements.ts); undefined for the key of a map. */
export const elementKeys = (key: string): readonly (readonly [name: string, value: string])[] | undefined =>
  /^\[.+=.*\]$/.test(key)
    ? key
        .slice(1, -1)
        .split(',')
        .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const)
    : undefined;

/** Whether an object has these keys. */
export const hasKeys = (item: unknown, keys: readonly (readonly [name: string, value: string])[]): boolean =>
  isJsonObject(item) &&
  keys.every(([name, value]) => {
    const found = item[name];
    return found === value || (typeof found === 'number' && String(found) === value);
  });

/** What stands at a pointer; undefined when nothing does. Of lists only elements are found that are named by their keys. */
export const valueAt = (root: unknown, pointer: string): unknown =>
  pointerKeys(pointer).reduce<unknown>((value, key) => {
    const keys = Array.isArray(value) ? elementKeys(key) : undefined;
    if (Array.isArray(value) && keys !== undefined) return value.find((item: unknown) => hasKeys(item, keys));
    return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, root);

/** The text of a value, or nothing for an absent one (`null` counts as absent, as it does to the API server). */
export const textOf = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : JSON.stringify(value);

/** The value of a recorded text; an absent text is an absent value. Throws on a text that is not JSON. */
export const valueOf = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));

/** Whether two values mean the same: the order of keys is irrelevant, and an absent key equals an undefined one. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (a !== b && isJsonObject(a) && isJsonObject(b)) {
    for (const key of Object.keys(a)) if (!sameJson(a[key], b[key])) return false;
    for (const key of Object.keys(b)) if (b[key] !== undefined && !Object.hasOwn(a, key)) return false;
    return true;
  }
  return a === b;
}

/** `value` for a sentence: its text, or `absent`. */
export const shown = (value: unknown): string => textOf(value) ?? 'absent';

/** `/spec/replicas` as `spec.replicas`; a key that is no plain word stands in brackets, as in `metadata.labels[a/b]`. */
export const shownPath = (pointer: string): string =>
  pointerKeys(pointer)
    .map((key, index) =>
      elementKeys(key) !== undefined
        ? key
        : /^[A-Za-z0-9_-]+$/.test(key)
          ? `${index === 0 ? '' : '.'}${key}`
          : `[${key}]`,
    )
    .join('');
