import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { detector, type Batch, type ParameterProblem } from './detector.ts';
import { FlagBank } from './flag-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires while the value is beyond a level. With a second level it stays on until that one is passed. Example: {above: "90%", clearBelow: "80%"}.',
  properties: {
    above: quantity('Fires when the value is greater, such as "90%".'),
    clearBelow: quantity('With above: once on, it stays on until the value is less than this, such as "80%".'),
    below: quantity('Fires when the value is less, such as "100Mi".'),
    clearAbove: quantity('With below: once on, it stays on until the value is greater than this, such as "200Mi".'),
  },
  'x-kubernetes-validations': [
    { rule: 'has(self.above) || has(self.below)', message: 'needs above, below or both, such as {above: "90%"}' },
    {
      rule: '!has(self.clearBelow) || has(self.above)',
      message: 'clearBelow only goes with above',
      fieldPath: '.clearBelow',
    },
    {
      rule: '!has(self.clearAbove) || has(self.below)',
      message: 'clearAbove only goes with below',
      fieldPath: '.clearAbove',
    },
  ],
} as const;

/** Fires beyond a level, with hysteresis. */
export const threshold = detector({
  schema,
  compile({ above, clearBelow, below, clearAbove }) {
    const number = (text: string | undefined, otherwise: number): number =>
      text === undefined ? otherwise : quantityNumber(text);
    const high = number(above, Infinity);
    const low = number(below, -Infinity);
    const highEnd = number(clearBelow, high);
    const lowEnd = number(clearAbove, low);
    const problems: ParameterProblem[] = [];
    if (highEnd > high) problems.push({ path: 'clearBelow', message: `must not be more than above (${above})` });
    if (lowEnd < low) problems.push({ path: 'clearAbove', message: `must not be less than below (${below})` });
    if (low > high) problems.push({ path: 'below', message: `must not be more than above (${above})` });
    if (problems.length > 0) return problems;
    const words = [
      above === undefined ? [] : [`> ${above}`, ...(clearBelow === undefined ? [] : [`until < ${clearBelow}`])],
      below === undefined ? [] : [`< ${below}`, ...(clearAbove === undefined ? [] : [`until > ${clearAbove}`])],
    ];
    return {
      threshold: words
        .filter((part) => part.length > 0)
        .map((part) => part.join(' '))
        .join(' or '),
      judges: 'Samples',
      create: () => new ThresholdBank({ high, highEnd, low, lowEnd }),
    };
  },
});

/** Fires above `high` until not above `high` and below `highEnd`; below `low` likewise. */
export interface Levels {
  readonly high: number;
  readonly highEnd: number;
  readonly low: number;
  readonly lowEnd: number;
}

const over = 1;
const under = 2;

class ThresholdBank extends FlagBank {
  readonly #levels: Levels;

  constructor(levels: Levels) {
    super();
    this.#levels = levels;
  }

  judge({ slots, length, values }: Batch): boolean {
    const { high, highEnd, low, lowEnd } = this.#levels;
    const firing = this.firing;
    let any = 0;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (slot < 0) continue;
      const value = values[i] as number;
      const was = firing[slot] as number;
      let is = 0;
      if (value > high) is = over;
      else if (value < low) is = under;
      else if (was !== 0 && stays(was, value, high, highEnd, low, lowEnd)) is = was;
      if (is !== was) firing[slot] = is;
      any |= is;
    }
    return any !== 0;
  }
}

/** A level without an end of its own ends where it begins: equal is not beyond. NaN ends everything. */
const stays = (was: number, value: number, high: number, highEnd: number, low: number, lowEnd: number): boolean =>
  was === over ? highEnd < high && value >= highEnd : lowEnd > low && value <= lowEnd;
