import { count } from './count.ts';
import { increase } from './increase.ts';
import { last } from './last.ts';
import { max } from './max.ts';
import { mean } from './mean.ts';
import { min } from './min.ts';
import { p50 } from './p50.ts';
import { p90 } from './p90.ts';
import { p95 } from './p95.ts';
import { p99 } from './p99.ts';
import { rate } from './rate.ts';
import { slope } from './slope.ts';
import type { Aggregate } from './window.ts';

/** Every aggregate that a signal's window may have, in the order of the docs. */
export const aggregates: readonly Aggregate[] = [
  mean,
  min,
  max,
  p50,
  p90,
  p95,
  p99,
  rate,
  increase,
  slope,
  count,
  last,
];

/** The names of all aggregates. */
export const aggregateNames: readonly string[] = aggregates.map(({ name }) => name);

/** The aggregate of that name, if there is one. */
export const aggregateNamed = (name: string): Aggregate | undefined =>
  aggregates.find((aggregate) => aggregate.name === name);
