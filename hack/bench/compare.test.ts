import { expect } from 'chai';
import { compare, medianOf, quantileOf, rounded } from './compare.ts';

describe('figures of the benchmark', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);

  it('take quantiles from among the values', () => {
    expect(quantileOf(hundred, 0.5)).to.equal(50);
    expect(quantileOf(hundred, 0.99)).to.equal(99);
    expect(quantileOf(hundred, 1)).to.equal(100);
    expect(quantileOf([7], 0.01)).to.equal(7);
    expect(medianOf([])).to.be.NaN;
  });

  it('are rounded as numbers', () => {
    expect(rounded(1.005_49, 3)).to.equal(1.005);
  });

  it('say that what does more takes longer', () => {
    let sum = 0;
    const add = (times: number) => () => {
      for (let n = 0; n < times; n++) sum += Math.sqrt(n);
      return sum;
    };
    const { ratio, nanoseconds, baselineNanoseconds } = compare(add(1000), add(100_000), { rounds: 5, roundMs: 2 });
    expect(ratio).to.be.greaterThan(2);
    expect(baselineNanoseconds).to.be.greaterThan(nanoseconds);
  });
});
