/** One text for one value: what is sealed must be the same text for whoever computes it, and whenever. */

/** SHA-256 of a text in UTF-8, as 64 lower-case hexadecimal digits. It comes in from outside: this room imports nothing. */
export type Digest = (text: string) => string;

/**
 * JSON without white space, with the keys of every object in the order of their UTF-16 code units and without absent
 * members: RFC 8785, for the values that our objects hold. The API server returns keys in an order of its own.
 *
 * @example canonical({ b: 1, a: [undefined, 'x'] }) // '{"a":[null,"x"],"b":1}'
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
