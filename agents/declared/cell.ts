import type { DeclaredMetric } from '../../engine/declared.ts';

/** Series of one metric of one row that are known at once; more are refused. */
export const mostSeries = 500;

interface Series {
  value: number;
  /** By the monotonic clock. */
  untilMs: number;
  /** When it was 0, of a count; when it was measured, of others; by the clock of whoever tells it. */
  atMs: number;
}

/** What is said of a count beside its value. */
export interface Counted {
  /**
   * A cumulative count has risen to `value` since `sinceMs`, which is another time when it began again. `isWhole`: it
   * began after this cell, so that all of it has happened since; else only how it rises from now on is known.
   */
  readonly sinceMs?: number;
  readonly isWhole: boolean;
}

/**
 * One metric of one row, whatever series tell it. A gauge is what they add up to, or the greatest or least of them. A
 * counter is our own: the sum of what each has risen by since the agent knows it, so that a series that comes, goes or
 * begins again makes no step in it.
 */
export class Cell {
  readonly #combine: DeclaredMetric['combine'];
  readonly #counts: boolean;
  readonly #series = new Map<string, Series>();
  #total = 0;

  constructor({ combine, kind }: Pick<DeclaredMetric, 'combine' | 'kind'>) {
    this.#combine = combine;
    this.#counts = kind === 'counter';
  }

  /** A level at `atMs`, which holds until `untilMs`, unless a newer one is known. False when there are too many series. */
  level(key: string, value: number, atMs: number, nowMs: number, untilMs: number): boolean {
    const series = this.#known(key, nowMs);
    if (series === undefined) return false;
    if (!(atMs < series.atMs)) Object.assign(series, { value, untilMs, atMs });
    return true;
  }

  /** A count that only rises, or begins again at 0. False when there are too many series. */
  count(key: string, value: number, { sinceMs = NaN, isWhole }: Counted, nowMs: number, untilMs: number): boolean {
    const isNew = !this.#series.has(key);
    const series = this.#known(key, nowMs);
    if (series === undefined) return false;
    const beganAgain = value < series.value || (sinceMs > series.atMs && !isNew);
    if (isNew) this.#total += isWhole ? value : 0;
    else this.#total += beganAgain ? value : value - series.value;
    Object.assign(series, { value, untilMs, atMs: sinceMs });
    return true;
  }

  /** What has come to a count until `atMs`; what is told twice counts once. False when there are too many series. */
  add(key: string, value: number, atMs: number, nowMs: number, untilMs: number): boolean {
    const series = this.#known(key, nowMs);
    if (series === undefined) return false;
    if (!(atMs <= series.atMs)) {
      this.#total += value;
      Object.assign(series, { value, untilMs, atMs });
    }
    return true;
  }

  /** It is told no more. What a count was is kept, should it go on. */
  end(key: string): void {
    const series = this.#series.get(key);
    if (series !== undefined) series.untilMs = -Infinity;
  }

  /** NaN when nothing that holds has been told. */
  value(nowMs: number): number {
    let combined = NaN;
    for (const { value, untilMs } of this.#series.values()) {
      if (untilMs < nowMs) continue;
      if (this.#counts) return this.#total;
      if (Number.isNaN(combined)) combined = value;
      else if (this.#combine === 'Sum') combined += value;
      else combined = this.#combine === 'Max' ? Math.max(combined, value) : Math.min(combined, value);
    }
    return combined;
  }

  #known(key: string, nowMs: number): Series | undefined {
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= mostSeries)
      for (const [old, { untilMs }] of this.#series) if (untilMs < nowMs) this.#series.delete(old);
    if (this.#series.size >= mostSeries) return undefined;
    const series = { value: NaN, untilMs: nowMs, atMs: NaN };
    this.#series.set(key, series);
    return series;
  }
}
