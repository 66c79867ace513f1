import { ExtremeWindow } from './extreme-window.ts';
import type { Aggregate } from './window.ts';

export const min: Aggregate = {
  name: 'Min',
  description: 'The least sample.',
  of: 'Values',
  create: (options) => new ExtremeWindow(options, -1),
};
