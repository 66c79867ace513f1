import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { alarmAt, alarms, alarmSize, fadingOf } from './anomaly/alarm.ts';
import { comparedBy, hasLearnt, look, Sight, viewsSize, type Sensitivity } from './anomaly/look.ts';
import { learn, placeOf, rank, tailSize } from './anomaly/tail.ts';
import { loudest, strangenessOf, views } from './anomaly/views.ts';
import { expectedOnceIn, saidBy } from './anomaly/words.ts';
import { grown } from '../windows/pane-window.ts';
import { latenessMs, type Values } from '../windows/window.ts';
import { detector, type Batch, type DetectorBank } from './detector.ts';
import { greatest } from './number-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires when the value is beyond everything it has been, in any of nine views. It needs 150 values to learn, and two days for what is usual at a time of day. Example: {minDeviation: "5%", direction: Above}.',
  required: ['minDeviation'],
  properties: {
    minDeviation: quantity(
      'The smallest deviation that matters, in the unit of the value, such as "5%"; without it a flat series would fire at nothing.',
    ),
    direction: {
      type: 'string',
      enum: ['Above', 'Below', 'Both'],
      default: 'Both',
      description: 'Which way is strange. Example: Above.',
    },
    everySeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 3600,
      default: 10,
      description: 'How often the aggregate is looked at; best as long as the window. Example: 60.',
    },
    falseAlarmsPerWeek: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 1,
      description:
        'How many false alarms a week you accept of one target. In the long run it fires no more often than that, whatever the values do, beyond seven times in the life of a target. Example: 1.',
    },
  },
} as const;

/** Below half of what is an alarm, held for a while, the alarm is over. */
const endsAt = alarmAt / 2;
/** Records are half forgotten after so many values: a service has no last page. */
export const forgetAfter = 20_000;
const secondsPerWeek = 604_800;

/** Fires when a series is unlike its own past. */
export const anomaly = detector({
  schema,
  compile({ minDeviation, direction, everySeconds, falseAlarmsPerWeek }, { unit }) {
    const least = quantityNumber(minDeviation);
    if (least <= 0) return [{ path: 'minDeviation', message: 'must be more than 0' }];
    const ways = { Above: 'above', Below: 'below', Both: 'above or below' } as const;
    const sensitivity: Sensitivity = {
      tails: { upper: true, lower: direction === 'Both' },
      least,
      forgetAfter,
    };
    return {
      threshold: `${ways[direction]} its past by ${minDeviation} or more`,
      judges: 'Samples',
      looksEveryMs: everySeconds * 1000,
      tells: ['score', 'chance', 'view', 'value', 'other'],
      create: () =>
        new AnomalyBank({
          sensitivity,
          sign: direction === 'Below' ? -1 : 1,
          everyMs: everySeconds * 1000,
          acceptedPerValue: (falseAlarmsPerWeek * everySeconds) / secondsPerWeek,
          unit,
        }),
    };
  },
});

interface Watch {
  readonly sensitivity: Sensitivity;
  /** Values are turned over for who looks below. */
  readonly sign: 1 | -1;
  readonly everyMs: number;
  readonly acceptedPerValue: number;
  readonly unit: string;
}

// Where the numbers of a slot stand that judging needs: its views, its tail, its alarms, when it is looked at next.
const tail = viewsSize;
const alarm = tail + tailSize;
const dueMs = alarm + alarmSize;
const size = dueMs + 1;

// And those that say what was found, in the order in which they are told.
const held = 0;
const chanceOf = 1;
const view = 2;
const value = 3;
const other = 4;
/** Whether another bank has found it. */
const elsewhere = 5;
const foundSize = 6;

/** Slots that are judged elsewhere take 50 bytes; what judging needs is allocated up to the last slot judged here. */
class AnomalyBank implements DetectorBank {
  firing = new Uint8Array(0);
  readonly #watch: Watch;
  readonly #sight = new Sight();
  readonly #fading: number;
  #state = new Float64Array(0);
  #found = new Float64Array(0);

  constructor(watch: Watch) {
    this.#watch = watch;
    this.#fading = fadingOf(watch.everyMs);
  }

  grow(slots: number): void {
    if (slots <= this.firing.length) return;
    this.#found = grown(this.#found, new Float64Array(slots * foundSize));
    this.firing = grown(this.firing, new Uint8Array(slots));
    if (this.#state.length > 0) this.#growState();
  }

  reset(slot: number): void {
    if (slot * size < this.#state.length) this.#state.fill(0, slot * size, (slot + 1) * size);
    this.#found.fill(0, slot * foundSize, (slot + 1) * foundSize);
    this.firing[slot] = 0;
  }

  judge({ slots, length, values, tMs }: Batch): boolean {
    if (this.#state.length === 0) this.#growState();
    const { given } = this.#sight;
    const { sign, everyMs } = this.#watch;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0) continue;
      const waitMs = (this.#state[slot * size + dueMs] as number) - tMs;
      // Due later than any sample is late: that was another clock's time.
      if (waitMs > 0 && waitMs <= everyMs + latenessMs) continue;
      const x = values[i] as number;
      if (!(Math.abs(x) <= greatest)) continue;
      given[0] = x * sign;
      given[1] = tMs;
      this.#take(slot);
    }
    return true;
  }

  confidence(slot: number): number {
    const chance = this.#found[slot * foundSize + chanceOf] ?? 0;
    return chance === 0 ? 0 : 1 - chance;
  }

  finding(slot: number): string {
    const at = slot * foundSize;
    const found = this.#found;
    const chance = found[at + chanceOf] ?? 0;
    const by = views[found[at + view] ?? 0];
    if (by === undefined || chance === 0) return '';
    const { unit, everyMs } = this.#watch;
    const said = saidBy(by, found[at + value] ?? 0, found[at + other] ?? 0, unit);
    return `${said}; ${expectedOnceIn(chance, everyMs)}${found[at + elsewhere] === 1 ? '; scored by the agent' : ''}`;
  }

  save(slot: number): Float64Array {
    const saved = new Float64Array(size + foundSize + 1);
    saved.set(this.#state.subarray(slot * size, (slot + 1) * size));
    saved.set(this.#found.subarray(slot * foundSize, (slot + 1) * foundSize), size);
    saved[size + foundSize] = this.firing[slot] ?? 0;
    return saved;
  }

  load(slot: number, saved: Float64Array): void {
    if (this.#state.length === 0) this.#growState();
    this.#state.set(saved.subarray(0, size), slot * size);
    this.#found.set(saved.subarray(size, size + foundSize), slot * foundSize);
    this.firing[slot] = saved[size + foundSize] ?? 0;
  }

  tell(slots: Int32Array, length: number, out: readonly Float32Array[]): boolean {
    let any = false;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const isJudged = slot >= 0 && (this.#state[slot * size + dueMs] ?? 0) > 0;
      const fires = isJudged && this.firing[slot] !== 0;
      any ||= fires;
      for (let part = 0; part < out.length; part++) {
        const says = part === held ? isJudged : fires;
        const column = out[part];
        if (column !== undefined) column[i] = says ? (this.#found[slot * foundSize + part] as number) : NaN;
      }
    }
    return any;
  }

  show(slots: Int32Array, length: number, told: readonly (Values | undefined)[]): void {
    const found = this.#found;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const score = told[held]?.[i] ?? NaN;
      if (slot < 0 || Number.isNaN(score)) continue;
      const at = slot * foundSize;
      const chance = told[chanceOf]?.[i] ?? NaN;
      found[at + elsewhere] = 1;
      found[at + held] = score;
      this.firing[slot] = chance > 0 && chance <= 1 ? 1 : 0;
      if (this.firing[slot] === 0) continue;
      for (let part = chanceOf; part <= other; part++) found[at + part] = told[part]?.[i] ?? NaN;
    }
  }

  heritage(slot: number): Float64Array | undefined {
    if (this.firing[slot] !== 0 || !hasLearnt(this.#state, slot * size)) return undefined;
    // What was found, and when it is looked at next, are its own.
    const heritage = this.save(slot).fill(0, size);
    heritage[dueMs] = 0;
    return heritage;
  }

  #growState(): void {
    this.#state = grown(this.#state, new Float64Array(this.firing.length * size));
  }

  /** Looks at what the sight is given. */
  #take(slot: number): void {
    const state = this.#state;
    const found = this.#found;
    const { sensitivity, everyMs, acceptedPerValue } = this.#watch;
    const at = slot * size;
    const foundAt = slot * foundSize;
    state[at + dueMs] = (Math.floor((this.#sight.given[1] as number) / everyMs) + 1) * everyMs;
    look(state, at, sensitivity, this.#sight);
    const strangeness = strangenessOf(this.#sight.scores);
    const place = placeOf(strangeness, this.#sight.far[0] as number);
    found[foundAt + elsewhere] = 0;
    found[foundAt + held] = Math.max(strangeness, (found[foundAt + held] as number) * this.#fading);
    const was = this.firing[slot] !== 0;
    if (alarms(state, at + alarm, strangeness, acceptedPerValue)) {
      this.#note(slot, place, was);
      this.firing[slot] = 1;
    } else if (was && (found[foundAt + held] as number) < endsAt) this.firing[slot] = 0;
    // What follows an alarm is not what is usual; the alarm itself is, or confidence would grow with each false one.
    if (!was || this.firing[slot] === 0) learn(state, at + tail, place);
  }

  /** Notes what is strange, and how strange. */
  #note(slot: number, place: number, was: boolean): void {
    const state = this.#state;
    const found = this.#found;
    const at = slot * size;
    const foundAt = slot * foundSize;
    const chance = rank(state, at + tail, place);
    if (was && chance >= (found[foundAt + chanceOf] as number)) return;
    const by = loudest(this.#sight.scores);
    const name = views[by] ?? 'Value';
    const [is, than] = comparedBy(name, state, at, this.#sight);
    // A window that is higher than ever is, turned over, one that is lower than ever.
    const { sign } = this.#watch;
    found[foundAt + chanceOf] = chance;
    found[foundAt + view] = sign < 0 && name === 'Lowest' ? views.indexOf('Highest') : by;
    found[foundAt + value] = is * sign;
    found[foundAt + other] = than * sign;
  }
}
