import { metricNamed } from '../engine/metrics.ts';
import {
  scopes,
  type Column,
  type ColumnValues,
  type Frame,
  type Keyframe,
  type Row,
  type SourceId,
} from '../engine/frame/types.ts';
import type { EdgeScores } from './scoring/edge-scores.ts';
import type { Source } from './sources/source.ts';

/** Where the cells of a source stand in frames. */
interface Place {
  readonly source: Source;
  objects: readonly Row[] | undefined;
  /** Column of each metric. */
  readonly columns: readonly number[];
  /** Row of each object, in the whole keyframe. */
  rows: readonly number[];
}

/** A cell that is told at once. */
export interface Cell {
  readonly source: Source;
  readonly metric: number;
  readonly object: number;
  readonly value: number;
}

/** What a frame says beside who and when. */
export type FrameContent = Pick<Frame, 'rows' | 'columns'>;

/**
 * All sources of a node side by side: which row and which column each cell has. Rows are the node and whatever the
 * sources measure; their columns never change, and those of scores come after them.
 */
export class NodeTable {
  readonly #source: SourceId;
  readonly #intervalMs: number;
  readonly #columns: readonly Column[];
  readonly #places: readonly Place[];
  readonly #scores: EdgeScores | undefined;
  #keyframe: Keyframe;
  /** Where the rows of each scope begin, and where the last ends. */
  #starts: Readonly<Record<Row['scope'], number>> = { Node: 0, Workload: 0, Pod: 0, Container: 0 };
  /** One array for each column, used again for each frame as long as rows stay. */
  #values: (Float32Array | Float64Array)[] = [];

  constructor(source: SourceId, intervalMs: number, sources: readonly Source[], scores?: EdgeScores) {
    this.#source = source;
    this.#scores = scores;
    this.#intervalMs = intervalMs;
    const names = sources.flatMap(({ metrics }) => metrics);
    this.#columns = names.map((metric): Column => ({ metric, scope: metricNamed(metric)?.scope ?? 'Node' }));
    let first = 0;
    this.#places = sources.map((each): Place => {
      const columns = each.metrics.map((_, index) => first + index);
      first += columns.length;
      return { source: each, objects: undefined, columns, rows: [] };
    });
    this.#keyframe = this.#keyframeOf([], this.#columns, 0, 0);
  }

  /**
   * The dictionary of the frames that are made now; of a new generation when a source has other objects than before, or
   * other scores are wanted.
   */
  keyframe(nowMs: number): Keyframe {
    let changed = this.#keyframe.generation === 0 || this.#scores?.changed === true;
    for (const place of this.#places) {
      const objects = place.source.objects?.();
      changed ||= objects !== place.objects;
      place.objects = objects;
    }
    if (changed) this.#arrange(nowMs);
    return this.#keyframe;
  }

  /** Reads all sources into a frame of all rows. It is good until the next call. */
  readAll(): FrameContent {
    for (const values of this.#values) values.fill(Number.NaN);
    for (const place of this.#places)
      place.source.read((metric, object, value) => {
        const column = place.columns[metric] ?? -1;
        const values = this.#values[column];
        if (values !== undefined) values[this.#rowOf(place, column, object) - this.#startOf(column)] = value;
      });
    return { columns: this.#values.map((values, column) => ({ column, values })) };
  }

  /** The scores of what was read last, at `tMs`: columns that come after the others. Good until the next call. */
  score(tMs: number): ColumnValues[] {
    return this.#scores?.score(this.#values, this.#columns.length, tMs) ?? [];
  }

  /** A frame of these cells only, with the rows and columns in which they are. */
  tell(cells: readonly Cell[]): FrameContent {
    const told = cells.flatMap((cell) => {
      const place = this.#places.find(({ source }) => source === cell.source);
      const column = place?.columns[cell.metric];
      if (place === undefined || column === undefined) return [];
      return [{ column, row: this.#rowOf(place, column, cell.object), value: cell.value }];
    });
    const rows = Uint32Array.from(new Set(told.map(({ row }) => row))).sort();
    const columns = [...new Set(told.map(({ column }) => column))].toSorted((a, b) => a - b);
    return {
      rows,
      columns: columns.map((column): ColumnValues => {
        const scope = this.#columns[column]?.scope;
        const ofScope = [...rows].filter((row) => this.#keyframe.rows[row]?.scope === scope);
        const values = newValues(this.#columns[column], ofScope.length).fill(Number.NaN);
        for (const cell of told) if (cell.column === column) values[ofScope.indexOf(cell.row)] = cell.value;
        return { column, values };
      }),
    };
  }

  #arrange(nowMs: number): void {
    const rows: Row[] = [{ scope: 'Node', uid: this.#source.node }];
    for (const scope of scopes)
      for (const place of this.#places)
        if (place.objects !== undefined)
          for (const object of place.objects) if (object.scope === scope && scope !== 'Node') rows.push(object);
    const numbers = new Map(rows.map((row, number) => [row, number]));
    for (const place of this.#places) place.rows = (place.objects ?? []).map((object) => numbers.get(object) ?? 0);
    const first = (scope: Row['scope']): number => {
      const found = rows.findIndex((row) => scopes.indexOf(row.scope) >= scopes.indexOf(scope));
      return found < 0 ? rows.length : found;
    };
    this.#starts = { Node: 0, Workload: first('Workload'), Pod: first('Pod'), Container: first('Container') };
    const scored = this.#scores?.arrange(rows, this.#columns, nowMs) ?? [];
    this.#keyframe = this.#keyframeOf(rows, [...this.#columns, ...scored], this.#keyframe.generation + 1, nowMs);
    const count = (scope: Row['scope']): number => rows.reduce((sum, row) => sum + Number(row.scope === scope), 0);
    const counts = { Node: 1, Workload: count('Workload'), Pod: count('Pod'), Container: count('Container') };
    this.#values = this.#columns.map((column) => newValues(column, counts[column.scope]));
  }

  #keyframeOf(rows: readonly Row[], columns: readonly Column[], generation: number, capturedMs: number): Keyframe {
    return {
      kind: 'keyframe',
      source: this.#source,
      generation,
      capturedMs,
      intervalMs: this.#intervalMs,
      columns,
      rows,
    };
  }

  #rowOf(place: Place, column: number, object: number): number {
    return this.#columns[column]?.scope === 'Node' ? 0 : (place.rows[object] ?? -1);
  }

  #startOf(column: number): number {
    return this.#starts[this.#columns[column]?.scope ?? 'Node'];
  }
}

/** Counters are kept exact. */
const newValues = (column: Column | undefined, length: number): Float32Array | Float64Array =>
  metricNamed(column?.metric ?? '')?.kind === 'counter' ? new Float64Array(length) : new Float32Array(length);
