import { expect } from 'chai';
import { metrics } from '../metrics.ts';
import { runLength } from './change-point/run-length.ts';
import { compileDetector } from './registry.ts';
import { compiled, noise, OneSeries } from './testing/one-series.ts';

const defaults = {
  minDeviation: '5%',
  direction: 'Both',
  everySeconds: 10,
  holdSeconds: 300,
  falseAlarmsPerWeek: 1,
};
const watching = (parameters: object = {}): OneSeries =>
  new OneSeries(
    compiled({ changePoint: { ...defaults, ...parameters } }, 'k8s.container.memory.limit_utilization').create(),
  );
/** Normal noise with a deviation of 1. */
const gauss = (i: number): number =>
  Math.sqrt(-2 * Math.log(1 - noise(2 * i))) * Math.cos(2 * Math.PI * noise(2 * i + 1));

/** Steps at which it begins to fire. */
function alarms(series: OneSeries, values: (i: number) => number, steps: number): number[] {
  const found: number[] = [];
  for (let i = 0, was = false; i < steps; i++) {
    const is = series.give(values(i));
    if (is && !was) found.push(i);
    was = is;
  }
  return found;
}

describe('changePoint', () => {
  const steps = (delta: number) => (i: number) => 0.4 + 0.02 * gauss(i) + (i >= 300 ? delta : 0);
  for (const [what, parameters, delta, seen] of [
    ['a step up', {}, 0.1, true],
    ['a step down', {}, -0.1, true],
    ['a step up, looking above', { direction: 'Above' }, 0.1, true],
    ['a step down, looking above', { direction: 'Above' }, -0.1, false],
    ['a step up, looking below', { direction: 'Below' }, 0.1, false],
    ['a step down, looking below', { direction: 'Below' }, -0.1, true],
    ['a step that is too small to matter', { minDeviation: '20%' }, 0.1, false],
  ] as const)
    it(`${seen ? 'sees' : 'does not see'} ${what}`, () => {
      const [first, ...more] = alarms(watching(parameters), steps(delta), 600);
      expect(more).to.deep.equal([]);
      if (seen) expect(first).to.be.within(305, 312);
      else expect(first).to.equal(undefined);
    });

  it('says from what to what, and since when', () => {
    const series = watching();
    alarms(series, steps(0.1), 310);
    const [firing, confidence, finding] = series.says;
    expect([firing, confidence > 0.999]).to.deep.equal([true, true]);
    expect(finding).to.match(
      /^rose from (40|39\.\d|40\.\d)% to (49|5[01])(\.\d)?% since about 00:(49:[3-5]|50:[01])0 UTC$/,
    );
  });

  it('fires for holdSeconds, and then takes the new level for the usual one', () => {
    const series = watching({ holdSeconds: 100 });
    const fired = Array.from({ length: 700 }, (_, i) => series.give(steps(0.1)(i)));
    expect(fired.filter(Boolean)).to.have.length(10);
    expect(alarms(series, (i) => steps(0.1)(700 + i) - 0.1, 100)).to.have.length(1);
  });

  it('looks as often as it is told', () => {
    // Once a minute, so that the hundred values it learns from are as many minutes.
    const slow = (i: number): number => 0.4 + 0.02 * gauss(i) + (i >= 1200 ? 0.1 : 0);
    const [first = 0] = alarms(watching({ everySeconds: 60 }), slow, 1300);
    expect((first - 1200) / 6).to.be.within(5, 12);
    expect(alarms(watching({ everySeconds: 60 }), (i) => slow(i + 700), 560)).to.deep.equal([]);
  });

  for (const [what, values] of [
    ['three values that are beyond everything', (i: number) => steps(0)(i) + (i >= 300 && i < 303 ? 5 : 0)],
    ['a single absurd value while it learns', (i: number) => (i === 50 ? 100 : steps(0)(i))],
    ['a flat line with a wrinkle', (i: number) => (i % 100 === 99 ? 0.44 : 0.4)],
  ] as const)
    it(`is quiet about ${what}`, () => expect(alarms(watching(), values, 800)).to.deep.equal([]));

  it('gives about as many false alarms as are accepted', () => {
    // 60 a week, one in 1,008 values; beside it the mean is known from no more values than that.
    const series = watching({ falseAlarmsPerWeek: 60, minDeviation: '0.01%', holdSeconds: 1 });
    const found = alarms(series, (i) => 0.4 + 0.02 * gauss(i), 60_480 * 2);
    expect(found.length / 2).to.be.within(15, 120);
  });

  it('has the run lengths of the literature', () => {
    // Montgomery, Introduction to Statistical Quality Control: two-sided 465 and 168 for h = 5 and 4, k = 0.5.
    expect(runLength(5, 0.5) / 2).to.be.closeTo(465, 10);
    expect(runLength(4, 0.5) / 2).to.be.closeTo(168, 5);
  });

  it('wants to know which change matters', () => {
    const refused = compileDetector({ changePoint: { ...defaults, minDeviation: '0' } }, metrics[0]);
    expect(JSON.stringify(refused)).to.include('must be more than 0');
  });
});
