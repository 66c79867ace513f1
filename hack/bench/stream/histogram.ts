/** Observations of a Prometheus histogram between two looks: how many there were up to each bound, in rising order. */
export type Buckets = readonly { readonly bound: number; readonly count: number }[];

/** The buckets of one stage of the histogram `name` that grew from one page of metrics to a later one. */
export const bucketsOf = (
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  name: string,
  stage: string,
): Buckets =>
  [...after]
    .flatMap(([key, count]) => {
      if (!key.startsWith(`${name}_bucket{`) || !key.includes(`stage="${stage}"`)) return [];
      const [, bound = ''] = /le="([^"]+)"/.exec(key) ?? [];
      return [{ bound: bound === '+Inf' ? Infinity : Number(bound), count: count - (before.get(key) ?? 0) }];
    })
    .toSorted((a, b) => a.bound - b.bound);

/**
 * A quantile as Prometheus reckons it (`histogram_quantile`): within a bucket observations are taken to be spread evenly.
 * NaN without observations; the last finite bound when it lies above that.
 */
export const quantile = (buckets: Buckets, share: number): number => {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return Number.NaN;
  const rank = share * total;
  let [low, below] = [0, 0];
  for (const { bound, count } of buckets) {
    if (count >= rank) return bound === Infinity ? low : low + ((bound - low) * (rank - below)) / (count - below);
    [low, below] = [bound, count];
  }
  return low;
};
