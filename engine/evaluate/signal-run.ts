import type { DetectorBank } from '../detectors/detector.ts';
import type { SignalFacts } from '../policy/judgement.ts';
import { grown } from '../windows/pane-window.ts';
import type { Values, Window } from '../windows/window.ts';
import { Filling } from './filling.ts';
import { Flaws } from './flaws.ts';
import type { Groups } from './groups.ts';
import { Hearing, type Teller } from './hearing.ts';
import type { CompiledSignal } from './signal.ts';
import type { StarvedSignal } from './stats.ts';
import type { Evidence, SampleQuality } from './verdict.ts';

const oneSlot = new Int32Array(1);
const oneValue = new Float64Array(1);

const fires = 1;
const misses = 2;

/** Samples of one metric, all read at `tMs`. */
export interface Samples {
  readonly slots: Int32Array;
  readonly values: Values;
  readonly length: number;
  /** The slots of `slots`, each once, and how many. */
  readonly judged: Int32Array;
  readonly count: number;
  readonly tMs: number;
  readonly teller: Teller;
  /** Whether there is a value for each of the teller's slots. */
  readonly isWhole: boolean;
}

/** One signal of a policy in force: a window and a detector for each of the policy's targets, one slot each. */
export class SignalRun {
  signal: CompiledSignal;
  readonly bank: DetectorBank;
  readonly flaws: Flaws;
  readonly hearing: Hearing;
  readonly #window: Window;
  readonly #filling: Filling | undefined;
  readonly #groups: Groups;
  /** For each slot, what was noted last, and since when it fires or does not. */
  #noted = new Uint8Array(0);
  #flippedMs = new Float64Array(0);
  /** No slot whose samples do not stay away had its newest one before; -Infinity when that is not known. */
  #oldestMs = -Infinity;

  constructor(signal: CompiledSignal, slots: number, groups: Groups) {
    this.signal = signal;
    this.#groups = groups;
    this.#window = signal.createWindow();
    this.bank = signal.detector.create();
    // Silence is judged, and gaps are filled, by the time of each slot.
    this.hearing = new Hearing(signal.fill !== undefined || signal.detector.judges === 'Silence');
    this.flaws = new Flaws(signal.metric, signal.outlierDeviations);
    const { fill } = signal;
    if (fill !== undefined) this.#filling = new Filling(fill.maxMs, this.#window, fill.createCount());
    this.grow(slots);
  }

  /** The same run under another name. */
  renamed(signal: CompiledSignal): this {
    this.signal = signal;
    this.#oldestMs = -Infinity;
    return this;
  }

  /** Samples that came too late for their window. */
  get late(): number {
    return this.#window.late;
  }

  /** Samples that were made up. */
  get imputed(): number {
    return this.#filling?.total ?? 0;
  }

  grow(slots: number): void {
    if (slots <= this.#noted.length) return;
    this.#window.grow(slots);
    this.#filling?.grow(slots);
    this.bank.grow(slots);
    this.flaws.grow(slots);
    this.hearing.grow(slots);
    this.#noted = grown(this.#noted, new Uint8Array(slots));
    this.#flippedMs = grown(this.#flippedMs, new Float64Array(slots));
  }

  reset(slot: number, nowMs: number): void {
    this.#window.reset(slot);
    this.#filling?.reset(slot);
    this.bank.reset(slot);
    this.flaws.reset(slot);
    this.hearing.reset(slot, nowMs);
    this.#noted[slot] = 0;
    this.#flippedMs[slot] = nowMs;
    this.#oldestMs = -Infinity;
  }

  /**
   * Takes samples and judges the slots they belong to, unless what an agent finds of them is shown. `scratch` holds
   * `count` numbers. Answers false only if none of the slots fires then.
   */
  feed(samples: Samples, scratch: Float64Array, isShown = false): boolean {
    const { slots, values, length, judged, count, tMs, teller, isWhole } = samples;
    const isJudged = !isShown && this.signal.detector.judges !== 'Peers';
    const isOnce = slots === judged;
    const { hearing } = this;
    const { late } = this.#window;
    const filled = this.#filling?.take(slots, values, length, tMs, hearing.ownMs, this.#intervalOf) ?? values;
    this.#window.take(slots, filled, length, tMs, isJudged && isOnce ? scratch : undefined);
    if (this.#window.late > late) this.flaws.noteLate(slots, values, length, tMs, (slot) => hearing.lastMs(slot));
    this.flaws.take(slots, values, length, tMs);
    if (tMs < this.#oldestMs) this.#oldestMs = tMs;
    hearing.take(teller, isWhole, slots, values, length, tMs);
    if (!isJudged) return true;
    if (!isOnce) this.#window.read(judged, count, tMs, scratch);
    return this.bank.judge({
      slots: judged,
      length: count,
      values: scratch,
      tMs,
      lastSampleMs: hearing.ownMs,
      groups: this.#groups.of,
    });
  }

  /** Time in which nothing could be heard is no silence of anybody. */
  forgive(ms: number): void {
    this.#oldestMs = -Infinity;
    if (this.signal.detector.judges !== 'Silence') return;
    const { ownMs } = this.hearing;
    for (let slot = 0; slot < ownMs.length; slot++) ownMs[slot] = (ownMs[slot] as number) + ms;
  }

  /** Takes what an agent has found of some slots: a column for each part that the detector tells. */
  show(slots: Int32Array, length: number, told: readonly (Values | undefined)[]): void {
    this.bank.show?.(slots, length, told);
  }

  /** Lets time pass for a detector that judges silence or peers. */
  elapse(slots: Int32Array, length: number, tMs: number, staleAfterMs: number, scratch: Float64Array): void {
    const { judges } = this.signal.detector;
    if (judges === 'Samples') return;
    if (judges === 'Peers') this.#readFresh(slots, length, tMs, staleAfterMs, scratch);
    const lastSampleMs = this.hearing.ownMs;
    this.bank.judge({ slots, length, values: scratch, tMs, lastSampleMs, groups: this.#groups.of });
  }

  /** Notes that one row more tells the metric for a slot, or one less. */
  addRow(slot: number, teller: Teller): void {
    this.hearing.addRow(slot, teller);
    this.#oldestMs = -Infinity;
  }

  removeRow(slot: number): void {
    this.hearing.removeRow(slot);
    this.#oldestMs = -Infinity;
  }

  /**
   * Whether samples of a slot stay away. A metric that a source tells of as missing, and never had a value, does not
   * apply to the target; silence is not missing to a detector that judges it.
   */
  isMissing(slot: number, nowMs: number, staleAfterMs: number): boolean {
    if (nowMs - this.hearing.lastMs(slot) <= staleAfterMs) return false;
    return this.#canMiss(slot);
  }

  /** Whether silence of a slot counts as missing samples. */
  #canMiss(slot: number): boolean {
    return this.signal.detector.judges !== 'Silence' && (this.hearing.isHeard(slot) || this.hearing.rows(slot) === 0);
  }

  /** What the signal is at a slot: it fires, it is missing, both, or (0) it is quiet. */
  look(slot: number, nowMs: number, staleAfterMs: number): number {
    return (this.bank.firing[slot] === 0 ? 0 : fires) | (this.isMissing(slot, nowMs, staleAfterMs) ? misses : 0);
  }

  /** The same, remembered with the time at which it began to fire, or ceased to. */
  note(slot: number, nowMs: number, staleAfterMs: number): number {
    const is = this.look(slot, nowMs, staleAfterMs);
    const was = this.#noted[slot] as number;
    if (is === was) return is;
    this.#noted[slot] = is;
    if (((is ^ was) & fires) !== 0) this.#flippedMs[slot] = nowMs;
    return is;
  }

  /**
   * Writes to `out` those of `live` that are something else than was noted, and answers how many. What samples change
   * is noted with them, so that only silence can be new: until the first slot can have become silent, none is looked at.
   * `scratch` holds `length` numbers.
   */
  turned(
    live: Int32Array,
    length: number,
    nowMs: number,
    staleAfterMs: number,
    scratch: Float64Array,
    out: Int32Array,
  ): number {
    if (this.signal.detector.judges === 'Samples' && nowMs - this.#oldestMs <= staleAfterMs) return 0;
    let count = 0;
    let oldestMs = nowMs;
    // All times at once: a time that a function answers is an object each, of which there may be a million a second.
    this.hearing.readLastMs(live, length, scratch);
    for (let i = 0; i < length; i++) {
      const slot = live[i] as number;
      if (slot < 0) continue;
      const sampleMs = scratch[i] as number;
      const isFresh = nowMs - sampleMs <= staleAfterMs;
      if (isFresh && sampleMs < oldestMs) oldestMs = sampleMs;
      const is = (this.bank.firing[slot] === 0 ? 0 : fires) | (!isFresh && this.#canMiss(slot) ? misses : 0);
      if (is !== this.#noted[slot]) out[count++] = slot;
    }
    this.#oldestMs = oldestMs;
    return count;
  }

  /**
   * That the window asks for more samples than can come, at one a row and interval of the source, of these slots; but for
   * those that have as many, since a source may tell of changes besides.
   */
  starved(slots: Iterable<number>): StarvedSignal | undefined {
    const { name: signal, minSamples, windowSeconds } = this.signal;
    const { spanMs } = this.#window;
    if (spanMs === 0 || minSamples === 1) return undefined;
    let targets = 0;
    let mostSamples = 0;
    for (const slot of slots) {
      const intervalMs = this.#intervalOf(slot);
      if (intervalMs === 0 || !this.hearing.isHeard(slot)) continue;
      const most = (Math.floor(spanMs / intervalMs) + 1) * Math.max(1, this.hearing.rows(slot));
      if (most >= minSamples || this.#window.count(slot) >= minSamples) continue;
      targets++;
      mostSamples = Math.max(mostSamples, most);
    }
    return targets === 0 ? undefined : { signal, minSamples, windowSeconds, mostSamples, targets };
  }

  /** Whether the newest value of a slot comes of a sensor that seems to be stuck. */
  isStuck(slot: number): boolean {
    return this.flaws.seesStillness && this.#quality(slot).flatMs > 0;
  }

  /** The signal at a slot. */
  facts(slot: number, nowMs: number, staleAfterMs: number): SignalFacts {
    const firing = this.bank.firing[slot] !== 0;
    const missing = this.isMissing(slot, nowMs, staleAfterMs);
    const sure = firing ? this.bank.confidence(slot) : 0;
    const trust = firing ? this.#trust(slot, nowMs) : 0;
    return {
      firing,
      missing,
      value: missing ? NaN : this.#value(slot),
      confidence: sure * trust,
      // Of half of the samples, half as much is known.
      chance: !firing ? 1 : this.signal.detector.looksEveryMs === undefined ? 0 : Math.min(1, (1 - sure) / trust),
      samples: this.#measured(slot),
    };
  }

  evidence(slot: number, nowMs: number, staleAfterMs: number): Evidence {
    const { firing, confidence, samples } = this.facts(slot, nowMs, staleAfterMs);
    const { name, metric, aggregate, windowSeconds, detector } = this.signal;
    const log = this.hearing.isHeard(slot) ? this.hearing.log(slot) : undefined;
    return {
      signal: name,
      metric: metric.name,
      aggregate: aggregate.name,
      windowSeconds,
      value: this.#value(slot),
      threshold: detector.threshold,
      finding: firing ? this.bank.finding(slot) : '',
      firing,
      confidence,
      sinceMs: this.#flippedMs[slot] ?? nowMs,
      samples,
      quality: this.#quality(slot),
      source: log?.key ?? '',
      fromSequence: log?.sequenceAt(this.hearing.lastMs(slot) - this.#window.spanMs) ?? 0,
      toSequence: log?.lastSequence ?? 0,
    };
  }

  /** Reads each slot as of its newest sample, since time must not move windows; what is stale is no value. */
  #readFresh(slots: Int32Array, length: number, tMs: number, staleAfterMs: number, out: Float64Array): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const isFresh = slot >= 0 && this.hearing.isHeard(slot) && tMs - this.hearing.lastMs(slot) <= staleAfterMs;
      out[i] = isFresh ? this.#value(slot) : NaN;
    }
  }

  #value(slot: number): number {
    oneSlot[0] = slot;
    this.#window.read(oneSlot, 1, this.#newestMs(slot), oneValue);
    return oneValue[0] ?? NaN;
  }

  /**
   * What the confidence of the detector is multiplied by, for the samples it rests on: the share of those expected that
   * are there, where the first after a reset, an outlier, and one of a wrong time count half, and one that is made up a
   * quarter; without a window, one in so many as have come, infinite ones included, since the last that could be used;
   * half of that when the value stands still. A silence is certain only while its source speaks.
   */
  #trust(slot: number, nowMs: number): number {
    const log = this.hearing.log(slot);
    if (this.signal.detector.judges === 'Silence')
      return nowMs - (log?.lastFrameMs ?? -Infinity) <= 2 * (log?.intervalMs ?? 0) ? 1 : 0.5;
    const { resets, infinite, mistimed, outliers, imputed, flatMs } = this.#quality(slot);
    const expected = this.#expected(slot);
    const measured = this.#measured(slot);
    const held = measured - Math.min(measured, resets + mistimed + outliers) / 2 + imputed / 4;
    const share = this.#window.spanMs === 0 ? 1 / (1 + infinite) : expected <= 1 ? 1 : Math.min(1, held / expected);
    return flatMs > 0 ? share / 2 : share;
  }

  #quality(slot: number): SampleQuality {
    const newestMs = this.hearing.lastMs(slot);
    const { spanMs } = this.#window;
    const log = this.hearing.log(slot);
    const own = this.flaws.of(slot, newestMs, spanMs);
    return {
      ...own,
      missing: this.hearing.isHeard(slot) ? Math.max(0, this.#expected(slot) - this.#measured(slot)) : 0,
      late: own.late + (log?.lateAfter(newestMs - spanMs) ?? 0),
      mistimed: log?.mistimedAfter(newestMs - spanMs) ?? 0,
      imputed: this.#filling?.count(slot) ?? 0,
      skewMs: log?.skewMs ?? 0,
    };
  }

  /** Samples in the window that were not made up. */
  #measured(slot: number): number {
    return this.#window.count(slot) - (this.#filling?.count(slot) ?? 0);
  }

  #newestMs(slot: number): number {
    const measuredMs = this.hearing.lastMs(slot);
    return this.#filling === undefined ? measuredMs : Math.max(measuredMs, this.#filling.newestMs(slot));
  }

  readonly #intervalOf = (slot: number): number => this.hearing.log(slot)?.intervalMs ?? 0;

  /** One sample each interval of the source from each row, over the window less one pane; 0 without a window. */
  #expected(slot: number): number {
    const { spanMs, paneMs } = this.#window;
    const intervalMs = this.hearing.log(slot)?.intervalMs ?? 0;
    if (spanMs === 0 || intervalMs === 0) return 0;
    return Math.floor((spanMs - paneMs) / intervalMs) * Math.max(1, this.hearing.rows(slot));
  }
}
