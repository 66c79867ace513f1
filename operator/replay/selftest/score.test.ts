import { expect } from 'chai';
import { mostExpected, precisionOf, scoreOf } from './score.ts';

const trial = (delayMs?: number) => ({ delayMs, withinMs: 60_000 });

describe('the score of a self-test', () => {
  it('counts, and gives the delays that half and nine tenths do not exceed', () => {
    const delays = Array.from({ length: 10 }, (_, i) => trial((i + 1) * 1000));
    expect(scoreOf([...delays, trial(), trial()])).to.deep.equal({
      injected: 12,
      detected: 10,
      rate: 10 / 12,
      delaySeconds: { p50: 5, p90: 9 },
    });
    expect(scoreOf([])).to.deep.equal({ injected: 0, detected: 0 });
    expect(scoreOf([trial()])).to.deep.equal({ injected: 1, detected: 0, rate: 0 });
  });

  it('bounds what was not seen', () => {
    // Tables of the Poisson distribution.
    for (const [seen, most] of [
      [0, 2.996],
      [1, 4.744],
      [5, 10.513],
      [10, 16.962],
    ] as const)
      expect(mostExpected(seen)).to.be.closeTo(most, 0.001);
  });

  it('is right as often as faults are among the alarms', () => {
    // Half of two faults a week are found; one false alarm in 168 target-hours.
    const { share, random, falseAlarmsPerWeek } = precisionOf([trial(1000), trial()], 1, 168, 2);
    expect([falseAlarmsPerWeek, share]).to.deep.equal([1, 0.5]);
    // Two alarms a week, at random: each hits one of two minutes of the week's 10,080.
    expect(random.share).to.be.closeTo(2 / 10_080, 1e-6);
    expect(random.detectionRate).to.be.closeTo(2 / 10_080, 1e-6);
  });
});
