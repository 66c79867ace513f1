/**
 * Makes sketches of what sources measure, one for each series and minute of event time. It is a function of the calls made
 * to it, as the evaluator is, and is told the same: two operators that read one stream come to the same sketches.
 *
 * Frames that tell only what has changed are left out: they would make what changes often look usual. All values of their
 * source come every ten seconds.
 */
import { withoutInfinite } from '../series/infinite.ts';
import { Counters } from '../series/counters.ts';
import { seriesKeys } from '../evaluate/series-keys.ts';
import type { RowIdentity } from '../evaluate/target.ts';
import { rangesOf } from '../frame/ranges.ts';
import type { Frame, Keyframe } from '../frame/types.ts';
import { metricNamed } from '../metrics.ts';
import { ExactNumbers, type Check } from './exact.ts';
import { MinuteTable } from './minute-table.ts';
import { entityOf, isCounter, minuteMs, type Series } from './series.ts';
import type { Sketch } from '../sketch/sketch.ts';

/** A series in one minute. */
export interface MinuteOfSeries extends Series {
  readonly sketch: Sketch;
}

export interface RecorderOptions {
  /**
   * Told of each minute that is over, with every series that had a number in it. Sketches are made as they are asked for,
   * which may be later, a few at a time.
   */
  readonly onMinute: (minute: number, series: Iterable<MinuteOfSeries>) => void;
  /** Told what the sketches of a few series, drawn anew each minute, said of their exact numbers. */
  readonly onCheck: (check: Check) => void;
  /** In [0, 1): draws them. */
  readonly random: () => number;
  /** Series there may be; more are left out and counted. Default 500,000. */
  readonly maxSeries?: number;
}

export interface RecorderStats {
  /** Samples that were added to a sketch. */
  samples: number;
  /** Samples of a minute that was over already; they are in no sketch. */
  lateSamples: number;
  /** How often a row had no series because there were too many. */
  refusedSeries: number;
}

interface Known extends Series {
  readonly key: string;
  /** Columns of sources that tell of it. */
  bindings: number;
}

/** One column of a source. */
interface Binding {
  readonly column: number;
  readonly metric: string;
  readonly isCounter: boolean;
  /** The first row of its scope, and for each row from there on its series, or -1. */
  readonly first: number;
  readonly series: Int32Array;
}

interface Source {
  keyframe: Keyframe;
  identities: readonly (RowIdentity | undefined)[];
  /** While it has columns of counters. */
  counters: Counters | undefined;
  /** For each row, where its counters stand. */
  counted: Int32Array;
  bindings: readonly Binding[];
  lastMs: number;
}

/** Frames come late by their way and by the clocks of their senders; what comes later than this is in no sketch. */
const graceMs = 15_000;
/** So many series are checked in each minute. */
const checkedEach = 4;

export class Recorder {
  readonly stats: RecorderStats = { samples: 0, lateSamples: 0, refusedSeries: 0 };
  readonly #options: RecorderOptions;
  #metrics: ReadonlySet<string> = new Set();
  readonly #sources = new Map<string, Source>();
  readonly #series: (Known | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];
  /** The minutes that are not over, the oldest first: two at most. */
  readonly #open: { readonly table: MinuteTable; readonly exact: ExactNumbers }[] = [];
  /** The first minute that was read from its beginning: of the one before there is only a part. */
  #first: number | undefined;
  #rests = false;
  /** The first minute that is not over. */
  #from = -Infinity;
  #values = new Float64Array(0);
  #finite = new Float64Array(0);

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get seriesCount(): number {
    return this.#numbers.size;
  }

  /** Keeps these metrics from now on. */
  keep(metrics: ReadonlySet<string>): void {
    if (metrics.size === this.#metrics.size && metrics.isSubsetOf(this.#metrics)) return;
    this.#metrics = metrics;
    for (const source of this.#sources.values()) this.#connect(source);
  }

  /**
   * Takes no samples while it rests, so that what is more important keeps up: of the minutes in which it did, there is
   * nothing.
   */
  rest(rests: boolean): void {
    if (rests === this.#rests) return;
    this.#rests = rests;
    this.#first = undefined;
    if (!rests) return;
    while (this.#open.length > 1) this.#close();
    this.#open.length = 0;
  }

  /** As `Evaluator.bind`. */
  bind(sourceKey: string, keyframe: Keyframe, identities: readonly (RowIdentity | undefined)[]): void {
    const known = this.#sources.get(sourceKey);
    const source = known ?? {
      keyframe,
      identities,
      counters: undefined,
      counted: new Int32Array(0),
      bindings: [],
      lastMs: NaN,
    };
    this.#sources.set(sourceKey, source);
    source.keyframe = keyframe;
    source.identities = identities;
    this.#connect(source);
  }

  /** As `Evaluator.unbind`. */
  unbind(sourceKey: string): void {
    const source = this.#sources.get(sourceKey);
    if (source === undefined) return;
    this.#sources.delete(sourceKey);
    this.#release(source.bindings);
  }

  /** As `Evaluator.frame`. */
  frame(sourceKey: string, frame: Frame): void {
    if (this.#rests) return;
    // Not by `advance`: what is looked up before reading begins is older.
    this.#first ??= Math.floor(frame.capturedMs / minuteMs) + 1;
    const source = this.#sources.get(sourceKey);
    if (source === undefined || frame.rows !== undefined || !reads(source.keyframe, frame)) return;
    const seconds = (frame.capturedMs - (Number.isNaN(source.lastMs) ? -Infinity : source.lastMs)) / 1000;
    source.lastMs = frame.capturedMs;
    const open = this.#minuteOf(frame.capturedMs);
    for (const { column, metric, isCounter: counts, first, series } of source.bindings) {
      const told = frame.columns.find((each) => each.column === column)?.values;
      if (told === undefined) continue;
      const length = Math.min(told.length, series.length);
      if (length > this.#values.length) {
        this.#values = new Float64Array(2 * length);
        this.#finite = new Float64Array(2 * length);
      }
      let values = told as Float64Array;
      if (counts) {
        values = this.#values;
        const finite = withoutInfinite(told, length, this.#finite);
        source.counters?.increases(metric, source.counted.subarray(first, first + length), finite, length, values);
        // Of the first frame the increases are 0, whatever they are divided by.
        for (let i = 0; i < length; i++) values[i] = (values[i] as number) / seconds;
      }
      if (open === undefined) {
        if (frame.capturedMs >= this.#first * minuteMs) this.stats.lateSamples += length;
        continue;
      }
      open.table.add(series, values, length);
      open.exact.add(series, values, length);
      this.stats.samples += length;
    }
  }

  /** As `Evaluator.advance`. */
  advance(nowMs: number): void {
    const over = Math.floor((nowMs - graceMs) / minuteMs);
    while ((this.#open[0]?.table.minute ?? over) < over) this.#close();
    this.#from = Math.max(this.#from, over);
  }

  /** Where samples of this time go; undefined: their minute is over, or began before we did. */
  #minuteOf(atMs: number): { readonly table: MinuteTable; readonly exact: ExactNumbers } | undefined {
    const minute = Math.floor(atMs / minuteMs);
    if (minute < this.#from || minute < (this.#first ?? Infinity)) return undefined;
    const known = this.#open.find(({ table }) => table.minute === minute);
    if (known !== undefined) return known;
    while ((this.#open[0]?.table.minute ?? minute) < minute - 1) this.#close();
    const table = new MinuteTable(minute, this.#open.at(-1)?.table);
    table.grow(this.#series.length);
    const opened = { table, exact: new ExactNumbers(this.#drawn()) };
    this.#open.push(opened);
    this.#open.sort((one, other) => one.table.minute - other.table.minute);
    return opened;
  }

  #close(): void {
    const closed = this.#open.shift();
    if (closed === undefined) return;
    const { table, exact } = closed;
    const { onMinute, onCheck } = this.#options;
    this.#from = Math.max(this.#from, table.minute + 1);
    for (const one of exact.series) {
      const sketch = table.sketch(one);
      const check = sketch && exact.check(one, sketch);
      if (check !== undefined) onCheck(check);
    }
    onMinute(table.minute, minuteOf(table, this.#series.slice()));
    for (const [number, series] of this.#series.entries()) {
      if (series === undefined || series.bindings > 0) continue;
      if (this.#open.some((other) => other.table.has(number))) continue;
      this.#series[number] = undefined;
      this.#numbers.delete(series.key);
      this.#free.push(number);
    }
  }

  /** A few series, at random. */
  #drawn(): Set<number> {
    const { random } = this.#options;
    return new Set(Array.from({ length: checkedEach }, () => Math.floor(random() * this.#series.length)));
  }

  #connect(source: Source): void {
    const before = source.bindings;
    const { keyframe } = source;
    const ranges = rangesOf(keyframe.rows);
    source.bindings = keyframe.columns.flatMap((_, column) => this.#bindingOf(source, ranges, column) ?? []);
    const counted = new Set(source.bindings.flatMap((each) => (each.isCounter ? each.metric : [])));
    if (counted.size === 0) source.counters = undefined;
    else {
      source.counters ??= new Counters();
      source.counted = source.counters.open(seriesKeys(keyframe, source.identities), keyframe.capturedMs);
      source.counters.keep(counted);
    }
    this.#release(before);
    for (const { table } of this.#open) table.grow(this.#series.length);
  }

  #bindingOf(
    { keyframe, identities, bindings }: Source,
    ranges: ReturnType<typeof rangesOf>,
    column: number,
  ): Binding | undefined {
    const { metric = '', scope = 'Node' } = keyframe.columns[column] ?? {};
    // Of containers that are told of once more as pods only the containers count.
    if (!this.#metrics.has(metric) || metricNamed(metric)?.scope !== scope) return undefined;
    const range = ranges[scope];
    if (range === undefined) return undefined;
    const [first, end] = range;
    const series = new Int32Array(end - first);
    for (let row = first; row < end; row++) {
      const entity = entityOf(identities[row], scope);
      const container = identities[row]?.Container?.container ?? '';
      series[row - first] = entity === undefined ? -1 : this.#number({ entity, container, metric });
    }
    // Another pod of the same workload is of the same series: what is old may stay.
    const before = bindings.find((each) => each.column === column && each.metric === metric && each.first === first);
    if (before !== undefined && isSame(before.series, series)) return before;
    return { column, metric, isCounter: isCounter(metric), first, series };
  }

  #number(series: Series): number {
    const key = `${series.entity} ${series.container} ${series.metric}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      if (this.#numbers.size >= (this.#options.maxSeries ?? 500_000)) {
        this.stats.refusedSeries++;
        return -1;
      }
      number = this.#free.pop() ?? this.#series.length;
      this.#series[number] = { ...series, key, bindings: 0 };
      this.#numbers.set(key, number);
    }
    const known = this.#series[number];
    if (known !== undefined) known.bindings++;
    return number;
  }

  #release(bindings: readonly Binding[]): void {
    for (const { series } of bindings)
      for (const number of series) {
        const known = this.#series[number];
        if (known !== undefined) known.bindings--;
      }
  }
}

function* minuteOf(table: MinuteTable, all: readonly (Known | undefined)[]): Iterable<MinuteOfSeries> {
  for (const [number, series] of all.entries()) {
    const sketch = table.sketch(number);
    if (series === undefined || sketch === undefined) continue;
    const { entity, container, metric } = series;
    yield { entity, container, metric, sketch };
  }
}

const isSame = (one: Int32Array, other: Int32Array): boolean =>
  one.length === other.length && one.every((number, i) => number === other[i]);

const reads = ({ generation, source }: Keyframe, frame: Frame): boolean =>
  frame.generation === generation && frame.source.boot === source.boot;
