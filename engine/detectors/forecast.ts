import { normalBelow } from '../normal.ts';
import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { medianOf } from '../select.ts';
import { changeOf, durationOf } from '../words.ts';
import { detector, type Batch } from './detector.ts';
import { greatest, NumberBank } from './number-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires when the value, going on as it does, reaches a level soon. Example: {reaches: "100%", withinSeconds: 900}.',
  required: ['reaches', 'withinSeconds'],
  properties: {
    reaches: quantity(
      'The level, in the unit of the value; for a limit take a metric that is a share of it, such as k8s.container.memory.limit_utilization with "100%".',
    ),
    withinSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 2_592_000,
      description: 'It fires when the level is no further away than this, in seconds. Example: 900.',
    },
    overSeconds: {
      type: 'integer',
      minimum: 24,
      maximum: 86_400,
      default: 300,
      description:
        'The past from which the trend is taken, in seconds; longer than any rhythm of the value, such as that of a garbage collector. Example: 600.',
    },
    direction: {
      type: 'string',
      enum: ['Rising', 'Falling'],
      default: 'Rising',
      description: 'Which way the level is approached; Falling for what runs out. Example: Falling.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.overSeconds) || self.withinSeconds <= 24 * self.overSeconds',
      message:
        'must not be more than 24 times overSeconds: no trend says anything of a time that is so far away; raise overSeconds',
      fieldPath: '.withinSeconds',
    },
  ],
} as const;

/** The past is kept as so many points, each the mean of its part. */
const points = 24;
const fewest = points / 2;
/** So sure it must be to fire; and how sure, and how near, it must remain. */
const begins = 0.95;
const stays = 0.8;
const slack = 1.25;

/**
 * Fires when a level will be reached soon. The trend is the median of the slopes between all pairs of points (Theil
 * 1950; Sen 1968, "Estimates of the regression coefficient based on Kendall's tau"), which up to 29 % of wild points do
 * not move; of that and the same over the newer half the slower one counts, so that what has levelled off is no leak.
 * How sure it is that the slope suffices says the test that belongs to that estimate (Sen 1968): Kendall's rank
 * correlation of what remains when the least slope that would suffice, from the middle of the points on, is taken away,
 * by its normal approximation without the correction for ties, which would only make it surer. Its deviation is widened
 * for what is not known of the middle, and for points that follow from each other, as far as can be seen in so few: by
 * √((1 + r)/(1 - r)), where r is the correlation of neighbours about the line (Bartlett 1935; Hamed and Rao 1998, "A
 * modified Mann-Kendall trend test for autocorrelated data"), up to 0.8. A random walk still looks surer than it is.
 */
export const forecast = detector({
  schema,
  compile({ reaches, withinSeconds, overSeconds, direction }, { unit }) {
    const level = quantityNumber(reaches);
    return {
      threshold: `${direction === 'Rising' ? 'rises' : 'falls'} to ${reaches} within ${withinSeconds} s`,
      judges: 'Samples',
      looksEveryMs: (overSeconds * 1000) / points,
      create: () =>
        new ForecastBank({ level, sign: direction === 'Rising' ? 1 : -1, withinSeconds, overSeconds, reaches, unit }),
    };
  },
});

/** What is foreseen. */
interface Prospect {
  readonly level: number;
  readonly sign: 1 | -1;
  readonly withinSeconds: number;
  readonly overSeconds: number;
  /** The level as it was written. */
  readonly reaches: string;
  readonly unit: string;
}

// Where the numbers of a slot stand: a ring of points, the part that is being filled, what the last fit said.
const times = 0;
const values = points;
const held = 2 * points;
const partCount = held + 1;
const partTime = partCount + 1;
const partValue = partTime + 1;
const partEnds = partValue + 1;
const rise = partEnds + 1;
const left = rise + 1;
const surety = left + 1;
const size = surety + 1;

class ForecastBank extends NumberBank {
  readonly #prospect: Prospect;
  readonly #partMs: number;
  /** Room for one fit. */
  readonly #t = new Float64Array(points);
  readonly #x = new Float64Array(points);
  readonly #slopes = new Float64Array((points * (points - 1)) / 2);

  constructor(prospect: Prospect) {
    super(size);
    this.#prospect = prospect;
    this.#partMs = (prospect.overSeconds * 1000) / points;
  }

  judge({ slots, length, values: given, tMs }: Batch): boolean {
    let any = 0;
    const state = this.state;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = given[i] as number;
      if (slot < 0) continue;
      any |= this.firing[slot] as number;
      if (!(Math.abs(value) <= greatest)) continue;
      const at = slot * size;
      if (tMs >= (state[at + partEnds] as number)) {
        this.#endPart(slot, at, tMs);
        any |= this.firing[slot] as number;
      }
      state[at + partCount] = (state[at + partCount] as number) + 1;
      state[at + partTime] = (state[at + partTime] as number) + tMs;
      state[at + partValue] = (state[at + partValue] as number) + value;
    }
    return any !== 0;
  }

  confidence(slot: number): number {
    return this.state[slot * size + surety] ?? 0;
  }

  finding(slot: number): string {
    const { reaches, unit, sign } = this.#prospect;
    const seconds = this.state[slot * size + left] ?? 0;
    if (seconds === 0) return `is ${sign > 0 ? 'at' : 'down to'} ${reaches}`;
    const aMinute = (this.state[slot * size + rise] ?? 0) * 60;
    return `reaches ${reaches} in ${durationOf(seconds)} at ${changeOf(aMinute, `${unit}/min`)}`;
  }

  /** Makes a point of the part that is full, fits, and begins the next part. */
  #endPart(slot: number, at: number, tMs: number): void {
    const state = this.state;
    const count = state[at + partCount] as number;
    const next = (state[at + partEnds] as number) + this.#partMs;
    state[at + partEnds] = tMs < next ? next : tMs + this.#partMs;
    if (count === 0) return;
    const to = at + ((state[at + held] as number) % points);
    state[to + times] = (state[at + partTime] as number) / count;
    state[to + values] = (state[at + partValue] as number) / count;
    state[at + held] = (state[at + held] as number) + 1;
    state.fill(0, at + partCount, at + partEnds);
    const was = this.firing[slot] !== 0;
    const horizon = this.#prospect.withinSeconds * (was ? slack : 1);
    this.#fit(at, tMs, horizon);
    const isSure = (state[at + surety] as number) >= (was ? stays : begins);
    this.firing[slot] = isSure && (state[at + left] as number) <= horizon ? 1 : 0;
  }

  /** Says when the points that are not too old lead to the level; without enough of them nothing is sure. */
  #fit(at: number, tMs: number, horizon: number): void {
    const { level, sign, overSeconds } = this.#prospect;
    const state = this.state;
    const count = this.#gather(at, tMs - overSeconds * 1000 - this.#partMs);
    state[at + surety] = 0;
    state[at + left] = Infinity;
    if (count < fewest) return;
    // Nearly always a look suffices: even from the nearest of the points the level is too far away.
    const nearest = this.#nearest(count);
    if (nearest > 0 && this.#exceeds(count, sign, nearest / (horizon + (2 * this.#partMs) / 1000)) < stays) return;
    const all = this.#slope(0, count);
    const newer = this.#slope(count >> 1, count);
    const slower = sign * all < sign * newer ? all : newer;
    const t = this.#t;
    const x = this.#x;
    // Where the line stands now, by the newer half.
    const half = count >> 1;
    for (let i = half; i < count; i++)
      this.#slopes[i - half] = (x[i] as number) + (slower * (tMs - (t[i] as number))) / 1000;
    const ahead = sign * (level - medianOf(this.#slopes, 0, count - half));
    state[at + rise] = slower;
    state[at + left] = ahead <= 0 ? 0 : sign * slower > 0 ? ahead / (sign * slower) : Infinity;
    state[at + surety] = ahead <= 0 ? 1 : this.#suffices(count, all, tMs + horizon * 1000);
  }

  /** How sure it is that the points, of which `slope` is the trend, go to the level until `tMs`. */
  #suffices(count: number, slope: number, tMs: number): number {
    const { level, sign } = this.#prospect;
    const t = this.#t;
    const off = this.#slopes;
    let middleMs = 0;
    for (let i = 0; i < count; i++) middleMs += (t[i] as number) / count;
    for (let i = 0; i < count; i++) off[i] = (this.#x[i] as number) - (slope * ((t[i] as number) - middleMs)) / 1000;
    const middle = medianOf(off, 0, count);
    const least = (sign * (level - middle) * 1000) / (tMs - middleMs);
    let spread = 0;
    for (let i = 0; i < count; i++) spread += ((t[i] as number) - middleMs) ** 2 / count;
    const widening = Math.sqrt(1 + spread / (tMs - middleMs) ** 2) * this.#dependence(count, slope, middle, middleMs);
    return this.#exceeds(count, sign, least, widening);
  }

  /** By how much a trend of points that follow from each other strays more than that of others. */
  #dependence(count: number, slope: number, middle: number, middleMs: number): number {
    let products = 0;
    let squares = 0;
    let before = 0;
    for (let i = 0; i < count; i++) {
      const line = middle + (slope * ((this.#t[i] as number) - middleMs)) / 1000;
      const off = (this.#x[i] as number) - line;
      products += off * before;
      squares += off * off;
      before = off;
    }
    // A line through so few points takes some of the correlation away.
    const r = squares === 0 ? 0 : ((products / squares) * count + 2) / (count - 4);
    const seen = Math.max(0, Math.min(0.8, r));
    return Math.sqrt((1 + seen) / (1 - seen));
  }

  /** How far away the level is from the nearest of the newer half of the points. */
  #nearest(count: number): number {
    const { level, sign } = this.#prospect;
    let ahead = Infinity;
    for (let i = count >> 1; i < count; i++) ahead = Math.min(ahead, sign * (level - (this.#x[i] as number)));
    return ahead;
  }

  /** Copies the points since `sinceMs`, the oldest first; answers how many. */
  #gather(at: number, sinceMs: number): number {
    const state = this.state;
    const put = state[at + held] as number;
    let count = 0;
    for (let k = Math.max(0, put - points); k < put; k++) {
      const from = at + (k % points);
      if ((state[from + times] as number) < sinceMs) continue;
      this.#t[count] = state[from + times] as number;
      this.#x[count++] = state[from + values] as number;
    }
    return count;
  }

  /** The median of the slopes a second between points `from` to before `end`. */
  #slope(from: number, end: number): number {
    let pairs = 0;
    for (let i = from; i < end; i++)
      for (let j = i + 1; j < end; j++) {
        const ms = (this.#t[j] as number) - (this.#t[i] as number);
        if (ms > 0) this.#slopes[pairs++] = (((this.#x[j] as number) - (this.#x[i] as number)) * 1000) / ms;
      }
    return pairs === 0 ? 0 : medianOf(this.#slopes, 0, pairs);
  }

  /** How sure it is that the points go the way of `sign` faster than `slope` a second: 0.5 when nothing speaks for it. */
  #exceeds(count: number, sign: 1 | -1, slope: number, widening = 1): number {
    let score = 0;
    for (let i = 0; i < count; i++)
      for (let j = i + 1; j < count; j++) {
        const seconds = ((this.#t[j] as number) - (this.#t[i] as number)) / 1000;
        score += Math.sign(sign * ((this.#x[j] as number) - (this.#x[i] as number)) - slope * seconds);
      }
    const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
    return normalBelow((score - 1) / (deviation * widening));
  }
}
