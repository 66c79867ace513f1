import { expect } from 'chai';
import fc from 'fast-check';
import { medianOf, select } from './select.ts';

describe('select', () => {
  const numbers = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), { minLength: 1 });

  it('finds the number of each rank, and leaves what lies outside of the range', () => {
    fc.assert(
      fc.property(numbers, fc.nat(), (all, rank) => {
        const given = Float64Array.of(7, ...all, 9);
        const k = rank % all.length;
        expect(select(given, 1, 1 + all.length, 1 + k)).to.equal(Float64Array.from(all).toSorted()[k]);
        expect([given[0], given.at(-1)]).to.deep.equal([7, 9]);
      }),
    );
  });

  for (const [all, median] of [
    [[3], 3],
    [[3, 1], 2],
    [[5, 1, 3], 3],
    [[1, 9, 2, 8], 5],
    [[2, 2, 2, 2], 2],
  ] as const)
    it(`the median of ${all.join(' ')} is ${median}`, () => {
      expect(medianOf(Float64Array.from(all), 0, all.length)).to.equal(median);
    });

  it('of nothing is NaN', () => expect(medianOf(new Float64Array(0), 0, 0)).to.be.NaN);
});
