import { expect } from 'chai';
import { episodesOf } from './episodes.ts';

describe('episodes', () => {
  it('are what was seen without a break', () => {
    expect(episodesOf([1000, 2000, 3000, 9000, 10_000], 1000)).to.deep.equal([
      { fromMs: 1000, toMs: 3000 },
      { fromMs: 9000, toMs: 10_000 },
    ]);
  });
  it('are one where looks came a little late, and none of nothing', () => {
    expect(episodesOf([1000, 2400], 1000)).to.have.length(1);
    expect(episodesOf([], 1000)).to.deep.equal([]);
  });
});
