import type { DeclaredMetric } from '../../engine/declared.ts';
import type { Row } from '../../engine/frame/types.ts';
import { matchesGlob } from '../../engine/glob.ts';
import type { Clock } from '../../wire/clock.ts';
import type { NodePod } from '../kubelet/pods.ts';
import type { Source, Write } from '../sources/source.ts';
import { Cell, type Counted } from './cell.ts';

/** Why a series of a declared metric does not get into frames. */
export const refusals = [
  'no_container',
  'not_allowed',
  'wrong_kind',
  'too_many_series',
  'not_finite',
  'too_old',
  'foreign',
  'not_sender',
] as const;
export type Refusal = (typeof refusals)[number];

/** One value of one series. */
export interface Told {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Tells the series from others of the name. */
  readonly series: string;
  readonly value: number;
  /** What the value is; `Plain` is whatever the metric is declared to be. */
  readonly as:
    | { readonly kind: 'Level' }
    | ({ readonly kind: 'Count' | 'Plain' } & Counted)
    | { readonly kind: 'Added' };
  /** When it was measured, in milliseconds since the epoch; undefined: now. Older than `holdMs` it counts for nothing. */
  readonly atMs?: number;
  /** How long it holds, unless there is a newer one. */
  readonly holdMs: number;
}

interface Entry {
  readonly index: number;
  readonly metric: DeclaredMetric;
}

/**
 * The metrics that are declared, as pods tell them (agents/declared, agents/ingest): the last value of each row, at every
 * tick. A pod that is gone from the node takes its rows along.
 */
export class DeclaredSource implements Source {
  readonly name = 'declared';
  readonly metrics: readonly string[];
  /** Series that did not get in, by why. */
  readonly refused: Record<Refusal, number> = Object.fromEntries(refusals.map((why) => [why, 0])) as Record<
    Refusal,
    number
  >;
  readonly #clock: Clock;
  readonly #bySeries: ReadonlyMap<string, readonly Entry[]>;
  readonly #cells = new Map<string, { readonly row: Row; readonly cells: Map<number, Cell> }>();
  readonly #ofNode = new Map<number, Cell>();
  #rows: readonly Row[] = [];

  constructor(declared: readonly DeclaredMetric[], clock: Clock) {
    this.metrics = declared.map(({ name }) => name);
    this.#clock = clock;
    this.#bySeries = Map.groupBy(
      declared.map((metric, index): Entry => ({ metric, index })),
      ({ metric }) => metric.series,
    );
  }

  /** Whether a series of this name is of any use. */
  readonly wants = (series: string): boolean => this.#bySeries.has(series);

  objects(): readonly Row[] {
    return this.#rows;
  }

  read(write: Write): void {
    const nowMs = this.#clock.monotonic();
    for (const [metric, cell] of this.#ofNode) write(metric, 0, cell.value(nowMs));
    let object = 0;
    for (const { cells } of this.#cells.values()) {
      for (const [metric, cell] of cells) write(metric, object, cell.value(nowMs));
      object++;
    }
  }

  /** A pod tells something of itself, or of one of its containers. Answers why it is refused, if it is. */
  take(pod: NodePod, container: string | undefined, told: Told): Refusal | undefined {
    let refusal: Refusal | undefined;
    for (const entry of this.#bySeries.get(told.name) ?? []) {
      if (!fits(entry.metric, told.labels)) continue;
      const why = this.#takeAs(entry, pod, container, told);
      if (why !== undefined) this.refused[why]++;
      refusal ??= why;
    }
    return refusal;
  }

  /** A series is told no more: what it was last does not hold any longer. */
  end(pod: NodePod, container: string | undefined, { name, series }: Pick<Told, 'name' | 'series'>): void {
    for (const { metric, index } of this.#bySeries.get(name) ?? []) {
      const key = metric.scope === 'Container' && container !== undefined ? `${pod.uid}/${container}` : pod.uid;
      const cells = metric.scope === 'Node' ? this.#ofNode : this.#cells.get(key)?.cells;
      cells?.get(index)?.end(keyOf(metric, pod, series));
    }
  }

  /** Lets go of the rows of all other pods. */
  keep(pods: readonly NodePod[]): void {
    const uids = new Set(pods.map(({ uid }) => uid));
    const gone = [...this.#cells].filter(([, { row }]) => !uids.has(row.uid));
    for (const [key] of gone) this.#cells.delete(key);
    if (gone.length > 0) this.#arrange();
  }

  #takeAs({ metric, index }: Entry, pod: NodePod, container: string | undefined, told: Told): Refusal | undefined {
    const { as, value, holdMs } = told;
    if (metric.namespaces?.includes(pod.namespace) === false) return 'not_allowed';
    if (!Number.isFinite(value)) return 'not_finite';
    const kind = as.kind === 'Plain' ? (metric.kind === 'counter' ? 'Count' : 'Level') : as.kind;
    // A count that only rises may be told as a level; a level is no count.
    if (metric.kind === 'counter' ? kind === 'Level' : kind === 'Added') return 'wrong_kind';
    if (metric.scope === 'Container' && container === undefined) return 'no_container';
    const cell = this.#cellOf({ metric, index }, pod, container);
    const nowMs = this.#clock.monotonic();
    const wallMs = this.#clock.now();
    const atMs = Math.min(told.atMs ?? wallMs, wallMs);
    if (wallMs - atMs > holdMs) return 'too_old';
    const untilMs = nowMs + holdMs - (wallMs - atMs);
    const key = keyOf(metric, pod, told.series);
    const taken =
      metric.kind === 'gauge'
        ? cell.level(key, value, atMs, nowMs, untilMs)
        : as.kind === 'Added'
          ? cell.add(key, value, atMs, nowMs, untilMs)
          : as.kind !== 'Level' && cell.count(key, value, as, nowMs, untilMs);
    return taken ? undefined : 'too_many_series';
  }

  #cellOf({ metric, index }: Entry, { uid }: NodePod, container: string | undefined): Cell {
    const cells = metric.scope === 'Node' ? this.#ofNode : this.#rowOf(metric, uid, container);
    const cell = cells.get(index) ?? new Cell(metric);
    cells.set(index, cell);
    return cell;
  }

  #rowOf({ scope }: DeclaredMetric, uid: string, container: string | undefined): Map<number, Cell> {
    const ofContainer = scope === 'Container' && container !== undefined;
    const key = ofContainer ? `${uid}/${container}` : uid;
    const known = this.#cells.get(key);
    if (known !== undefined) return known.cells;
    const cells = new Map<number, Cell>();
    this.#cells.set(key, { row: { scope, uid, ...(ofContainer && { container }) }, cells });
    this.#arrange();
    return cells;
  }

  #arrange(): void {
    this.#rows = [...this.#cells.values()].map(({ row }) => row);
  }
}

/** A series among all that make up a value. */
const keyOf = ({ scope }: DeclaredMetric, { uid }: NodePod, series: string): string =>
  scope === 'Node' ? `${uid} ${series}` : series;

const fits = ({ labels }: DeclaredMetric, told: ReadonlyMap<string, string>): boolean =>
  Object.entries(labels).every(([label, globs]) => globs.some((glob) => matchesGlob(glob, told.get(label) ?? '')));
