import { switchAction } from './switches.ts';

/** Pauses the rollout of a Deployment where it stands. */
export const pauseRollout = switchAction<unknown>({
  kinds: ['Deployment'],
  path: '/spec/paused',
  verb: 'pause the rollout of',
  state: 'paused',
});
