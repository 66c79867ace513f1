import { OrderWindow } from './order-window.ts';
import type { Aggregate } from './window.ts';

export const p99: Aggregate = {
  name: 'P99',
  description: '99 of 100 samples are not greater.',
  of: 'Values',
  create: (options) => new OrderWindow(options, 0.99),
};
