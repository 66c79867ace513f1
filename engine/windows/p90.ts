import { OrderWindow } from './order-window.ts';
import type { Aggregate } from './window.ts';

export const p90: Aggregate = {
  name: 'P90',
  description: '90 of 100 samples are not greater.',
  of: 'Values',
  create: (options) => new OrderWindow(options, 0.9),
};
