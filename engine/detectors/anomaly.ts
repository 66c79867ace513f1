import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { alarmAt, alarms, alarmSize } from './anomaly/alarm.ts';
import { comparedBy, look, Sight, viewsSize, type Sensitivity } from './anomaly/look.ts';
import { learn, placeOf, rank, tailSize } from './anomaly/tail.ts';
import { loudest, strangenessOf, views } from './anomaly/views.ts';
import { expectedOnceIn, saidBy } from './anomaly/words.ts';
import { detector, type Batch } from './detector.ts';
import { greatest, NumberBank } from './number-bank.ts';

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
/** What a score is worth after one more value: half after 15. */
const holding = 2 ** (-1 / 15);
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

// Where the numbers of a slot stand: its views, its tail, its alarms, and the last of them.
const tail = viewsSize;
const alarm = tail + tailSize;
const dueMs = alarm + alarmSize;
const held = dueMs + 1;
const chanceOf = held + 1;
const view = chanceOf + 1;
const value = view + 1;
const other = value + 1;
const size = other + 1;

class AnomalyBank extends NumberBank {
  readonly #watch: Watch;
  readonly #sight = new Sight();

  constructor(watch: Watch) {
    super(size);
    this.#watch = watch;
  }

  judge({ slots, length, values, tMs }: Batch): void {
    const { given } = this.#sight;
    const { sign } = this.#watch;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0 || tMs < (this.state[slot * size + dueMs] as number)) continue;
      const x = values[i] as number;
      if (!(Math.abs(x) <= greatest)) continue;
      given[0] = x * sign;
      given[1] = tMs;
      this.#take(slot);
    }
  }

  confidence(slot: number): number {
    const chance = this.state[slot * size + chanceOf] ?? 0;
    return chance === 0 ? 0 : 1 - chance;
  }

  finding(slot: number): string {
    const at = slot * size;
    const chance = this.state[at + chanceOf] ?? 0;
    const by = views[this.state[at + view] ?? 0];
    if (by === undefined || chance === 0) return '';
    const { unit, everyMs } = this.#watch;
    const said = saidBy(by, this.state[at + value] ?? 0, this.state[at + other] ?? 0, unit);
    return `${said}; ${expectedOnceIn(chance, everyMs)}`;
  }

  /** Looks at what the sight is given. */
  #take(slot: number): void {
    const { state } = this;
    const { sensitivity, everyMs, acceptedPerValue } = this.#watch;
    const at = slot * size;
    state[at + dueMs] = (Math.floor((this.#sight.given[1] as number) / everyMs) + 1) * everyMs;
    look(state, at, sensitivity, this.#sight);
    const strangeness = strangenessOf(this.#sight.scores);
    const place = placeOf(strangeness, this.#sight.far[0] as number);
    state[at + held] = Math.max(strangeness, (state[at + held] as number) * holding);
    const was = this.firing[slot] !== 0;
    if (alarms(state, at + alarm, strangeness, acceptedPerValue)) {
      this.#tell(at, place, was);
      this.firing[slot] = 1;
    } else if (was && (state[at + held] as number) < endsAt) this.firing[slot] = 0;
    // What follows an alarm is not what is usual; the alarm itself is, or confidence would grow with each false one.
    if (!was || this.firing[slot] === 0) learn(state, at + tail, place);
  }

  /** Notes what is strange, and how strange. */
  #tell(at: number, place: number, was: boolean): void {
    const { state } = this;
    const x = this.#sight.given[0] as number;
    const chance = rank(state, at + tail, place);
    if (was && chance >= (state[at + chanceOf] as number)) return;
    const by = loudest(this.#sight.scores);
    const name = views[by] ?? 'Value';
    const [is, than] = comparedBy(name, state, at, x, this.#sight);
    // A window that is higher than ever is, turned over, one that is lower than ever.
    const { sign } = this.#watch;
    state[at + chanceOf] = chance;
    state[at + view] = sign < 0 && name === 'Lowest' ? views.indexOf('Highest') : by;
    state[at + value] = is * sign;
    state[at + other] = than * sign;
  }
}
