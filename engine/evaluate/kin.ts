import { isObject } from './scoring.ts';

/** What the operator tells an agent of its rows: which are of one kind, and which of them shall hand on what they learn. */
export interface Kin {
  /** By row (`rowKey`): two tokens of a key, the workload's UID and the container's name. */
  readonly of: ReadonlyMap<string, string>;
  /** Rows that hand on. */
  readonly donors: ReadonlySet<string>;
}

/** `Kin` as JSON: the same bytes for the same rows in the same order. */
export const encodeKin = ({ of, donors }: Kin): string =>
  JSON.stringify({ version: 1, of: Object.fromEntries(of), donors: [...donors] });

/** The inverse; undefined for what is not understood. */
export function decodeKin(text: string): Kin | undefined {
  try {
    const told: unknown = JSON.parse(text);
    if (!isObject(told) || told['version'] !== 1 || !isObject(told['of']) || !Array.isArray(told['donors']))
      return undefined;
    const of = Object.entries(told['of']).filter((entry): entry is [string, string] => isKinKey(entry[1]));
    return { of: new Map(of), donors: new Set(told['donors'].filter((row) => typeof row === 'string')) };
  } catch {
    return undefined;
  }
}

/** It becomes part of a subject: neither wildcards nor more tokens. */
const isKinKey = (value: unknown): boolean =>
  typeof value === 'string' && /^[-_a-zA-Z0-9]+\.[-_a-zA-Z0-9]+$/.test(value);
