import { LastWindow } from './last-window.ts';
import type { Aggregate } from './window.ts';

export const last: Aggregate = {
  name: 'Last',
  description: 'The newest sample, held until the next one however long that takes.',
  of: 'Values',
  create: () => new LastWindow(),
};
