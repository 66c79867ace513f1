import { scopes, type Frame, type Keyframe, type Scope } from './types.ts';

/** Where the rows of one scope stand in a keyframe: `from <= row < to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** The range of each scope; empty where a keyframe has no such rows. */
export function rowRanges(keyframe: Keyframe): Readonly<Record<Scope, RowRange>> {
  const count = (scope: Scope): number => keyframe.rows.reduce((sum, row) => sum + Number(row.scope === scope), 0);
  const ranges: Record<Scope, RowRange> = {
    Node: { from: 0, to: 0 },
    Workload: { from: 0, to: 0 },
    Pod: { from: 0, to: 0 },
    Container: { from: 0, to: 0 },
  };
  let from = 0;
  for (const scope of scopes) {
    const to = from + count(scope);
    ranges[scope] = { from, to };
    from = to;
  }
  return ranges;
}

/**
 * Why `frame` cannot be read with `keyframe`, or nothing. Each alone may be well-formed; a column must also have one
 * value for each told row of its scope. Rows and columns beyond those of the keyframe are of scopes that its reader does
 * not know, and are nobody's problem.
 */
export function misfit(frame: Frame, keyframe: Keyframe, ranges = rowRanges(keyframe)): string | undefined {
  if (frame.generation !== keyframe.generation || frame.source.boot !== keyframe.source.boot)
    return `generation ${frame.generation} of boot ${frame.source.boot} is not read with generation ${keyframe.generation} of boot ${keyframe.source.boot}`;
  for (const { column, values } of frame.columns) {
    const told = keyframe.columns[column];
    if (told === undefined) continue;
    const expected = toldRows(frame.rows, ranges[told.scope]);
    if (values.length !== expected)
      return `column ${column} (${told.metric}) has ${values.length} values for ${expected} ${told.scope} rows`;
  }
  return undefined;
}

const toldRows = (rows: Uint32Array | undefined, { from, to }: RowRange): number =>
  rows === undefined ? to - from : lowerBound(rows, to) - lowerBound(rows, from);

/** How many of the ascending `rows` are less than `limit`: also the index of the first that is not. */
export function lowerBound(rows: Uint32Array, limit: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
