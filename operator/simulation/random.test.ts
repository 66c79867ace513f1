import { expect } from 'chai';
import { hashOf, Random } from './random.ts';

describe('Random', () => {
  it('is decided by its seed, on every machine', () => {
    const random = new Random(1);
    const drawn = [random.next(), random.next(), random.next()].map((value) => Math.floor(value * 2 ** 32));
    expect(drawn).to.deep.equal([1580013426, 350525680, 3524174333]);
    expect(hashOf(1, 'scenario')).to.equal(hashOf(1, 'scenario'));
    expect(hashOf(1, 'scenario')).not.to.equal(hashOf(2, 'scenario'));
  });

  it('spreads evenly, and stays within its bounds', () => {
    const random = new Random(7);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 4000; draw++) {
      const value = random.int(1, 4);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const weighted = { rare: 0, often: 0 };
    for (let draw = 0; draw < 4000; draw++)
      weighted[
        random.weighted([
          [1, 'rare'],
          [9, 'often'],
        ] as const)
      ]++;
    expect([...counts.keys()].sort((a, b) => a - b)).to.deep.equal([1, 2, 3, 4]);
    for (const count of counts.values()) expect(count).to.be.within(850, 1150);
    expect(weighted.rare).to.be.within(300, 500);
    expect(() => random.pick([])).to.throw(RangeError);
  });
});
