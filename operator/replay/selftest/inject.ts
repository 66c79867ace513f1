import type { RowIdentity, TargetKind } from '../../../engine/evaluate/target.ts';
import type { ColumnValues, Frame, Keyframe } from '../../../engine/frame/types.ts';
import type { Judging } from '../../ingest/guarded-evaluator.ts';
import { FaultySeries, type Aim, type FaultKind } from './faults.ts';

/** One fault of one target. */
export interface Injection {
  readonly kind: FaultKind;
  readonly targetKind: TargetKind;
  readonly targetKey: string;
  readonly startMs: number;
  readonly aim: Aim;
}

interface Touched {
  readonly column: number;
  readonly row: number;
  /** The first row of the column’s scope. */
  readonly first: number;
  readonly series: FaultySeries;
}

/** An evaluator that is told of the same stream with faults in it. What is not touched passes as it is. */
export function withFaults(evaluator: Judging, injections: readonly Injection[]): Judging {
  const byTarget = new Map(injections.map((injection) => [injection.targetKey, injection]));
  const kinds = new Set(injections.map(({ targetKind }) => targetKind));
  const series = new Map<string, FaultySeries>();
  const touched = new Map<string, readonly Touched[]>();
  const seriesOf = (injection: Injection, name: string): FaultySeries => {
    const known = series.get(name);
    if (known !== undefined) return known;
    const made = new FaultySeries(injection.kind, injection.startMs, injection.aim);
    series.set(name, made);
    return made;
  };
  const touchedIn = ({ columns, rows }: Keyframe, identities: readonly (RowIdentity | undefined)[]): Touched[] =>
    rows.flatMap(({ scope, uid, container = '' }, row) =>
      [...kinds].flatMap((kind) => {
        const injection = byTarget.get(identities[row]?.[kind]?.key ?? '');
        if (injection === undefined) return [];
        const { metric } = injection.aim;
        const column = columns.findIndex((one) => one.metric === metric && one.scope === scope);
        if (column < 0) return [];
        const first = rows.findIndex((one) => one.scope === scope);
        return [{ column, row, first, series: seriesOf(injection, `${scope}/${uid}/${container}`) }];
      }),
    );
  return {
    bind(key, keyframe, identities) {
      touched.set(key, touchedIn(keyframe, identities));
      evaluator.bind(key, keyframe, identities);
    },
    unbind: (key) => evaluator.unbind(key),
    advance: (nowMs) => evaluator.advance(nowMs),
    frame: (key, frame) => evaluator.frame(key, faulty(frame, touched.get(key) ?? [])),
  };
}

function faulty(frame: Frame, all: readonly Touched[]): Frame {
  if (all.length === 0) return frame;
  const columns = frame.columns.map((column): ColumnValues => {
    const here = all.filter((one) => one.column === column.column);
    if (here.length === 0) return column;
    // A copy: the values may lie in memory that is read again.
    const values = Float64Array.from(column.values);
    for (const { row, first, series } of here) {
      const at = frame.rows === undefined ? row - first : positionOf(frame.rows, row, first);
      const value = values[at];
      if (value !== undefined) values[at] = series.at(value, frame.capturedMs);
    }
    return { column: column.column, values };
  });
  return { ...frame, columns };
}

/** Where the value of a row stands in a column of which only some rows are told; -1: it is not told. */
function positionOf(rows: Uint32Array, row: number, first: number): number {
  const at = rows.indexOf(row);
  return at < 0 ? -1 : at - rows.findIndex((one) => one >= first);
}
