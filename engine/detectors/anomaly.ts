import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { featuresSize, strangeness, type Sensitivity } from './anomaly/features.ts';
import { learn, rank, tailSize } from './anomaly/tail.ts';
import { detector, type Batch, type DetectorBank } from './detector.ts';

const schema = {
  type: 'object',
  description:
    'Fires when the value is beyond everything it has been, in any of seven views. It needs 150 values to learn, and two days for what is usual at a time of day. Example: {minDeviation: "5%", direction: Above}.',
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
  },
} as const;

/** Strangeness that is an alarm; below half of it, held for a while, the alarm is over. */
const alarmAt = 0.22;
const endsAt = alarmAt / 2;
/** What a score is worth after one more value: half after 15. */
const holding = 2 ** (-1 / 15);
/** For so many values after an alarm, only one stronger by a fifth is another. */
const holdOffValues = 50;
const holdOffFactor = 1.2;
/** Greater values are no measurements, and their squares no numbers: one would end all scoring. */
const greatest = 1e150;
/** Records are half forgotten after so many values: a service has no last page. */
const forgetAfter = 10_000;

/** Fires when a series is unlike its own past. */
export const anomaly = detector({
  schema,
  compile({ minDeviation, direction, everySeconds }) {
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
      create: () => new AnomalyBank(sensitivity, direction === 'Below' ? -1 : 1, everySeconds * 1000),
    };
  },
});

const dueMs = featuresSize + tailSize;
const held = dueMs + 1;
const alarm = held + 1;
const sinceAlarm = alarm + 1;
const surety = sinceAlarm + 1;
const fires = surety + 1;
const size = fires + 1;

class AnomalyBank implements DetectorBank {
  firing = new Uint8Array(0);
  readonly #sensitivity: Sensitivity;
  readonly #sign: 1 | -1;
  readonly #everyMs: number;
  /** For each slot, `size` numbers. */
  #state = new Float64Array(0);

  constructor(sensitivity: Sensitivity, sign: 1 | -1, everyMs: number) {
    this.#sensitivity = sensitivity;
    this.#sign = sign;
    this.#everyMs = everyMs;
  }

  grow(slots: number): void {
    const had = this.firing.length;
    if (slots <= had) return;
    const state = new Float64Array(slots * size);
    state.set(this.#state);
    const firing = new Uint8Array(slots);
    firing.set(this.firing);
    this.#state = state;
    this.firing = firing;
  }

  reset(slot: number): void {
    this.#state.fill(0, slot * size, (slot + 1) * size);
    this.firing[slot] = 0;
  }

  judge({ slots, length, values, tMs }: Batch): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0 || tMs < (this.#state[slot * size + dueMs] as number)) continue;
      const value = values[i] as number;
      if (Math.abs(value) <= greatest) this.#take(slot, value * this.#sign, tMs);
    }
  }

  confidence(slot: number): number {
    return this.#state[slot * size + surety] ?? 0;
  }

  finding(_slot: number): string {
    return '';
  }

  save(slot: number): Float64Array {
    return this.#state.slice(slot * size, (slot + 1) * size);
  }

  load(slot: number, saved: Float64Array): void {
    this.#state.set(saved, slot * size);
    this.firing[slot] = saved[fires] ?? 0;
  }

  #take(slot: number, value: number, tMs: number): void {
    const state = this.#state;
    const at = slot * size;
    state[at + dueMs] = (Math.floor(tMs / this.#everyMs) + 1) * this.#everyMs;
    const score = strangeness(state, at, value, tMs, this.#sensitivity);
    const chance = rank(state, at + featuresSize, score);
    const before = (state[at + held] as number) * holding;
    state[at + held] = Math.max(score, before);
    state[at + sinceAlarm] = (state[at + sinceAlarm] as number) + 1;
    const limit = this.#isHeldOff(at) ? (state[at + alarm] as number) * holdOffFactor : 0;
    let firing = this.firing[slot] !== 0;
    if (score >= alarmAt && score > limit) {
      state[at + surety] = Math.max(firing ? (state[at + surety] as number) : 0, 1 - chance);
      state[at + alarm] = score;
      state[at + sinceAlarm] = 0;
      firing = true;
    } else if (firing && (state[at + held] as number) < endsAt) firing = false;
    // What happens in an incident is not what is usual.
    if (!firing) learn(state, at + featuresSize, score);
    this.firing[slot] = firing ? 1 : 0;
    state[at + fires] = firing ? 1 : 0;
  }

  #isHeldOff(at: number): boolean {
    return (this.#state[at + alarm] as number) > 0 && (this.#state[at + sinceAlarm] as number) <= holdOffValues;
  }
}
