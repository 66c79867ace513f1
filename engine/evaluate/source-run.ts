import { rangesOf, type Range } from '../frame/ranges.ts';
import { scopes, type Column, type ColumnValues, type Frame, type Keyframe, type Scope } from '../frame/types.ts';
import { Counters } from '../series/counters.ts';
import { areFinite, infiniteIn, withoutInfinite } from '../series/infinite.ts';
import type { Values } from '../windows/window.ts';
import { emptyPlan, type ColumnPlan, type Ear, type Plan, type Plans } from './column-plan.ts';
import { FrameLog } from './frame-log.ts';
import { Teller } from './hearing.ts';
import { listenersOf, once, type Listeners, type Ordered, type Placed } from './listeners.ts';
import type { PolicyRun } from './policy-run.ts';
import type { Scratch } from './scratch.ts';
import { scoreColumn } from './scoring.ts';
import { seriesKeys } from './series-keys.ts';
import { scopesOf } from './signal.ts';
import type { Samples, SignalRun } from './signal-run.ts';
import type { EvaluatorStats, SourceFaults } from './stats.ts';
import type { RowIdentity, Target } from './target.ts';

/** Where one column's samples go for one signal. */
interface Binding {
  readonly signal: SignalRun;
  readonly teller: Teller;
  readonly column: number;
  /** The columns in which the agent tells what its detector found; absent when ours judges. */
  readonly told: readonly number[] | undefined;
  /** The rows of the column's scope, and whom they concern. */
  readonly range: Range;
  readonly listeners: Listeners;
}

/** What a policy has of a source. */
interface Bound {
  /** For each row of the keyframe, the slot it speaks of, or -1. */
  readonly rowSlots: Int32Array;
  readonly bindings: readonly Binding[];
  /** When the next of its rows is warm; Infinity when all are. */
  readonly wakeMs: number;
}

/** A column's plan that is being made. */
interface Draft extends ColumnPlan {
  readonly ears: Ear[];
  readonly shown: Ear[];
  unheard: number;
}

/** A source, and how its frames reach the policies: which signals want which column, and whose each row is. */
export class SourceRun {
  readonly log: FrameLog;
  readonly faults: SourceFaults = { infiniteSamples: 0, counterResets: 0, outliers: 0 };
  #keyframe: Keyframe;
  #identities: readonly (RowIdentity | undefined)[] = [];
  /** While a policy asks for increases. */
  #counters: Counters | undefined;
  /** For each row, its series; while any are kept. */
  #series: Int32Array = new Int32Array(0);
  #rowCount = 0;
  /** Where the rows of each scope lie. */
  #ranges: Partial<Record<Scope, Range>> = {};
  readonly #bound = new Map<PolicyRun, Bound>();
  readonly #plans: Plans;
  #plan = emptyPlan;
  /** What the plan means by its numbers. */
  #listeners: Listeners[] = [];
  #tellers: Teller[] = [];
  /** When the first of the rows in warm-up is warm. */
  #wakeMs = Infinity;

  constructor(key: string, keyframe: Keyframe, plans: Plans) {
    this.log = new FrameLog(key);
    this.#plans = plans;
    this.#keyframe = keyframe;
  }

  /** Whether a frame is to be read with the keyframe that was taken last. */
  reads({ source, generation }: Frame): boolean {
    return generation === this.#keyframe.generation && source.boot === this.#keyframe.source.boot;
  }

  /** Whether rows have grown warm, so that policies are to be connected anew. */
  wakes(nowMs: number): boolean {
    return nowMs >= this.#wakeMs;
  }

  /** Takes a dictionary over; all policies are to be connected anew after it. */
  take(keyframe: Keyframe, identities: readonly (RowIdentity | undefined)[], nowMs: number): void {
    this.#keyframe = keyframe;
    this.#identities = identities;
    this.log.intervalMs = keyframe.intervalMs;
    const { rows } = keyframe;
    this.#rowCount = rows.length;
    this.#ranges = rangesOf(rows);
    this.#open(nowMs);
  }

  /** Connects policies, anew those that are connected. Answers how many targets they had no room for. */
  connect(runs: Iterable<PolicyRun>, mostTargets: number, nowMs: number): number {
    let refused = 0;
    for (const run of runs) {
      const before = this.#bound.get(run);
      const placed = this.#place(run, mostTargets, nowMs);
      refused += placed.refused;
      const shared = new Map<string, Listeners>();
      const found = run.signals.map((signal) => this.#bindingOf(run, signal, placed, shared, nowMs));
      // Sliced, as below.
      const bindings = found.filter((binding) => binding !== undefined).slice();
      const wakeMs = placed.warmMs.reduce(
        (least, warmMs) => (warmMs > nowMs ? Math.min(least, warmMs) : least),
        Infinity,
      );
      this.#bound.set(run, { rowSlots: placed.rowSlots, bindings, wakeMs });
      if (before !== undefined) this.#release(run, before, nowMs);
    }
    this.index(nowMs);
    return refused;
  }

  disconnect(run: PolicyRun, nowMs: number): void {
    const before = this.#bound.get(run);
    if (before === undefined) return;
    this.#bound.delete(run);
    this.#release(run, before, nowMs);
    this.index(nowMs);
  }

  disconnectAll(nowMs: number): void {
    for (const [run, bound] of this.#bound) this.#release(run, bound, nowMs);
    this.#bound.clear();
    this.index(nowMs);
  }

  /** Leads a frame's samples to the windows and lets the policies judge. */
  evaluate(frame: Frame, scratch: Scratch, stats: EvaluatorStats): void {
    this.log.note(frame.sequence, frame.capturedMs, frame.timing);
    const { columns, runs } = this.#plan;
    for (const column of frame.columns) {
      const plan = columns[column.column];
      if (plan === undefined) {
        if (column.column >= columns.length) stats.unknownColumns++;
        continue;
      }
      this.#feed(column.values, plan, frame, scratch, stats);
      for (const ear of plan.shown) this.#show(column, ear, frame);
      stats.unheardSamples += column.values.length * plan.unheard;
    }
    for (const run of runs) run.settle(frame.capturedMs);
  }

  #feed(values: Values, { metric, ears }: ColumnPlan, frame: Frame, scratch: Scratch, stats: EvaluatorStats): void {
    // All of them hear the same rows, be they different slots.
    const heard = this.#listeners[ears[0]?.listeners ?? -1];
    if (heard === undefined) return;
    const { first } = heard;
    const rows = heard.slots.length;
    const told = frame.rows === undefined ? undefined : between(frame.rows, first, first + rows);
    const length = Math.min(values.length, told?.length ?? rows);
    scratch.lend(length);
    const isFinite = areFinite(values, length);
    const infinite = isFinite ? 0 : infiniteIn(values, length);
    const finite = infinite === 0 ? values : withoutInfinite(values, length, scratch.finite);
    let resets = -1;
    for (const { run, signal, told: shown, listeners, teller: speaker } of ears) {
      const teller = this.#tellers[speaker] as Teller;
      const { slots: all, judged: allJudged, isFull, bySlot } = this.#listeners[listeners] as Listeners;
      const isIncrease = signal.signal.aggregate.of === 'Increases';
      if (isIncrease && resets < 0) resets = this.#increases(metric, finite, length, first, told, scratch);
      const samples = isIncrease ? scratch.increases : finite;
      const slots = told === undefined ? all : gather(all, told, first, length, scratch.slots);
      const judged = told === undefined ? allJudged : all === allJudged ? slots : once(slots, length);
      const count = judged === slots ? length : judged.length;
      const tMs = frame.capturedMs;
      if (infinite > 0) signal.flaws.noteInfinite(slots, values, length, tMs);
      if (isIncrease) signal.flaws.noteResets(slots, scratch.resets, resets, tMs);
      const { outliers } = signal.flaws;
      const isAll = told === undefined && length === all.length;
      const isWhole = isAll && isFull && isFinite && (!isIncrease || areFinite(samples, length));
      const samplesOf =
        bySlot === undefined || !isAll
          ? { slots, values: samples, length, judged, count, tMs, teller, isWhole }
          : { ...ordered(samples, bySlot, scratch), tMs, teller, isWhole };
      const mayFire = signal.feed(samplesOf, scratch.values, shown !== undefined);
      if (signal.flaws.outliers > outliers) this.faults.outliers += signal.flaws.outliers - outliers;
      if (mayFire || run.attends) run.lookAt(judged, count, signal, teller);
    }
    stats.samples += length;
    if (infinite > 0) {
      stats.infiniteSamples += infinite;
      this.faults.infiniteSamples += infinite;
    }
    if (resets > 0) {
      stats.counterResets += resets;
      this.faults.counterResets += resets;
    }
  }

  /** Leads what an agent found to a signal. It tells so of all rows or of none. */
  #show({ values }: ColumnValues, { run, signal, told = [], listeners, teller }: Ear, frame: Frame): void {
    if (frame.rows !== undefined) return;
    const { slots } = this.#listeners[listeners] as Listeners;
    const length = Math.min(values.length, slots.length);
    const parts = told.map((column) => frame.columns.find((each) => each.column === column)?.values);
    signal.show(slots, length, parts);
    run.lookAt(slots, length, signal, this.#tellers[teller] as Teller);
  }

  /** Writes the increases of a column to `scratch.increases`, and which counters began anew to `scratch.resets`. */
  #increases(
    metric: string,
    values: Values,
    length: number,
    first: number,
    told: Uint32Array | undefined,
    scratch: Scratch,
  ): number {
    const series =
      told === undefined
        ? this.#series.subarray(first, first + length)
        : gather(this.#series, told, 0, length, scratch.series);
    return this.#counters?.increases(metric, series, values, length, scratch.increases, scratch.resets) ?? 0;
  }

  /** Finds the target of each row, and how many found no room; rows of what the policy does not judge have none. */
  #place(run: PolicyRun, mostTargets: number, nowMs: number): Placed & { readonly refused: number } {
    const { spec, warmupMs } = run.policy;
    const { kind, container } = spec.target;
    const rowSlots = new Int32Array(this.#rowCount).fill(-1);
    const warmMs = new Float64Array(rowSlots.length).fill(-Infinity);
    const seen = new Map<Target, number>();
    let refused = 0;
    for (const scope of scopes) {
      if (!scopesOf[kind].includes(scope)) continue;
      const [first, end] = this.#range(scope);
      for (let row = first; row < end; row++) {
        const identity = this.#identities[row];
        const target = identity?.[kind];
        if (target === undefined) continue;
        let slot = seen.get(target);
        if (slot === undefined) {
          const isWanted = (container === undefined || target.container === container) && run.matches(target);
          slot = isWanted ? run.admit(target, mostTargets, nowMs) : -1;
          if (isWanted && slot < 0) refused++;
          seen.set(target, slot);
        }
        if (slot < 0) continue;
        const startedMs = identity?.[scope]?.startedMs;
        if (startedMs !== undefined && warmupMs > 0) warmMs[row] = startedMs + warmupMs;
        rowSlots[row] = slot;
        run.addRow(slot, warmMs[row] ?? -Infinity);
      }
    }
    return { rowSlots, warmMs, refused };
  }

  /** Where the signal's samples come from: the column that is nearest to the target's kind, if there is one. */
  #bindingOf(
    run: PolicyRun,
    signal: SignalRun,
    placed: Placed,
    shared: Map<string, Listeners>,
    nowMs: number,
  ): Binding | undefined {
    const { columns } = this.#keyframe;
    const fit = scopesOf[run.policy.spec.target.kind];
    const scope = fit.find((each) => columns.some((column) => isOf(column, signal.signal.metric.name, each)));
    if (scope === undefined) return undefined;
    const range = this.#range(scope);
    const teller = new Teller(this.log);
    for (const slot of placed.rowSlots.subarray(...range)) if (slot >= 0) signal.addRow(slot, teller);
    // What a young one tells is not judged, but it is no silence.
    const hearsYoung = signal.signal.detector.judges === 'Silence';
    const key = `${scope} ${hearsYoung}`;
    const listeners = shared.get(key) ?? listenersOf(placed, range, hearsYoung ? Infinity : nowMs);
    shared.set(key, listeners);
    const column = columns.findIndex((each) => isOf(each, signal.signal.metric.name, scope));
    return { signal, teller, column, told: this.#toldOf(signal, scope), range, listeners };
  }

  /** Where the source tells what a signal's detector found by the same settings and model; undefined: nowhere. */
  #toldOf({ signal: { scoring, detector } }: SignalRun, scope: Scope): number[] | undefined {
    if (scoring === undefined || scope !== scoring.spec.kind) return undefined;
    const { columns } = this.#keyframe;
    const told = (detector.tells ?? []).map((part) =>
      columns.findIndex((each) => isOf(each, scoreColumn(scoring.id, part), scope)),
    );
    return told.includes(-1) ? undefined : told;
  }

  /** Gives back the rows of a policy as it was connected. */
  #release(run: PolicyRun, { rowSlots, bindings }: Bound, nowMs: number): void {
    for (const { signal, range } of bindings)
      for (const slot of rowSlots.subarray(...range)) if (slot >= 0) signal.removeRow(slot);
    for (const slot of rowSlots) if (slot >= 0) run.removeRow(slot, nowMs);
  }

  /** Finds anew who hears which column; to be called when a policy is suspended, or is not any more. */
  index(nowMs: number): void {
    this.#plan = this.#plans.shared(this.#drawUp());
    this.#wakeMs = Infinity;
    const counted = new Set<string>();
    for (const [run, { wakeMs }] of this.#bound) {
      this.#wakeMs = Math.min(this.#wakeMs, wakeMs);
      // Its counters are forgotten too: what they rose by meanwhile has not happened at once.
      if (run.isSuspended) continue;
      for (const { signal } of run.signals) if (signal.aggregate.of === 'Increases') counted.add(signal.metric.name);
    }
    if (counted.size === 0) this.#counters = undefined;
    else if (this.#counters === undefined) {
      this.#counters = new Counters();
      this.#open(nowMs);
    } else this.#counters.keep(counted);
  }

  /** Makes a plan of what is bound, and notes what its numbers mean. */
  #drawUp(): Plan {
    const columns = this.#keyframe.columns.map((): Draft | undefined => undefined);
    const draft = (index: number): Draft | undefined => {
      const column = this.#keyframe.columns[index];
      return column && (columns[index] ??= { metric: column.metric, ears: [], shown: [], unheard: 0 });
    };
    const listeners: Listeners[] = [];
    const tellers: Teller[] = [];
    for (const [run, { bindings }] of this.#bound)
      for (const { signal, teller, column, told, ...binding } of bindings) {
        const drafted = draft(column);
        if (run.isSuspended && drafted !== undefined) drafted.unheard++;
        if (run.isSuspended) continue;
        if (!listeners.includes(binding.listeners)) listeners.push(binding.listeners);
        const number = listeners.indexOf(binding.listeners);
        const ear: Ear = { run, signal, listeners: number, teller: tellers.push(teller) - 1, told };
        drafted?.ears.push(ear);
        if (told !== undefined) draft(told[0] ?? -1)?.shown.push(ear);
      }
    // Sliced: an array that grows takes room for sixteen more.
    this.#listeners = listeners.slice();
    this.#tellers = tellers.slice();
    return { columns, runs: [...this.#bound.keys()] };
  }

  #open(nowMs: number): void {
    if (this.#counters !== undefined)
      this.#series = this.#counters.open(seriesKeys(this.#keyframe, this.#identities), nowMs);
  }

  #range(scope: Scope): Range {
    return this.#ranges[scope] ?? nowhere;
  }
}

const isOf = ({ metric, scope }: Column, name: string, of: Scope): boolean => metric === name && scope === of;

/** The samples of a whole column by slot. */
function ordered(
  values: Values,
  { rows, slots }: Ordered,
  scratch: Scratch,
): Omit<Samples, 'tMs' | 'teller' | 'isWhole'> {
  const { length } = rows;
  const out = values instanceof Float32Array ? scratch.narrow : scratch.wide;
  for (let i = 0; i < length; i++) out[i] = values[rows[i] as number] as number;
  return { slots, values: out, length, judged: slots, count: length };
}

const nowhere: Range = [0, 0];

/** The part of some ascending row numbers that lies from `first` to before `end`. */
function between(rows: Uint32Array, first: number, end: number): Uint32Array {
  let from = 0;
  while (from < rows.length && (rows[from] as number) < first) from++;
  let to = from;
  while (to < rows.length && (rows[to] as number) < end) to++;
  return rows.subarray(from, to);
}

/** Writes `all[rows[i] - first]` to `out[i]`. */
function gather(all: Int32Array, rows: Uint32Array, first: number, length: number, out: Int32Array): Int32Array {
  for (let i = 0; i < length; i++) out[i] = all[(rows[i] as number) - first] ?? -1;
  return out;
}
