import { properPercentage, quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { digits, durationOf } from '../words.ts';
import { normalBelow } from '../normal.ts';
import { BurnWindows, burnWindowsSize } from './burn-rate/windows.ts';
import { pairsOf, type Pair } from './burn-rate/pairs.ts';
import { detector, type Batch } from './detector.ts';
import { NumberBank } from './number-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires when the error budget of an objective is used up too fast, over a long window and a short one at once. Example: {objective: "99.9%", above: "50%"}.',
  required: ['objective'],
  properties: {
    objective: properPercentage(
      'The share of values that is to be good. Example: "99.9%".',
      'a budget of nothing is used up at once',
    ),
    periodSeconds: {
      type: 'integer',
      minimum: 86_400,
      maximum: 7_776_000,
      default: 2_592_000,
      description:
        'Over how long the objective is to be kept; windows and factors follow from it. Example: 2592000, which is 30 days.',
    },
    above: quantity(
      'A value is bad when it is greater, such as "50%"; without above and below the value itself is the share that is bad.',
    ),
    below: quantity('A value is bad when it is less, such as "1".'),
    speed: {
      type: 'string',
      enum: ['Fast', 'Slow', 'Any'],
      default: 'Any',
      description:
        'Fast: 2 % of the budget in 1/720 of the period or 5 % in 1/120, which calls for somebody at once. Slow: 10 % in 1/30 or in 1/10. Example: Fast.',
    },
    minTraffic: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 60,
      description: 'With fewer values in the long window it does not fire. Example: 300.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '!(has(self.above) && has(self.below))',
      message: 'only one of above and below can say which values are bad: remove the other',
      fieldPath: '.below',
    },
  ],
} as const;

/**
 * Fires when an error budget burns: "multiwindow, multi-burn-rate alerts" of The Site Reliability Workbook, chapter 5,
 * with windows and factors derived from the period and the objective (see pairs.ts). How sure it is: the chance that a
 * target that burns just at the limit would have shown less over the long window, by the normal approximation of the
 * binomial distribution.
 */
export const burnRate = detector({
  schema,
  compile({ objective: promised, periodSeconds, above, below, speed, minTraffic }, { name, unit }) {
    const budget = 1 - quantityNumber(promised);
    if (!(budget > 0 && budget < 1))
      return [{ path: 'objective', message: 'must be more than "0%" and less than "100%"' }];
    if (above === undefined && below === undefined && unit !== '1')
      return [{ path: '', message: `must say with above or below which values are bad: ${name} is no share` }];
    const pairs = pairsOf(periodSeconds, budget, speed);
    if (pairs.length === 0)
      return [
        {
          path: 'speed',
          message: `must be Slow or Any: at an objective of ${promised} even if all is bad the budget does not burn so fast`,
        },
      ];
    const isBad = {
      above: above === undefined ? Infinity : quantityNumber(above),
      below: below === undefined ? -Infinity : quantityNumber(below),
      isShare: above === undefined && below === undefined,
    };
    const bad = isBad.isShare ? '' : above === undefined ? ` of values < ${below}` : ` of values > ${above}`;
    const factors = pairs.map(({ factor }) => digits(factor)).join(', ');
    return {
      threshold: `burn rate${bad} > ${factors} for ${promised} over ${durationOf(periodSeconds)}`,
      judges: 'Samples',
      looksEveryMs: 1000,
      create: () => new BurnRateBank({ pairs, budget, isBad, minTraffic, periodSeconds }),
    };
  },
});

interface Burn {
  readonly pairs: readonly Pair[];
  /** The share that may be bad. */
  readonly budget: number;
  readonly isBad: { readonly above: number; readonly below: number; readonly isShare: boolean };
  readonly minTraffic: number;
  readonly periodSeconds: number;
}

// What a slot's fastest burning is; the windows of each pair come after it.
const pair = 0;
const long = 1;
const short = 2;
const surety = 3;
const sinceMs = 4;
const windows = 5;

class BurnRateBank extends NumberBank {
  readonly #burn: Burn;
  readonly #windows: readonly BurnWindows[];
  /** Of the batch that is judged. */
  #nowMs = 0;

  constructor(burn: Burn) {
    super(windows + burn.pairs.length * burnWindowsSize);
    this.#burn = burn;
    this.#windows = burn.pairs.map(({ longSeconds }) => new BurnWindows(longSeconds * 1000));
  }

  judge({ slots, length, values, tMs }: Batch): boolean {
    const { above, below, isShare } = this.#burn.isBad;
    this.#nowMs = tMs;
    for (const window of this.#windows) window.setTime(tMs);
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (slot < 0 || Number.isNaN(value)) continue;
      const bad = isShare ? Math.max(0, Math.min(1, value)) : value > above || value < below ? 1 : 0;
      this.#take(slot, bad);
    }
    return true;
  }

  confidence(slot: number): number {
    return this.state[slot * this.size + surety] ?? 0;
  }

  finding(slot: number): string {
    const at = slot * this.size;
    const { longSeconds, shortSeconds, factor } = this.#burn.pairs[this.state[at + pair] ?? 0] ?? noPair;
    const over = this.state[at + long] ?? 0;
    const lately = this.state[at + short] ?? 0;
    return `burns ${digits(over)} times the budget over ${durationOf(longSeconds)}, ${digits(lately)} over ${durationOf(shortSeconds)} (limit ${digits(factor)}); all is gone in ${durationOf(this.#burn.periodSeconds / over)}`;
  }

  #take(slot: number, bad: number): void {
    const { pairs, budget, minTraffic } = this.#burn;
    const state = this.state;
    const at = slot * this.size;
    if (state[at + sinceMs] === 0) state[at + sinceMs] = this.#nowMs;
    const knownMs = this.#nowMs - (state[at + sinceMs] as number);
    let worst = 1;
    let fires = 0;
    for (let p = 0; p < pairs.length; p++) {
      const window = this.#windows[p] as BurnWindows;
      const { factor, longSeconds } = pairs[p] as Pair;
      window.add(state, at + windows + p * burnWindowsSize, bad);
      if (window.values < minTraffic || window.values === 0) continue;
      // Time before the first value counts as good: a minute of faults is not an hour of them.
      const over = (window.long * Math.min(1, knownMs / 1000 / longSeconds)) / budget;
      const lately = window.short / budget;
      const excess = Math.min(over, lately) / factor;
      if (excess <= worst) continue;
      worst = excess;
      fires = 1;
      state[at + pair] = p;
      state[at + long] = over;
      state[at + short] = lately;
      const limit = factor * budget;
      state[at + surety] = normalBelow((over * budget - limit) / Math.sqrt((limit * (1 - limit)) / window.values));
    }
    this.firing[slot] = fires;
  }
}

const noPair: Pair = { longSeconds: 0, shortSeconds: 0, factor: 0 };
