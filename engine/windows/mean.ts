import { SumWindow } from './sum-window.ts';
import type { Aggregate } from './window.ts';

export const mean: Aggregate = {
  name: 'Mean',
  description: 'The arithmetic mean of the samples.',
  of: 'Values',
  create: (options) => new SumWindow(options, 'Mean'),
};
