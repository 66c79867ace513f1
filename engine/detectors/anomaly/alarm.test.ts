import { expect } from 'chai';
import fc from 'fast-check';
import { alarms, alarmSize, fadingOf, freeAlarms } from './alarm.ts';
import { strangest } from './views.ts';

/** How many values of a series are alarms. */
function count(strangeness: Iterable<number>, acceptedPerValue: number): number {
  const state = new Float64Array(alarmSize);
  let alarmed = 0;
  for (const value of strangeness) if (alarms(state, 0, value, acceptedPerValue)) alarmed++;
  return alarmed;
}

describe('anomaly: alarms', () => {
  it('are no more than accepted, and seven, whatever the series does', () => {
    const run = fc.record({ strangeness: fc.double({ min: 0, max: strangest, noNaN: true }), values: fc.nat(2000) });
    const accepted = fc.constantFrom(1 / 10_000, 1 / 1000, 1 / 100);
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 20 }), accepted, (runs, acceptedPerValue) => {
        const series = runs.flatMap(({ strangeness, values }) =>
          Array.from({ length: values }, (_, i) => (i % 61 === 0 ? strangeness : 0)),
        );
        expect(count(series, acceptedPerValue)).to.be.at.most(freeAlarms + series.length * acceptedPerValue);
      }),
    );
    expect(freeAlarms).to.equal(7);
  });

  it('come at the accepted rate where everything is strange', () =>
    expect(
      count(
        Array.from({ length: 100_000 }, () => strangest),
        1 / 1000,
      ),
    ).to.be.within(100, 107));

  for (const [everySeconds, values] of [
    [10, 15],
    [60, 15],
    [300, 3],
  ] as const)
    it(`have faded by half after ${values} values, where one comes every ${everySeconds} s`, () =>
      expect(fadingOf(everySeconds * 1000) ** values).to.be.closeTo(0.5, 1e-12));

  it('do not come again for 60 values, unless three times as strange', () => {
    const quiet = Array.from<number>({ length: 58 }).fill(0);
    expect(count([0.3, 0.8, ...quiet, 0.8, 0], 1)).to.equal(1);
    expect(count([0.3, 0.95], 1)).to.equal(2);
    expect(count([0.3, ...quiet, 0, 0, 0.8], 1)).to.equal(2);
  });
});
