import type { Values } from '../windows/window.ts';

/** A series of a source: one row, as long as it exists. */
export interface SeriesKey {
  readonly row: string;
  /** What follows itself under new rows, such as a container that is restarted under a new id. */
  readonly successive?: string | undefined;
}

const keptMs = 600_000;

/**
 * Makes increases of the counters that a source tells, one series for each row and metric:
 *
 * - The first value of a series is where it begins, not an increase: a counter that appears at 3 has not risen by 3.
 * - A value less than the one before is a new beginning at zero: it is the increase itself.
 * - A row that succeeds another one, such as the new container of a restarted one, begins at zero too: what it has
 *   counted before its first sample, or before it was known whose successor it is, happened after the restart.
 *
 * Series outlive keyframes and restarts of the sender; one that is told of no more is forgotten after ten minutes.
 */
export class Counters {
  readonly #series = new Map<string, Series>();
  /** How many series there are of each name in `SeriesKey.successive`. */
  readonly #named = new Map<string, number>();
  readonly #free: number[] = [];
  #used = 0;
  /** For each metric, the last value of each series; NaN before the first. */
  readonly #last = new Map<string, Float64Array>();

  /** Says which rows there are now. Answers the series of each, for `increases`; -1 for undefined rows. */
  open(rows: readonly (SeriesKey | undefined)[], nowMs: number): Int32Array {
    this.#forget(new Set(rows.map((key) => key?.row)), nowMs);
    const known = new Set(this.#named.keys());
    const opened = Int32Array.from(rows, (key) => (key === undefined ? -1 : this.#open(key, known)));
    for (const [metric, last] of this.#last) this.#last.set(metric, this.#fitted(last));
    for (const series of this.#series.values()) {
      const { begins } = series;
      if (begins === undefined) continue;
      for (const last of this.#last.values()) last[series.index] = begins;
      series.begins = undefined;
    }
    return opened;
  }

  /** Forgets the metrics that are not wanted: what a counter rises by while nobody looks is no increase later. */
  keep(wanted: ReadonlySet<string>): void {
    for (const metric of this.#last.keys()) if (!wanted.has(metric)) this.#last.delete(metric);
  }

  /**
   * Writes to `out[i]` by how much `series[i]` has risen to `values[i]`; 0 at its first value, NaN at none. Answers how
   * many of them are less than before, and writes each such i to `resets`.
   */
  increases(
    metric: string,
    series: Int32Array,
    values: Values,
    length: number,
    out: Float64Array,
    resets?: Int32Array,
  ): number {
    let count = 0;
    let last = this.#last.get(metric);
    if (last === undefined) {
      last = this.#fitted(new Float64Array(0));
      this.#last.set(metric, last);
    }
    for (let i = 0; i < length; i++) {
      const index = series[i] as number;
      const value = values[i] as number;
      out[i] = NaN;
      if (index < 0 || Number.isNaN(value)) continue;
      const before = last[index] as number;
      if (value >= before) out[i] = value - before;
      else if (Number.isNaN(before)) out[i] = 0;
      else {
        out[i] = value;
        if (resets !== undefined) resets[count] = i;
        count++;
      }
      last[index] = value;
    }
    return count;
  }

  #open({ row, successive }: SeriesKey, known: ReadonlySet<string>): number {
    let series = this.#series.get(row);
    if (series === undefined) {
      series = { index: this.#free.pop() ?? this.#used++, goneMs: NaN, successive: undefined, begins: NaN };
      this.#series.set(row, series);
    }
    series.goneMs = NaN;
    // A row may be identified some time after it appeared; what it told until then was counted for nobody.
    if (successive !== undefined && series.successive === undefined) {
      series.successive = successive;
      if (known.has(successive)) series.begins = 0;
      this.#named.set(successive, (this.#named.get(successive) ?? 0) + 1);
    }
    return series.index;
  }

  #forget(present: ReadonlySet<string | undefined>, nowMs: number): void {
    for (const [row, series] of this.#series) {
      if (present.has(row)) continue;
      if (Number.isNaN(series.goneMs)) series.goneMs = nowMs;
      if (nowMs - series.goneMs < keptMs) continue;
      this.#series.delete(row);
      this.#free.push(series.index);
      if (series.successive === undefined) continue;
      const others = (this.#named.get(series.successive) ?? 1) - 1;
      if (others > 0) this.#named.set(series.successive, others);
      else this.#named.delete(series.successive);
    }
  }

  #fitted(last: Float64Array): Float64Array {
    if (last.length >= this.#used) return last;
    const larger = new Float64Array(Math.max(this.#used, 2 * last.length)).fill(NaN);
    larger.set(last);
    return larger;
  }
}

interface Series {
  readonly index: number;
  /** Since when its row is no more; NaN while it is. */
  goneMs: number;
  successive: string | undefined;
  /** What its next values are compared with; undefined when that is the last one. */
  begins: number | undefined;
}
