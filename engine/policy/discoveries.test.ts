import { expect } from 'chai';
import fc from 'fast-check';
import { gauss, random } from '../detectors/anomaly/testing/healthy.ts';
import { normalBelow } from '../normal.ts';
import { Discoveries } from './discoveries.ts';

const withinMs = 60_000;
const gate = (share = 0.05, looks = 1): Discoveries => new Discoveries({ share, withinMs, looks });

/** Benjamini and Hochberg as it is in their paper: the least `k` chances, `k` as large as can be. */
function stepUp(chances: readonly number[], share: number): number[] {
  const sorted = chances.map((chance, slot) => [chance, slot] as const).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const k = sorted.findLastIndex(([chance], i) => chance * chances.length <= share * (i + 1)) + 1;
  return sorted.slice(0, k).map(([, slot]) => slot);
}

describe('discoveries', () => {
  it('are those of the step-up procedure, at one look', () => {
    const chances = fc.array(
      fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x ** 6),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(chances, (all) => {
        const discoveries = gate(0.2);
        for (const [slot, chance] of all.entries()) discoveries.offer(slot, chance);
        expect(discoveries.settle(0, all.length)).to.deep.equal(stepUp(all, 0.2));
      }),
    );
  });

  it('count each look', () => {
    for (const [chance, found] of [
      [0.0005, [1]],
      [0.00051, []],
    ] as const) {
      const discoveries = gate(0.05, 10);
      discoveries.offer(1, chance);
      expect(discoveries.settle(0, 10)).to.deep.equal(found);
    }
  });

  it('let those through that waited, once there are more like them', () => {
    const discoveries = gate();
    discoveries.offer(7, 0.008);
    expect(discoveries.settle(0, 10)).to.deep.equal([]);
    expect(discoveries.heldBack).to.equal(1);
    discoveries.offer(3, 0.004);
    expect(discoveries.settle(59_999, 10)).to.deep.equal([3, 7]);
    expect(discoveries.heldBack).to.equal(0);
    discoveries.offer(8, 0.015);
    expect(discoveries.settle(59_999, 10)).to.deep.equal([8]);
  });

  it('begin anew with each stretch of time, and what was known in the one before is no news', () => {
    const discoveries = gate();
    for (const slot of [1, 2]) discoveries.offer(slot, 0);
    discoveries.offer(3, 0.016);
    expect(discoveries.settle(0, 10)).to.deep.equal([1, 2]);
    discoveries.offer(3, 0.016);
    discoveries.offer(4, 0.004);
    expect(discoveries.settle(60_000, 10)).to.deep.equal([4]);
    discoveries.offer(5, 0);
    discoveries.offer(6, 0);
    expect(discoveries.settle(60_000, 10)).to.deep.equal([5, 6]);
    discoveries.offer(3, 0.0159);
    expect(discoveries.settle(60_000, 10)).to.deep.equal([3]);
  });

  it('count a target once, however often it begins to fire', () => {
    const discoveries = gate();
    for (const times of [1, 2]) {
      discoveries.offer(1, 0.001);
      expect(discoveries.settle(times, 10), `time ${times}`).to.deep.equal([1]);
    }
    discoveries.offer(2, 0.012);
    expect(discoveries.settle(3, 10)).to.deep.equal([]);
    discoveries.end(1);
    discoveries.withdraw(2);
    expect(discoveries.settle(4, 10)).to.deep.equal([]);
    expect(discoveries.heldBack).to.equal(0);
  });

  // What is found, look by look, in stretches of 6 looks; 1,000 targets, some of which are strange from a look on.
  for (const bad of [0, 10, 100])
    it(`are false in no more than the share of all cases, of which ${bad} of 1,000 targets are right`, () => {
      const next = random(7 + bad);
      const [targets, looks, stretches, share] = [1000, 6, 300, 0.1];
      let mean = 0;
      let found = 0;
      for (let stretch = 0; stretch < stretches; stretch++) {
        const discoveries = gate(share, looks);
        const through = new Set<number>();
        for (let look = 0; look < looks; look++) {
          const shared = gauss(next);
          for (let slot = 0; slot < targets; slot++) {
            const z = Math.SQRT1_2 * (shared + gauss(next)) + (slot < bad && look >= slot % looks ? 5 : 0);
            // What does not fire is not offered, and what was is not taken back within a minute.
            if (z > 2) discoveries.offer(slot, normalBelow(-z));
          }
          for (const slot of discoveries.settle(look, targets)) through.add(slot);
        }
        const wrong = [...through].filter((slot) => slot >= bad).length;
        mean += wrong / Math.max(1, through.size) / stretches;
        found += through.size - wrong;
      }
      // Three deviations of a mean of proportions between 0 and 1.
      expect(mean).to.be.at.most(share + 3 * Math.sqrt((share * (1 - share)) / stretches));
      if (bad > 0) expect(found / stretches / bad).to.be.greaterThan(0.3);
    });
});
