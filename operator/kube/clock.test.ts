import { expect } from 'chai';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  for (const ms of [2 ** 31, 1e15, Infinity]) {
    it(`does not take ${ms} ms for one`, async () => {
      let rang = false;
      const cancel = systemClock.after(ms, () => (rang = true));
      await new Promise((resolve) => setTimeout(resolve, 20));
      cancel();
      expect(rang).to.equal(false);
    });
  }
});
