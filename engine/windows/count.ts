import { SumWindow } from './sum-window.ts';
import type { Aggregate } from './window.ts';

export const count: Aggregate = {
  name: 'Count',
  description: 'The number of samples.',
  of: 'Values',
  create: (options) => new SumWindow(options, 'Count'),
};
