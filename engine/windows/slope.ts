import { SlopeWindow } from './slope-window.ts';
import type { Aggregate } from './window.ts';

export const slope: Aggregate = {
  name: 'Slope',
  description: 'How much a gauge rises a second: the least-squares line through the samples.',
  of: 'Values',
  create: (options) => new SlopeWindow(options),
};
