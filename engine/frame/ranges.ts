import type { Row, Scope } from './types.ts';

/** Some rows next to each other. */
export type Range = readonly [first: number, end: number];

/** Where the rows of each scope lie in a keyframe, where they are in the order of their scopes; absent: it has none. */
export function rangesOf(rows: readonly Row[]): Partial<Record<Scope, Range>> {
  const ranges: Partial<Record<Scope, Range>> = {};
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const { scope } = rows[from] as Row;
    while (to < rows.length && rows[to]?.scope === scope) to++;
    ranges[scope] = [from, to];
  }
  return ranges;
}
