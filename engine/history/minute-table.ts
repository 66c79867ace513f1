/**
 * The sketches of all series in one minute, while it lasts. A sample costs a few array accesses and allocates nothing: the
 * buckets that a series has had in the minute before lie ready, side by side; only a value beyond them makes room.
 */
import { bucketOf, finest, least, offsetOf, shiftOf } from '../sketch/buckets.ts';
import { fitted, mostSpan, type Sketch } from '../sketch/sketch.ts';
import type { Values } from '../windows/window.ts';

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
const highWord = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
/** What is larger falls into the last bucket there is, as `bucketOf` says. */
const beyond = 2 ** 88;

/** Of each series, in `#numbers`. */
const [sum, min, max, zeros, numbersEach] = [0, 1, 2, 3, 4];
/** Of each series, in `#blocks`: where its counts begin, the first bucket, how many there are, the shift for its resolution. */
const [at, base, length, shift, blockEach] = [0, 1, 2, 3, 4];
/** Counts of a series are a multiple of so many. */
const step = 16;
/** In every so manieth minute the counts are laid out anew, as near to each other as they can be. */
const layEveryMinutes = 16;
const full = 65_535;

export class MinuteTable {
  /** Minutes since the epoch. */
  readonly minute: number;
  #numbers = new Float64Array(0);
  #blocks = new Int32Array(0);
  #counts = new Uint16Array(4096);
  #used = 0;
  #series = 0;
  /** Negative numbers are seldom: by series, how many in which bucket. */
  readonly #negative = new Map<number, Map<number, number>>();
  /** What a count was when it was full, and began anew: by series and bucket. */
  readonly #carried = new Map<number, Map<number, number>>();

  constructor(minute: number, before?: MinuteTable) {
    this.minute = minute;
    if (before !== undefined) this.#prepare(before);
  }

  /** Makes room for series 0 to `count` - 1. */
  grow(count: number): void {
    if (count <= this.#series) return;
    if (count * numbersEach > this.#numbers.length) {
      const room = Math.max(64, 2 * count);
      const numbers = new Float64Array(room * numbersEach);
      const blocks = new Int32Array(room * blockEach);
      numbers.set(this.#numbers);
      blocks.set(this.#blocks);
      this.#numbers = numbers;
      this.#blocks = blocks;
    }
    for (let series = this.#series; series < count; series++) this.#clear(series);
    this.#series = count;
  }

  /** Adds `values[i]` to the sketch of `series[i]`, for those that have one (not -1); what is not finite is left out. */
  add(series: Int32Array, values: Values, size: number): void {
    const numbers = this.#numbers;
    const blocks = this.#blocks;
    let counts = this.#counts;
    for (let i = 0; i < size; i++) {
      const one = series[i] as number;
      if (one < 0) continue;
      const value = values[i] as number;
      if (value - value !== 0) continue;
      const n = one * numbersEach;
      numbers[n] = (numbers[n] as number) + value;
      if (value < (numbers[n + min] as number)) numbers[n + min] = value;
      if (value > (numbers[n + max] as number)) numbers[n + max] = value;
      if (value < least) {
        if (value > -least) numbers[n + zeros] = (numbers[n + zeros] as number) + 1;
        else this.#addNegative(one, value);
        continue;
      }
      const b = one * blockEach;
      float[0] = value;
      const place = ((words[highWord] as number) >>> (blocks[b + shift] as number)) - (blocks[b + base] as number);
      if (place >>> 0 < (blocks[b + length] as number) && value < beyond) {
        const index = (blocks[b + at] as number) + place;
        const count = counts[index] as number;
        if (count === full) this.#carry(one, index);
        counts[index] = count === full ? 1 : count + 1;
      } else {
        this.#addBeyond(one, value);
        counts = this.#counts;
      }
    }
  }

  /** Buckets there is room for, of all series. */
  get room(): number {
    return this.#counts.length;
  }

  /** Whether a series has had a number. */
  has(series: number): boolean {
    return series < this.#series && this.#numbers[series * numbersEach + min] !== Infinity;
  }

  /** What a series has come to; undefined without a number. */
  sketch(series: number): Sketch | undefined {
    if (!this.has(series)) return undefined;
    const n = series * numbersEach;
    const numbers = this.#numbers.subarray(n, n + numbersEach);
    const buckets: number[] = [];
    const counts: number[] = [];
    const put = (bucket: number, count: number): void => {
      if (count === 0) return;
      buckets.push(bucket);
      counts.push(count);
    };
    const resolution = this.#resolution(series);
    const negative = [...(this.#negative.get(series) ?? [])].toSorted(([one], [other]) => one - other);
    // Negative ones are counted at the finest resolution; a sketch has one for all.
    const below = new Map<number, number>();
    for (const [bucket, count] of negative) {
      const value = bucketAt(bucket, resolution);
      below.set(value, (below.get(value) ?? 0) + count);
    }
    for (const [bucket, count] of below) put(bucket, count);
    put(0, numbers[zeros] as number);
    const [from, first, size] = this.#block(series);
    const carried = this.#carried.get(series);
    for (let i = 0; i < size; i++) put(first + i, (this.#counts[from + i] as number) + (carried?.get(first + i) ?? 0));
    return fitted({
      resolution,
      buckets: Int32Array.from(buckets),
      counts: Float64Array.from(counts),
      count: 0,
      sum: numbers[sum] as number,
      min: numbers[min] as number,
      max: numbers[max] as number,
    });
  }

  /** Where the counts of a series begin, its first bucket, and how many there are. */
  #block(series: number): [from: number, first: number, size: number] {
    const b = series * blockEach;
    const blocks = this.#blocks;
    const first = (blocks[b + base] as number) - offsetOf(this.#resolution(series));
    return [blocks[b + at] as number, first, blocks[b + length] as number];
  }

  #resolution(series: number): number {
    return shiftOf(this.#blocks[series * blockEach + shift] as number);
  }

  #clear(series: number): void {
    const n = series * numbersEach;
    this.#numbers[n] = 0;
    this.#numbers[n + min] = Infinity;
    this.#numbers[n + max] = -Infinity;
    this.#numbers[n + zeros] = 0;
    this.#clearBlock(series * blockEach);
  }

  #clearBlock(b: number): void {
    this.#blocks[b + at] = 0;
    this.#blocks[b + base] = 0;
    this.#blocks[b + length] = 0;
    this.#blocks[b + shift] = shiftOf(finest);
  }

  /** The count at an index is full. */
  #carry(series: number, index: number): void {
    const [from, first] = this.#block(series);
    this.#addCarried(series, first + index - from, full);
  }

  #addCarried(series: number, bucket: number, count: number): void {
    const carried = this.#carried.get(series) ?? new Map<number, number>();
    carried.set(bucket, (carried.get(bucket) ?? 0) + count);
    this.#carried.set(series, carried);
  }

  #addNegative(series: number, value: number): void {
    const counts = this.#negative.get(series) ?? new Map<number, number>();
    const bucket = bucketOf(value, finest);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    this.#negative.set(series, counts);
  }

  /** A value beyond the buckets of its series: makes room, at a coarser resolution if the span asks for it. */
  #addBeyond(series: number, value: number): void {
    const occupied = this.#occupied(series);
    let resolution = this.#resolution(series);
    const bucket = bucketOf(value, resolution);
    let [low, high] = [Math.min(occupied.low, bucket), Math.max(occupied.high, bucket)];
    for (; high - low >= mostSpan; resolution--) [low, high] = [(low + 1) >> 1, (high + 1) >> 1];
    const [, before, size] = this.#block(series);
    // What is larger than all buckets comes here although there is room.
    if (bucket < before || bucket >= before + size) this.#move(series, resolution, low, high);
    this.#addTo(series, bucketOf(value, resolution), 1);
  }

  /** Adds to a bucket that there is room for. */
  #addTo(series: number, bucket: number, more: number): void {
    const [from, first] = this.#block(series);
    const index = from + bucket - first;
    const count = (this.#counts[index] as number) + more;
    if (count > full) this.#carry(series, index);
    this.#counts[index] = count > full ? count - full : count;
  }

  /** The first and the last bucket with a number; Infinity and -Infinity without one. */
  #occupied(series: number): { low: number; high: number } {
    const [from, first, size] = this.#block(series);
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < size; i++) {
      if (this.#counts[from + i] === 0) continue;
      if (low === Infinity) low = first + i;
      high = first + i;
    }
    return { low, high };
  }

  /** Gives a series other counts, from `low` to `high` with some room on both sides, and takes over what it has. */
  #move(series: number, resolution: number, low: number, high: number): void {
    const [oldFrom, oldFirst, oldSize] = this.#block(series);
    const old = this.#resolution(series);
    this.#lay(series, resolution, low, high);
    const moved = (bucket: number): number => {
      let result = bucket;
      for (let each = old; each > resolution; each--) result = (result + 1) >> 1;
      return result;
    };
    for (let i = 0; i < oldSize; i++) {
      const count = this.#counts[oldFrom + i] as number;
      if (count > 0) this.#addTo(series, moved(oldFirst + i), count);
    }
    const carried = this.#carried.get(series);
    this.#carried.delete(series);
    for (const [bucket, count] of carried ?? []) this.#addCarried(series, moved(bucket), count);
  }

  /** Lays out empty counts for a series that hold `low` to `high`. */
  #lay(series: number, resolution: number, low: number, high: number): void {
    const size = Math.min(mostSpan, step * Math.ceil((1.25 * (high - low + 1)) / step));
    const first = low - ((size - (high - low + 1)) >> 1);
    const from = this.#used;
    this.#used += size;
    if (this.#used > this.#counts.length) {
      const larger = new Uint16Array(Math.ceil(1.5 * this.#used));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#blocks.set([from, first + offsetOf(resolution), size, shiftOf(resolution)], series * blockEach);
  }

  /** Lays the buckets ready that each series has had. At a coarser resolution it begins with none: it may not need it now. */
  #prepare(before: MinuteTable): void {
    this.#counts = new Uint16Array(Math.max(4096, before.#used));
    this.grow(before.#series);
    if (this.minute % layEveryMinutes !== 0) {
      this.#used = before.#used;
      const fine = shiftOf(finest);
      this.#blocks.set(before.#blocks.subarray(0, before.#series * blockEach));
      for (let b = 0; b < before.#series * blockEach; b += blockEach)
        if (this.#blocks[b + shift] !== fine) this.#clearBlock(b);
      return;
    }
    for (let series = 0; series < before.#series; series++) {
      const { low, high } = before.#occupied(series);
      if (low <= high && before.#resolution(series) === finest) this.#lay(series, finest, low, high);
    }
  }
}

/** A bucket of the finest resolution at another one. */
const bucketAt = (bucket: number, resolution: number): number => {
  let result = bucket;
  for (let each = finest; each > resolution; each--) result = -((1 - result) >> 1);
  return result;
};
