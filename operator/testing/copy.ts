import { copyJson } from '../../crds/copy-json.ts';

/** A deep copy of JSON data: what goes over the wire is nobody's object. */
export const copy = copyJson;

/** Makes JSON data unchangeable, all the way down; what is frozen already is so, and costs nothing again. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
