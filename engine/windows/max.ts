import { ExtremeWindow } from './extreme-window.ts';
import type { Aggregate } from './window.ts';

export const max: Aggregate = {
  name: 'Max',
  description: 'The greatest sample.',
  of: 'Values',
  create: (options) => new ExtremeWindow(options, 1),
};
