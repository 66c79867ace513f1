import { SumWindow } from './sum-window.ts';
import type { Aggregate } from './window.ts';

export const increase: Aggregate = {
  name: 'Increase',
  description: 'By how much a counter has risen; a reset counts from zero, the first value of a series as nothing.',
  of: 'Increases',
  create: (options) => new SumWindow(options, 'Sum'),
};
