import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { durationOf } from '../words.ts';
import { detector, type Batch } from './detector.ts';
import { NumberBank } from './number-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires when the value changes too often, to and fro; of a level, when it is crossed too often. Example: {changes: 6, withinSeconds: 600}.',
  required: ['changes', 'withinSeconds'],
  properties: {
    changes: {
      type: 'integer',
      minimum: 2,
      maximum: 60,
      description: 'So many changes are too many; going away and coming back are two. Example: 6.',
    },
    withinSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 86_400,
      description: 'In how many seconds they come. Example: 600.',
    },
    level: quantity(
      'Only whether the value is above this counts, such as "50%"; absent: any change of the value, which is for states.',
    ),
  },
} as const;

/**
 * Fires when a value changes to and fro. The times of the last changes are kept, so counting is exact; it goes on until
 * there are fewer than half as many, as Nagios has a high and a low flap threshold ("Detection and Handling of State
 * Flapping", Nagios Core documentation).
 */
export const flapping = detector({
  schema,
  compile({ changes, withinSeconds, level }) {
    const at = level === undefined ? undefined : quantityNumber(level);
    return {
      threshold: `${changes} ${level === undefined ? 'changes' : `crossings of ${level}`} in ${withinSeconds} s`,
      judges: 'Samples',
      create: () => new FlappingBank(changes, withinSeconds * 1000, at),
    };
  },
});

// Where the numbers of a slot stand; the ring of times comes after them.
const known = 0;
const side = 1;
const changed = 2;
const seenMs = 3;
const ring = 4;

class FlappingBank extends NumberBank {
  readonly #changes: number;
  readonly #withinMs: number;
  readonly #level: number | undefined;

  constructor(changes: number, withinMs: number, level: number | undefined) {
    super(ring + changes);
    this.#changes = changes;
    this.#withinMs = withinMs;
    this.#level = level;
  }

  judge({ slots, length, values, tMs }: Batch): boolean {
    let any = 0;
    const state = this.state;
    const level = this.#level;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (slot < 0) continue;
      any |= this.firing[slot] as number;
      if (Number.isNaN(value)) continue;
      const at = slot * this.size;
      const now = level === undefined ? value : value > level ? 1 : 0;
      if (state[at + known] !== 0 && now !== state[at + side]) {
        const count = state[at + changed] as number;
        state[at + ring + (count % this.#changes)] = tMs;
        state[at + changed] = count + 1;
      }
      state[at + known] = 1;
      state[at + side] = now;
      state[at + seenMs] = tMs;
      const enough = this.firing[slot] === 0 ? this.#changes : Math.ceil(this.#changes / 2);
      const fires = tMs - this.#lastMs(at, enough) <= this.#withinMs ? 1 : 0;
      this.firing[slot] = fires;
      any |= fires;
    }
    return any !== 0;
  }

  /** What was counted is certain. */
  confidence(_slot: number): number {
    return 1;
  }

  finding(slot: number): string {
    const at = slot * this.size;
    const now = this.state[at + seenMs] ?? 0;
    let count = 0;
    while (count < this.#changes && now - this.#lastMs(at, count + 1) <= this.#withinMs) count++;
    const what = this.#level === undefined ? 'changed' : 'crossed the level';
    const more = count === this.#changes ? 'the last ' : '';
    return `${what} ${count} times in ${more}${durationOf((now - this.#lastMs(at, count)) / 1000)}`;
  }

  /** When the n-th last change was. */
  #lastMs(at: number, n: number): number {
    const count = this.state[at + changed] as number;
    return n < 1 || n > count ? -Infinity : (this.state[at + ring + ((count - n) % this.#changes)] as number);
  }
}
