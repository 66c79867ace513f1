import { expect } from 'chai';
import { isLive } from './liveness.ts';

describe('isLive', () => {
  const cases: [was: boolean, caughtUp: boolean, lagMs: number, is: boolean][] = [
    [false, false, 0, false],
    [true, false, 0, false],
    [false, true, 0, true],
    [false, true, 999, true],
    [false, true, 1000, false],
    [true, true, 4999, true],
    [true, true, 5000, false],
  ];
  for (const [was, caughtUp, lagMs, is] of cases) {
    it(`${was ? 'live' : 'not live'}, ${caughtUp ? '' : 'not '}caught up, ${lagMs} ms behind: ${is ? 'live' : 'not live'}`, () => {
      expect(isLive(was, caughtUp, lagMs)).to.equal(is);
    });
  }
});
