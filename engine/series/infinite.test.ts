import { expect } from 'chai';
import { areFinite, infiniteIn, withoutInfinite } from './infinite.ts';

describe('infinite values', () => {
  it('are counted wherever they stand, and missing ones are not', () => {
    for (let length = 0; length < 10; length++)
      for (let at = 0; at < length; at++)
        for (const [value, count] of [
          [Infinity, 1],
          [-Infinity, 1],
          [NaN, 0],
          [-1e308, 0],
        ] as const) {
          const values = Float64Array.from({ length }, (_, i) => (i === at ? value : -i));
          expect(infiniteIn(values, length), `${value} at ${at} of ${length}`).to.equal(count);
          expect(infiniteIn(values, at)).to.equal(0);
          expect(areFinite(values, length), `${value} at ${at} of ${length}`).to.equal(Number.isFinite(value));
          expect(areFinite(values, at)).to.be.true;
        }
  });

  it('are NaN where only the finite is wanted', () =>
    expect(withoutInfinite(Float32Array.of(1, -Infinity, NaN, Infinity), 4, new Float64Array(4))).to.deep.equal(
      Float64Array.of(1, NaN, NaN, NaN),
    ));
});
