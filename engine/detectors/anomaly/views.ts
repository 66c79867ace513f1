/**
 * Nine views of a series, each compared with its own record, in constant time and memory. Constants count values. What
 * a view adds to the strangeness of a value is its weight times the square of its score: figures and the choice of
 * weights in docs/adr/022-anomaly.md.
 */
export const views = [
  'Value',
  'FromMean', // the value less the mean of 200
  'Trend', // the mean of 30 less the mean of 300
  'Lowest', // the least of the last 30: the whole window is higher than ever
  'Highest', // the greatest of the last 30: the whole window is lower than ever
  'Season', // the value less what is usual at this time of day
  'Sum', // a one-sided cumulative sum of what is more than half a deviation above the mean
  'Step', // the value less the one before
  'Restless', // the mean of 30 distances from what is usual, in deviations
] as const;

export type View = (typeof views)[number];

/** How much each view counts. */
export const weights: Readonly<Record<View, number>> = {
  Value: 1,
  FromMean: 0.5,
  Trend: 0.5,
  Lowest: 1.5,
  Highest: 1.5,
  Season: 0.5,
  Sum: 0.75,
  Step: 1,
  Restless: 0.5,
};

/** The greatest strangeness there can be: every view beyond all bounds. */
export const strangest = Math.sqrt(views.reduce((sum, view) => sum + weights[view], 0));

const weightOf = Float64Array.from(views, (view) => weights[view]);

/** The strangeness that the scores of all views make: 0, as ever, to `strangest`. */
export function strangenessOf(scores: Float64Array, by: Float64Array = weightOf): number {
  let total = 0;
  for (let view = 0; view < scores.length; view++)
    total += (by[view] as number) * (scores[view] as number) * (scores[view] as number);
  return Math.sqrt(total);
}

/** The view to name: of those that say where the value is, the one that adds most; else what sums up many values. */
export function loudest(scores: Float64Array): number {
  let best = views.indexOf('Sum');
  let most = 0;
  for (let view = 0; view < scores.length; view++) {
    const sumsUp = views[view] === 'Sum' || views[view] === 'Restless';
    const adds = (sumsUp ? 1e-3 : 1) * (weightOf[view] as number) * (scores[view] as number) ** 2;
    if (adds <= most) continue;
    most = adds;
    best = view;
  }
  return best;
}
