import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { medianOf, select } from '../select.ts';
import { figureOf } from '../words.ts';
import { levelFor } from './change-point/run-length.ts';
import { detector, type Batch } from './detector.ts';
import { greatest, NumberBank } from './number-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires for a while when the level of the value has changed and stays changed: after a release, a failover, a lost cache. It needs 100 values to learn. Example: {minDeviation: "10%", direction: Above}.',
  required: ['minDeviation'],
  properties: {
    minDeviation: quantity('The smallest change of the level that matters, in the unit of the value, such as "10%".'),
    direction: {
      type: 'string',
      enum: ['Above', 'Below', 'Both'],
      default: 'Both',
      description: 'Which way the level has changed. Example: Above.',
    },
    everySeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 3600,
      default: 10,
      description: 'How often the aggregate is looked at; best as long as the window. Example: 60.',
    },
    holdSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 86_400,
      default: 300,
      description: 'It fires for so long; then the new level is the usual one. Example: 600.',
    },
    falseAlarmsPerWeek: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 1,
      description: 'How many false alarms a week you accept of one target whose values are mere noise. Example: 1.',
    },
  },
} as const;

const learningValues = 100;
/** The usual level is the mean of about so many values. */
const memory = 1000;
const clip = 4;
/** Of the last so many values all but two are beyond what matters: a few wild ones are no level. */
const newest = 8;
const strays = 2;
/** Deviations of the noise that a change is tuned to, halved: the reference value k of the sum. */
const reference = 0.5;
const secondsPerWeek = 604_800;

/**
 * Fires when the level changes: two cumulative sums (Page 1954, "Continuous inspection schemes") of how far values,
 * in deviations from the usual level and clipped at 4, are beyond half a deviation. The sum since it was last 0 is the
 * logarithm of the likelihood ratio of a change by one deviation against none; how high it must be follows from the
 * false alarms that are accepted (Siegmund 1985, see run-length.ts). A change began where the sum was last 0. Values that follow from each other raise more:
 * look less often.
 */
export const changePoint = detector({
  schema,
  compile({ minDeviation, direction, everySeconds, holdSeconds, falseAlarmsPerWeek }, { unit }) {
    const least = quantityNumber(minDeviation);
    if (least <= 0) return [{ path: 'minDeviation', message: 'must be more than 0' }];
    const up = direction !== 'Below';
    const down = direction !== 'Above';
    const valuesPerAlarm = secondsPerWeek / everySeconds / falseAlarmsPerWeek;
    const limit = levelFor(valuesPerAlarm * (up && down ? 2 : 1), reference);
    const ways = { Above: 'up', Below: 'down', Both: 'up or down' } as const;
    return {
      threshold: `the level goes ${ways[direction]} by ${minDeviation} or more`,
      judges: 'Samples',
      looksEveryMs: everySeconds * 1000,
      create: () =>
        new ChangePointBank({ up, down, least, limit, everyMs: everySeconds * 1000, holdMs: holdSeconds * 1000, unit }),
    };
  },
});

interface Watch {
  readonly up: boolean;
  readonly down: boolean;
  readonly least: number;
  readonly limit: number;
  readonly everyMs: number;
  readonly holdMs: number;
  readonly unit: string;
}

// Where the numbers of a slot stand: the usual level, two runs, and the last change.
const count = 0;
const mean = 1;
const variance = 2;
const dueMs = 3;
const untilMs = 4;
const surety = 5;
const before = 6;
const after = 7;
const changedMs = 8;
const last = 9;
const above = last + newest;
const runSize = 2;
const below = above + runSize;
const size = below + runSize;
// Of a run: its cumulative sum, and when it began.
const cumulated = 0;
const sinceMs = 1;

class ChangePointBank extends NumberBank {
  readonly #watch: Watch;
  /** Room for the last values of one slot. */
  readonly #sorted = new Float64Array(newest);

  constructor(watch: Watch) {
    super(size);
    this.#watch = watch;
  }

  judge({ slots, length, values, tMs }: Batch): boolean {
    const { everyMs } = this.#watch;
    const state = this.state;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (slot < 0 || !(Math.abs(value) <= greatest)) continue;
      const at = slot * size;
      if (tMs >= (state[at + untilMs] as number)) this.firing[slot] = 0;
      if (tMs < (state[at + dueMs] as number)) continue;
      state[at + dueMs] = (Math.floor(tMs / everyMs) + 1) * everyMs;
      this.#take(slot, at, value, tMs);
    }
    return true;
  }

  confidence(slot: number): number {
    return this.state[slot * size + surety] ?? 0;
  }

  finding(slot: number): string {
    const at = slot * size;
    const from = this.state[at + before] ?? 0;
    const to = this.state[at + after] ?? 0;
    const { unit } = this.#watch;
    const when = new Date(this.state[at + changedMs] ?? 0).toISOString().slice(11, 19);
    return `${to > from ? 'rose' : 'fell'} from ${figureOf(from, unit)} to ${figureOf(to, unit)} since about ${when} UTC`;
  }

  #take(slot: number, at: number, value: number, tMs: number): void {
    const { up, down, least } = this.#watch;
    const state = this.state;
    const seen = state[at + count] as number;
    const off = value - (state[at + mean] as number);
    state[at + last + (seen % newest)] = value;
    // A flat series has no noise: then a change that matters is two deviations.
    const deviation = Math.max(Math.sqrt(state[at + variance] as number), least / 2);
    if (seen >= learningValues) {
      const z = Math.max(-clip, Math.min(clip, off / deviation));
      if (up && this.#follow(slot, at, above, z, tMs)) return;
      if (down && this.#follow(slot, at, below, -z, tMs)) return;
    }
    this.#learn(at, seen < 10 ? off : Math.max(-clip * deviation, Math.min(clip * deviation, off)));
  }

  /** Adds to one of the runs, `above` or `below`; answers whether it has become a change. */
  #follow(slot: number, at: number, way: number, z: number, tMs: number): boolean {
    const state = this.state;
    const s = (state[at + way + cumulated] as number) + z - reference;
    if (s <= 0) {
      state.fill(0, at + way, at + way + runSize);
      return false;
    }
    if (state[at + way + cumulated] === 0) state[at + way + sinceMs] = tMs;
    state[at + way + cumulated] = s;
    if (s < this.#watch.limit || !this.#hasMoved(at, way)) return false;
    this.firing[slot] = 1;
    // Noise drives a likelihood ratio beyond c with a chance of 1/c at most (Ville 1939).
    state[at + surety] = 1 - Math.exp(-s);
    state[at + untilMs] = tMs + this.#watch.holdMs;
    state[at + before] = state[at + mean] as number;
    const first = way === above ? strays : 0;
    state[at + after] = medianOf(this.#sorted, first, first + newest - strays);
    state[at + changedMs] = state[at + way + sinceMs] as number;
    // What is usual from now on is learnt anew.
    state[at + count] = 0;
    state.fill(0, at + last, at + size);
    return true;
  }

  /** Whether nearly all of the last values are so far away that it matters; leaves them in `sorted`. */
  #hasMoved(at: number, way: number): boolean {
    const { least } = this.#watch;
    const usual = this.state[at + mean] as number;
    for (let i = 0; i < newest; i++) this.#sorted[i] = this.state[at + last + i] as number;
    return way === above
      ? select(this.#sorted, 0, newest, strays) - usual >= least
      : usual - select(this.#sorted, 0, newest, newest - 1 - strays) >= least;
  }

  /** Moves the usual level, and the noise around it, by a value that is `off`. */
  #learn(at: number, off: number): void {
    const state = this.state;
    const seen = (state[at + count] as number) + 1;
    const weight = 1 / Math.min(seen, memory);
    state[at + count] = seen;
    state[at + mean] = (state[at + mean] as number) + weight * off;
    state[at + variance] = (1 - weight) * ((state[at + variance] as number) + weight * off * off);
  }
}
