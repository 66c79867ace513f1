/** A deep copy of JSON data, several times as fast as `structuredClone`; undefined members are kept as they are. */
export const copyJson = <T>(value: T): T => copyOf(value) as T;

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copied: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) copied[key] = copyOf(member);
  return copied;
}
