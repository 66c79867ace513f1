import { SumWindow } from './sum-window.ts';
import type { Aggregate } from './window.ts';

export const rate: Aggregate = {
  name: 'Rate',
  description:
    'How much a counter rises a second: its increase over the length of the window, so that a young series reads low.',
  of: 'Increases',
  create: (options) => new SumWindow(options, 'PerSecond'),
};
