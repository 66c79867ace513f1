import { expect } from 'chai';
import { parseMetrics } from '../../../e2e/runner/metrics.ts';
import { bucketsOf, quantile } from './histogram.ts';

describe('quantiles of a histogram', () => {
  const page = (counts: readonly [string, number][]): ReadonlyMap<string, number> =>
    parseMetrics(counts.map(([le, count]) => `s_bucket{le="${le}",stage="a"} ${count}`).join('\n'));
  const before = page([
    ['0.1', 5],
    ['1', 5],
    ['+Inf', 5],
  ]);

  it('are those of what was observed between two looks', () => {
    const after = page([
      ['0.1', 15],
      ['1', 25],
      ['+Inf', 25],
    ]);
    const found = bucketsOf(before, after, 's', 'a');
    expect(quantile(found, 0.5)).to.be.closeTo(0.1, 1e-9);
    expect(quantile(found, 0.75)).to.be.closeTo(0.55, 1e-9);
  });

  it('are the last bound above it, and none of nothing', () => {
    const after = page([
      ['0.1', 5],
      ['1', 5],
      ['+Inf', 9],
    ]);
    expect(quantile(bucketsOf(before, after, 's', 'a'), 0.5)).to.equal(1);
    expect(quantile(bucketsOf(before, before, 's', 'a'), 0.5)).to.be.NaN;
  });
});
