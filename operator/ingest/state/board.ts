import {
  scopes,
  type ColumnValues,
  type Frame,
  type Keyframe,
  type Row,
  type Scope,
  type SourceId,
} from '../../../engine/frame/types.ts';
import { defined } from '../defined.ts';
import { stateColumns } from './samples.ts';

interface Entry extends Row {
  /** Which row of the board’s values is its own. */
  readonly place: number;
  changed: boolean;
}

/** What a board has to say: a frame and the keyframe to read it with. */
export interface Told {
  readonly keyframe: Keyframe;
  readonly frame: Frame;
}

/** All frames of a board are told at least so often. */
export const fullIntervalMs = 10_000;

const nothing: ReadonlySet<Scope> = new Set();

/** Where the columns of a scope lie among all, and how many they are. */
const columnsOf = (scope: Scope): { readonly first: number; readonly count: number } => ({
  first: stateColumns.findIndex((column) => column.scope === scope),
  count: stateColumns.filter((column) => column.scope === scope).length,
});
const columns = {
  Node: columnsOf('Node'),
  Workload: columnsOf('Workload'),
  Pod: columnsOf('Pod'),
  Container: columnsOf('Container'),
};
/** Numbers kept of a row, of whatever scope. */
const width = Math.max(...Object.values(columns).map(({ count }) => count));

/** The rows of one state source and their present values; tells what has changed since it was asked last. */
export class Board {
  /** By UID: an object’s own row, and those of its containers. */
  readonly #entries = new Map<string, readonly Entry[]>();
  #values = new Float32Array(0);
  readonly #free: number[] = [];
  readonly #source: SourceId;
  #keyframe: Keyframe | undefined;
  /** In the order of the keyframe. */
  #order: Entry[] = [];
  #generation = 0;
  #sequence = 0;
  #changed = false;

  constructor(source: SourceId) {
    this.#source = source;
  }

  get source(): SourceId {
    return this.#source;
  }

  /** Whether there is anything new to tell. */
  get changed(): boolean {
    return this.#changed;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** An object’s values, in the order of its scope’s columns. */
  set(row: Row, values: Float32Array): void {
    const of = this.#entries.get(row.uid);
    const known = of?.find((entry) => entry.scope === row.scope && entry.container === row.container);
    const { scope, uid, container } = row;
    const entry = known ?? defined({ scope, uid, container, place: this.#takePlace(), changed: true });
    if (known === undefined) {
      // Neither pushed nor spread: an array that grows takes room for sixteen more.
      this.#entries.set(row.uid, of === undefined ? [entry] : of.concat(entry));
      this.#keyframe = undefined;
    } else if (values.every((value, i) => Object.is(value, this.#values[width * entry.place + i]))) return;
    this.#values.set(values, width * entry.place);
    entry.changed = true;
    this.#changed = true;
  }

  /** Takes away an object with its containers. */
  delete(uid: string): void {
    const entries = this.#entries.get(uid);
    if (entries === undefined) return;
    this.#entries.delete(uid);
    for (const { place } of entries) this.#free.push(place);
    this.#keyframe = undefined;
    this.#changed = true;
  }

  /**
   * A frame of the changed rows, or of all: when that is asked, and when there are other rows than before. Nothing is told
   * of the scopes that are `unknown` now.
   */
  tell(capturedMs: number, full: boolean, unknown: ReadonlySet<Scope> = nothing): Told {
    const isNew = this.#keyframe === undefined;
    const keyframe = (this.#keyframe ??= this.#dictionary(capturedMs));
    const sparse = !full && !isNew;
    const rows: number[] = [];
    if (sparse) for (const [index, { changed }] of this.#order.entries()) if (changed) rows.push(index);
    const told = sparse ? this.#order.filter(({ changed }) => changed) : this.#order;
    const frame: Frame = {
      kind: 'frame',
      source: this.#source,
      sequence: ++this.#sequence,
      generation: this.#generation,
      capturedMs,
      intervalMs: fullIntervalMs,
      dropped: 0,
      ...(sparse && { rows: Uint32Array.from(rows) }),
      columns: this.#columnsOf(told, unknown),
    };
    for (const entry of told) entry.changed = false;
    this.#changed = false;
    return { keyframe, frame };
  }

  #takePlace(): number {
    const place = this.#free.pop();
    if (place !== undefined) return place;
    const count = this.#values.length / width;
    const larger = new Float32Array(width * Math.max(4, 2 * count));
    larger.set(this.#values);
    this.#values = larger;
    for (let each = larger.length / width - 1; each > count; each--) this.#free.push(each);
    return count;
  }

  /** The columns of the scopes that are told, so that a frame about one container is small. */
  #columnsOf(told: readonly Entry[], unknown: ReadonlySet<Scope>): ColumnValues[] {
    const made: ColumnValues[] = [];
    for (let from = 0, to = 0; from < told.length; from = to) {
      const scope = told[from]?.scope ?? 'Node';
      while (to < told.length && told[to]?.scope === scope) to++;
      if (unknown.has(scope)) continue;
      const { first, count } = columns[scope];
      for (let i = 0; i < count; i++) {
        const values = new Float32Array(to - from);
        for (let row = from; row < to; row++)
          values[row - from] = this.#values[width * (told[row]?.place ?? 0) + i] ?? NaN;
        made.push({ column: first + i, values });
      }
    }
    return made;
  }

  #dictionary(capturedMs: number): Keyframe {
    const entries = [...this.#entries.values()].flat();
    this.#order = scopes.flatMap((scope) => entries.filter((entry) => entry.scope === scope));
    this.#generation++;
    return {
      kind: 'keyframe',
      source: this.#source,
      generation: this.#generation,
      capturedMs,
      intervalMs: fullIntervalMs,
      columns: stateColumns,
      rows: this.#order,
    };
  }
}
