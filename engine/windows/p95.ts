import { OrderWindow } from './order-window.ts';
import type { Aggregate } from './window.ts';

export const p95: Aggregate = {
  name: 'P95',
  description: '95 of 100 samples are not greater.',
  of: 'Values',
  create: (options) => new OrderWindow(options, 0.95),
};
