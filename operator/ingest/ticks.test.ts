import { expect } from 'chai';
import fc from 'fast-check';
import { Ticks } from './ticks.ts';

describe('Ticks', () => {
  const cases: [name: string, times: number[], moments: number[]][] = [
    ['begins without a tick', [1000], []],
    ['are multiples of 200 ms', [1050, 1350, 1399, 1400], [1200, 1400]],
    ['include every one that was passed', [1000, 1650], [1200, 1400, 1600]],
    ['never go back', [1000, 1400, 1100, 1400], [1200, 1400]],
  ];
  for (const [name, times, moments] of cases) {
    it(name, () => {
      const ticks = new Ticks();
      expect(times.flatMap((time) => ticks.until(time))).to.deep.equal(moments);
    });
  }

  it('pass a long silence in at most a hundred steps', () => {
    const ticks = new Ticks();
    ticks.until(0);
    const moments = ticks.until(3_600_050);
    expect([moments.length, moments[0], moments.at(-1)]).to.deep.equal([100, 36_000, 3_600_000]);
  });

  it('are the same whether time is told in one step or many', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 60 }), (steps) => {
        const [often, once] = [new Ticks(), new Ticks()];
        once.until(0);
        often.until(0);
        let nowMs = 0;
        const told = steps.flatMap((step) => often.until((nowMs += step)));
        expect(told).to.deep.equal(once.until(nowMs));
      }),
    );
  });

  it('says how far it is ahead of a clock that was set back', () => {
    const ticks = new Ticks();
    expect(ticks.aheadOf(5000)).to.equal(0);
    ticks.until(10_000);
    expect([ticks.aheadOf(10_150), ticks.aheadOf(4000)]).to.deep.equal([0, 6000]);
  });
});
