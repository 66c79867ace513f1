/**
 * The scores of a node's rows, made where they are measured: the windows and detectors of the evaluator, a slot for each
 * row instead of each target. A function of the calls made to it, as the evaluator is.
 */
import type { DetectorBank } from '../detectors/detector.ts';
import { detectors, type DetectorName } from '../detectors/registry.ts';
import type { Row } from '../frame/types.ts';
import type { Schema } from '../schema.ts';
import { Counters } from '../series/counters.ts';
import { infiniteIn, withoutInfinite } from '../series/infinite.ts';
import { grown } from '../windows/pane-window.ts';
import type { Values, Window } from '../windows/window.ts';
import { isObject, scoreColumn, type ScoringSpec } from './scoring.ts';
import { compileSignal, type CompiledSignal } from './signal.ts';
import { Slots } from './slots.ts';
import { targetKinds } from './target.ts';

/** A scoring that this version can make. */
export interface CompiledScoring {
  readonly id: string;
  readonly spec: ScoringSpec;
  readonly signal: CompiledSignal;
  /** The names of the columns in which it is told. */
  readonly columns: readonly string[];
}

/** Compiles what somebody else says is wanted; undefined for what this version does not know how to score. */
export function compileScoring(wanted: unknown): CompiledScoring | undefined {
  if (!isScoringSpec(wanted)) return undefined;
  try {
    const { kind, warmupSeconds } = wanted;
    const signal = compileSignal({ ...wanted, name: 'scored' }, kind, 'scoring', warmupSeconds);
    if (Array.isArray(signal)) return undefined;
    const { scoring, detector } = signal;
    if (scoring === undefined) return undefined;
    const { id } = scoring;
    return { id, spec: wanted, signal, columns: (detector.tells ?? []).map((part) => scoreColumn(id, part)) };
  } catch {
    // Parameters that no schema has checked.
    return undefined;
  }
}

/** A row, and from when on its samples count: at the earliest when it is told of. It is judged once they fill its window. */
export interface ScoredRow {
  readonly row: Row;
  readonly fromMs: number;
}

/** A row by name, whatever its number. */
export const rowKey = ({ uid, container = '' }: Row): string => `${uid}/${container}`;

/** One scoring of the rows of its scope. */
export class RowScores {
  readonly scoring: CompiledScoring;
  readonly #bank: DetectorBank;
  readonly #window: Window;
  readonly #counters = new Counters();
  /** For each slot, the name of the row that it was given to. */
  readonly #names: string[] = [];
  readonly #slots = new Slots((slot) => this.#names[slot] ?? '');
  #rows: readonly ScoredRow[] = [];
  /** For each row, its slot, its series, and its slot again: once its samples count, once it is judged. */
  #slotOf = new Int32Array(0);
  #series: Int32Array = new Int32Array(0);
  #heard = new Int32Array(0);
  #judged = new Int32Array(0);
  #wakeMs = Infinity;
  /** For each slot, when it was given away. */
  #beganMs = new Float64Array(0);
  #values = new Float64Array(0);
  #lastSampleMs = new Float64Array(0);
  #groups = new Int32Array(0);
  #told: Float32Array[] = [];

  constructor(scoring: CompiledScoring) {
    this.scoring = scoring;
    this.#bank = scoring.signal.detector.create();
    this.#window = scoring.signal.createWindow();
  }

  /** Says which rows there are now, in the order of their values. What is known of those that stay is kept. */
  take(rows: readonly ScoredRow[], nowMs: number): void {
    const keys = rows.map(({ row }) => rowKey(row));
    const kept = new Set(keys);
    for (const { row } of this.#rows) {
      const key = rowKey(row);
      const slot = this.#slots.of(key);
      if (slot !== undefined && !kept.has(key)) this.#slots.free(key, slot);
    }
    this.#rows = rows;
    this.#slotOf = Int32Array.from(keys, (key) => this.#slots.of(key) ?? this.#begin(key, nowMs));
    this.#series = this.#counters.open(
      keys.map((row) => ({ row })),
      nowMs,
    );
    this.#values = new Float64Array(rows.length);
    this.#told = this.scoring.columns.map(() => new Float32Array(rows.length));
    this.#heard = new Int32Array(rows.length);
    this.#judged = new Int32Array(rows.length);
    this.#wakeMs = -Infinity;
  }

  /**
   * Takes one value for each row, all read at `tMs`, and answers what is told of them: the first part always, the
   * others while something fires. The answer is good until the next call.
   */
  score(values: Values, tMs: number): readonly Float32Array[] {
    const { length } = this.#rows;
    if (tMs >= this.#wakeMs) this.#wake(tMs);
    const judged = this.#judged;
    let samples = infiniteIn(values, length) === 0 ? values : withoutInfinite(values, length, new Float64Array(length));
    if (this.scoring.signal.aggregate.of === 'Increases') {
      this.#counters.increases(this.scoring.spec.metric, this.#series, samples, length, this.#values);
      samples = this.#values;
    }
    this.#window.take(this.#heard, samples, length, tMs);
    this.#window.read(judged, length, tMs, this.#values);
    const lastSampleMs = this.#lastSampleMs;
    this.#bank.judge({ slots: judged, length, values: this.#values, tMs, lastSampleMs, groups: this.#groups });
    const fires = this.#bank.tell?.(this.#slotOf, length, this.#told) ?? false;
    return fires ? this.#told : this.#told.slice(0, 1);
  }

  /** The rows that are there, by name. */
  get keys(): string[] {
    return this.#rows.map(({ row }) => rowKey(row));
  }

  /** All that is known of a row; undefined for one that is not there. */
  save(key: string): Float64Array | undefined {
    const slot = this.#slots.of(key);
    return slot === undefined ? undefined : this.#bank.save(slot);
  }

  /**
   * Lets a row go on from what was saved. Answers whether it could: there is such a row, and as many
   * numbers, all finite.
   */
  load(key: string, saved: Float64Array): boolean {
    const slot = this.#slots.of(key);
    if (slot === undefined || saved.length !== this.#bank.save(slot).length) return false;
    if (!saved.every(Number.isFinite)) return false;
    this.#bank.load(slot, saved);
    return true;
  }

  /** What others of a row's kind may begin with; undefined when it is not there, has not learnt yet, or fires. */
  heritage(key: string): Float64Array | undefined {
    const slot = this.#slots.of(key);
    return slot === undefined ? undefined : this.#bank.heritage?.(slot);
  }

  #begin(key: string, nowMs: number): number {
    const slot = this.#slots.take(key, nowMs);
    this.#names[slot] = key;
    const { capacity } = this.#slots;
    if (capacity > this.#groups.length) {
      this.#bank.grow(capacity);
      this.#window.grow(capacity);
      this.#beganMs = grown(this.#beganMs, new Float64Array(capacity));
      this.#lastSampleMs = new Float64Array(capacity);
      this.#groups = new Int32Array(capacity).fill(-1);
    }
    this.#beganMs[slot] = nowMs;
    this.#bank.reset(slot);
    this.#window.reset(slot);
    return slot;
  }

  /** Looks which rows count, and which are judged, by now. */
  #wake(nowMs: number): void {
    this.#wakeMs = Infinity;
    const fullMs = 1000 * this.scoring.signal.windowSeconds;
    for (const [i, row] of this.#rows.entries()) {
      const slot = this.#slotOf[i] ?? -1;
      const fromMs = Math.max(row.fromMs, this.#beganMs[slot] ?? 0);
      this.#heard[i] = nowMs >= fromMs ? slot : -1;
      this.#judged[i] = nowMs >= fromMs + fullMs ? slot : -1;
      if (nowMs < fromMs + fullMs) this.#wakeMs = Math.min(this.#wakeMs, nowMs < fromMs ? fromMs : fromMs + fullMs);
    }
  }
}

function isScoringSpec(value: unknown): value is ScoringSpec {
  if (!isObject(value)) return false;
  const { kind, metric, window, detect, warmupSeconds } = value;
  const isWindow = window === undefined || (isObject(window) && isCount(window['seconds'], 86_400));
  return (
    targetKinds.some((each) => each === kind) &&
    typeof metric === 'string' &&
    isWindow &&
    isObject(detect) &&
    Object.entries(detect).every(([name, parameters]) => areParameters(name, parameters)) &&
    isCount(warmupSeconds, 86_400)
  );
}

/** Whether a detector has these parameters, complete and of the right types; quantities are looked at when compiled. */
function areParameters(name: string, parameters: unknown): boolean {
  const schema: Schema | undefined = Object.hasOwn(detectors, name)
    ? detectors[name as DetectorName].schema
    : undefined;
  if (schema === undefined || !isObject(parameters)) return false;
  return Object.entries(schema.properties ?? {}).every(
    ([field, { type, enum: choices, minimum = 0, maximum, ...of }]) => {
      const value = parameters[field];
      if (value === undefined) return of.default === undefined && schema.required?.includes(field) !== true;
      if (type === 'integer') return isCount(value, maximum ?? Infinity) && Number(value) >= minimum;
      return typeof value === type && (choices === undefined || choices.some((choice) => choice === value));
    },
  );
}

const isCount = (value: unknown, most: number): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most;
