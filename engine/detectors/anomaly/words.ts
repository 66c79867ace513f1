import { durationOf, figureOf } from '../../words.ts';
import type { View } from './views.ts';

/** What a view has found, in words: `value` was compared with `other`, both in `unit`. */
export function saidBy(view: View, value: number, other: number, unit: string): string {
  const is = figureOf(value, unit);
  const than = figureOf(other, unit);
  const above = value > other;
  switch (view) {
    case 'Value':
      return above
        ? `${is}, above all it has been (at most ${than})`
        : `${is}, below all it has been (at least ${than})`;
    case 'FromMean':
      return `${is}, farther ${above ? 'above' : 'below'} its mean of 200 values (${than}) than ever`;
    case 'Trend':
      return `mean of 30 values ${is}, farther ${above ? 'above' : 'below'} that of 300 (${than}) than ever`;
    case 'Lowest':
      return `30 values at ${than} or above, which it has never been for so long`;
    case 'Highest':
      return `30 values at ${than} or below, which it has never been for so long`;
    case 'Season':
      return `${is} where ${than} is usual at this time of day`;
    case 'Sum':
      return `${is}, away from its mean (${than}) for longer than ever`;
    case 'Step':
      return `from ${than} to ${is}, more at once than ever`;
    case 'Restless':
      return `farther from what is usual (${than}) over 30 values than ever`;
  }
}

/** How often such a thing is expected, from a p-value and the time between two values. */
export const expectedOnceIn = (chance: number, everyMs: number): string =>
  `so strange once in ${durationOf(everyMs / 1000 / chance)} at most`;
