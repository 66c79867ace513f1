import {
  scopes,
  type Column,
  type ColumnValues,
  type Frame,
  type Keyframe,
  type Row,
  type Scope,
  type SourceId,
} from '../../../engine/frame/types.ts';
import { stateColumns } from './samples.ts';

/** An object that stands on a board, with a row of its own and one for each of its containers. */
export interface Stander {
  readonly scope: Exclude<Scope, 'Container'>;
  readonly uid: string;
  /** Names of a pod’s containers. */
  readonly containers?: readonly string[];
}

/** One that does, and which row of the board’s values is its own; those of its containers follow. */
interface Entry extends Required<Stander> {
  readonly place: number;
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

const nobody: readonly string[] = [];

/** The rows of one state source and their present values; tells what has changed since it was asked last. */
export class Board {
  /** By UID. */
  readonly #entries = new Map<string, Entry>();
  #values = new Float32Array(0);
  /** For each row of the values, whether it has changed since it was told. */
  #isNew = new Uint8Array(0);
  /** Rows that were taken, and those that are free again, by how many lie together. */
  #taken = 0;
  readonly #free = new Map<number, number[]>();
  readonly #source: SourceId;
  #keyframe: BoardKeyframe | undefined;
  /** For each row of the keyframe, which one of the values it is. */
  #places = new Int32Array(0);
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

  has(uid: string): boolean {
    return this.#entries.has(uid);
  }

  /** An object’s values, and then those of each of its containers, in the order of their scope’s columns. */
  set({ scope, uid, containers = nobody }: Stander, values: readonly Float32Array[]): void {
    let entry = this.#entries.get(uid);
    if (entry?.containers.join() !== containers.join()) {
      this.#release(entry);
      entry = { scope, uid, containers, place: this.#take(1 + containers.length) };
      this.#entries.set(uid, entry);
      this.#keyframe = undefined;
    }
    for (const [i, of] of values.entries()) {
      const place = entry.place + i;
      if (of.every((value, column) => Object.is(value, this.#values[width * place + column]))) continue;
      this.#values.set(of, width * place);
      this.#isNew[place] = 1;
      this.#changed = true;
    }
  }

  /** Takes away an object with its containers. */
  delete(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    this.#entries.delete(uid);
    this.#release(entry);
    this.#keyframe = undefined;
    this.#changed = true;
  }

  /**
   * A frame of the changed rows, or of all: when that is asked, and when there are other rows than before. Nothing is told
   * of the scopes that are `unknown` now.
   */
  tell(capturedMs: number, full: boolean, unknown: ReadonlySet<Scope> = nothing): Told {
    const sparse = !full && this.#keyframe !== undefined;
    const keyframe = (this.#keyframe ??= this.#dictionary(capturedMs));
    const all = this.#places.keys();
    const rows = Uint32Array.from(sparse ? all.filter((row) => this.#isNew[this.#places[row] as number] === 1) : all);
    const frame: Frame = {
      kind: 'frame',
      source: this.#source,
      sequence: ++this.#sequence,
      generation: this.#generation,
      capturedMs,
      intervalMs: fullIntervalMs,
      dropped: 0,
      ...(sparse && { rows }),
      columns: this.#columnsOf(rows, keyframe, unknown),
    };
    this.#isNew.fill(0);
    this.#changed = false;
    return { keyframe, frame };
  }

  /** So many rows of the values that lie together, without values. */
  #take(count: number): number {
    const free = this.#free.get(count)?.pop();
    const place = free ?? this.#taken;
    if (free === undefined) this.#taken += count;
    if (this.#taken > this.#isNew.length) {
      const room = Math.max(4, this.#taken, 2 * this.#isNew.length);
      const [values, isNew] = [new Float32Array(width * room), new Uint8Array(room)];
      values.set(this.#values);
      isNew.set(this.#isNew);
      [this.#values, this.#isNew] = [values, isNew];
    }
    // Not a value that any row may have: what is set is new then.
    this.#values.fill(Infinity, width * place, width * (place + count));
    return place;
  }

  #release(entry: Entry | undefined): void {
    if (entry === undefined) return;
    const count = 1 + entry.containers.length;
    const free = this.#free.get(count);
    if (free === undefined) this.#free.set(count, [entry.place]);
    else free.push(entry.place);
  }

  /** The columns of the scopes that are told, so that a frame about one container is small. */
  #columnsOf(rows: Uint32Array, { ends }: BoardKeyframe, unknown: ReadonlySet<Scope>): ColumnValues[] {
    const made: ColumnValues[] = [];
    for (let at = 0, from = 0; at < scopes.length; at++) {
      const [scope, end] = [scopes[at] as Scope, ends[at] as number];
      let to = from;
      while (to < rows.length && (rows[to] as number) < end) to++;
      const places = Array.from(rows.subarray(from, to), (row) => this.#places[row] as number);
      from = to;
      if (places.length === 0 || unknown.has(scope)) continue;
      const { first, count } = columns[scope];
      for (let i = 0; i < count; i++) {
        const values = Float32Array.from(places, (place) => this.#values[width * place + i] as number);
        made.push({ column: first + i, values });
      }
    }
    return made;
  }

  #dictionary(capturedMs: number): BoardKeyframe {
    const entries = scopes.flatMap((scope) => [...this.#entries.values()].filter((entry) => entry.scope === scope));
    const own = entries.map(({ place }) => place);
    const ofContainers = entries.flatMap(({ containers, place }) => containers.map((_, i) => place + 1 + i));
    this.#places = Int32Array.of(...own, ...ofContainers);
    return new BoardKeyframe(this.#source, ++this.#generation, capturedMs, entries);
  }
}

/** What a board tells its rows by: it is kept until there are others, its rows are made when it is encoded. */
class BoardKeyframe implements Keyframe {
  readonly kind = 'keyframe';
  readonly intervalMs = fullIntervalMs;
  readonly columns: readonly Column[] = stateColumns;
  readonly source: SourceId;
  readonly generation: number;
  readonly capturedMs: number;
  readonly #entries: readonly Entry[];

  /** `entries` are in the order of their scopes. */
  constructor(source: SourceId, generation: number, capturedMs: number, entries: readonly Entry[]) {
    this.source = source;
    this.generation = generation;
    this.capturedMs = capturedMs;
    this.#entries = entries;
  }

  get rows(): readonly Row[] {
    const own = this.#entries.map(({ scope, uid }): Row => ({ scope, uid }));
    const ofContainers = this.#entries.flatMap(({ uid, containers }) =>
      containers.map((container): Row => ({ scope: 'Container', uid, container })),
    );
    return own.concat(ofContainers);
  }

  /** Where the rows of each scope end. */
  get ends(): number[] {
    let end = 0;
    const count = (scope: Scope): number =>
      scope === 'Container'
        ? this.#entries.reduce((sum, { containers }) => sum + containers.length, 0)
        : this.#entries.reduce((sum, entry) => (entry.scope === scope ? sum + 1 : sum), 0);
    return scopes.map((scope) => (end += count(scope)));
  }
}
