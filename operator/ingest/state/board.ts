import {
  scopes,
  type ColumnValues,
  type Frame,
  type Keyframe,
  type Row,
  type Scope,
  type SourceId,
} from '../../../engine/frame/types.ts';
import { stateColumns } from './samples.ts';

interface Entry {
  readonly row: Row;
  values: Float32Array;
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

/** The rows of one state source and their present values; tells what has changed since it was asked last. */
export class Board {
  readonly #entries = new Map<string, Entry>();
  readonly #source: SourceId;
  #keyframe: Keyframe | undefined;
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
    const key = keyOf(row);
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { row, values, changed: true });
      this.#keyframe = undefined;
    } else if (entry.values.every((value, column) => Object.is(value, values[column]))) return;
    else {
      entry.values = values;
      entry.changed = true;
    }
    this.#changed = true;
  }

  delete(row: Row): void {
    if (!this.#entries.delete(keyOf(row))) return;
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
      columns: columnsOf(told, unknown),
    };
    for (const entry of told) entry.changed = false;
    this.#changed = false;
    return { keyframe, frame };
  }

  #dictionary(capturedMs: number): Keyframe {
    const ordered = [...this.#entries.values()];
    this.#order = scopes.flatMap((scope) => ordered.filter(({ row }) => row.scope === scope));
    this.#generation++;
    return {
      kind: 'keyframe',
      source: this.#source,
      generation: this.#generation,
      capturedMs,
      intervalMs: fullIntervalMs,
      columns: stateColumns,
      rows: this.#order.map(({ row }) => row),
    };
  }
}

const keyOf = ({ scope, uid, container = '' }: Row): string => `${scope}/${uid}/${container}`;

/** The columns of the scopes that are told, so that a frame about one container is small. */
function columnsOf(told: readonly Entry[], unknown: ReadonlySet<Scope>): ColumnValues[] {
  const columns: ColumnValues[] = [];
  for (const scope of scopes) {
    if (unknown.has(scope)) continue;
    const entries = told.filter(({ row }) => row.scope === scope);
    if (entries.length === 0) continue;
    const first = stateColumns.findIndex((column) => column.scope === scope);
    const count = entries[0]?.values.length ?? 0;
    for (let i = 0; i < count; i++)
      columns.push({ column: first + i, values: Float32Array.from(entries, ({ values }) => values[i] ?? Number.NaN) });
  }
  return columns;
}
