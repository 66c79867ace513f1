import { expect } from 'chai';
import { afterFailure, noBackoff } from './backoff.ts';

describe('afterFailure', () => {
  const delays = (gapsMs: readonly number[], random = 0): number[] => {
    let state = noBackoff;
    let nowMs = 0;
    return gapsMs.map((gapMs) => {
      nowMs += gapMs;
      const { backoff, delayMs } = afterFailure(state, nowMs, random);
      state = backoff;
      return delayMs;
    });
  };

  it('doubles from 0.8 s to 30 s', () => {
    expect(delays(Array(8).fill(1000))).to.deep.equal([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  });
  it('starts again after 120 s of health', () => {
    expect(delays([0, 1000, 119_999, 120_000])).to.deep.equal([800, 1600, 3200, 800]);
  });
  it('spreads by up to a half', () => {
    expect(delays([0], 0.5)).to.deep.equal([1000]);
  });
  it('obeys a server that asks for more', () => {
    expect(afterFailure(noBackoff, 0, 0, 7000).delayMs).to.equal(7000);
  });
});
