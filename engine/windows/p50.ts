import { OrderWindow } from './order-window.ts';
import type { Aggregate } from './window.ts';

export const p50: Aggregate = {
  name: 'P50',
  description: 'The median: half of the samples are not greater.',
  of: 'Values',
  create: (options) => new OrderWindow(options, 0.5),
};
