import { expect } from 'chai';
import { compiled, noise, OneSeries, stepMs } from './testing/one-series.ts';

const percent = (parameters: object): OneSeries =>
  new OneSeries(
    compiled(
      { forecast: { reaches: '100%', withinSeconds: 600, overSeconds: 240, direction: 'Rising', ...parameters } },
      'k8s.container.memory.limit_utilization',
    ).create(),
  );
const minute = 60_000 / stepMs;

/** What the detector says at its first firing step, and which that is. */
function first(series: OneSeries, values: (i: number) => number, steps = 400): [number, string] | undefined {
  for (let i = 0; i < steps; i++) if (series.give(values(i))) return [i, series.says[2]];
  return undefined;
}

describe('forecast', () => {
  it('says when a leak reaches the limit, and is right', () => {
    // 2 % a minute from 30 %: full after 35 minutes, 10 minutes away after 25.
    const [step, says] = first(percent({}), (i) => 0.3 + (0.02 * i) / minute) ?? [0, ''];
    expect(step / minute).to.be.within(25, 25.5);
    expect(says).to.match(/^reaches 100% in (10 min|9 min \d+ s) at \+2%\/min$/);
  });

  it('bears that one point in four is wild', () => {
    const wild = (i: number): number => 0.3 + (0.02 * i) / minute + (i % 4 === 1 ? 3 * noise(i) : 0);
    const [step = 0] = first(percent({ overSeconds: 240 }), wild) ?? [];
    expect(step / minute).to.be.within(22, 28);
  });

  it('looks down where it is told to', () => {
    const falling = percent({ reaches: '0', direction: 'Falling' });
    const [step, says] = first(falling, (i) => 0.7 - (0.02 * i) / minute) ?? [0, ''];
    expect(step / minute).to.be.within(25, 25.5);
    expect(says).to.match(/^reaches 0 in .* at -2%\/min$/);
    expect(first(percent({}), (i) => 0.9 - (0.02 * i) / minute, 300)).to.equal(undefined);
  });

  it('says so when the level is reached', () => {
    const series = percent({});
    for (let i = 0; i < 100; i++) series.give(1.1);
    expect(series.says).to.deep.equal([true, 1, 'is at 100%']);
  });

  const quiet: readonly (readonly [what: string, values: (i: number) => number])[] = [
    ['a leak that is too slow', (i) => 0.3 + (0.001 * i) / minute],
    ['a start that levels off', (i) => 0.6 * (1 - Math.exp(-i / 2))],
    ['a cache that is filled at once', (i) => (i < 60 ? 0.2 : 0.85)],
    ['a sawtooth of one minute', (i) => 0.5 + (0.3 * (i % 6)) / 6],
    ['one value beyond the level', (i) => (i === 80 ? 5 : 0.5)],
    ['noise', (i) => 0.6 + 0.2 * noise(i)],
    ['a leak seen for less than half of the past', (i) => (i < 10 ? 0.3 + 0.02 * i : NaN)],
  ];
  for (const [what, values] of quiet)
    it(`is quiet about ${what}`, () => expect(first(percent({}), values)).to.equal(undefined));

  it('is over when the leak is', () => {
    const series = percent({});
    first(series, (i) => 0.3 + (0.02 * i) / minute);
    let steps = 0;
    while (series.give(0.8) && steps < 100) steps++;
    expect(steps * stepMs).to.be.at.most(240_000);
  });

  it('lets go of what is older than the past it looks at', () => {
    // Sixty seconds of a leak after a silence of ten minutes are not half of four minutes.
    const values = (i: number): number => (i < 14 ? 0.1 + 0.005 * i : i < 80 ? NaN : 0.7 + 0.02 * (i - 80));
    expect(first(percent({}), values, 87)).to.equal(undefined);
    expect(first(percent({}), values, 95)).not.to.equal(undefined);
  });

  it('does not begin again and again where it is undecided', () => {
    // Without any slack it would begin twice as often as there are series.
    let begins = 0;
    for (let seed = 0; seed < 40; seed++) {
      const series = percent({});
      for (let i = 0, was = false; i < 34 * minute; i++) {
        const is = series.give(0.3 + (0.02 * i) / minute + 0.03 * (noise(i + 777 * seed) - 0.5));
        if (is && !was) begins++;
        was = is;
      }
    }
    expect(begins).to.be.within(40, 75);
  });

  it('is as sure as it is right: slopes that just do not suffice seldom fire', () => {
    // At the twenty-fifth minute the level is 11 minutes away, at noise of a tenth of what is to come.
    let fired = 0;
    for (let seed = 0; seed < 200; seed++) {
      const series = percent({});
      const hit = first(
        series,
        (i) => 0.3 + (0.0175 * i) / minute + 0.04 * (noise(i + 1000 * seed) - 0.5),
        28 * minute,
      );
      if (hit !== undefined) fired++;
    }
    // Many looks at 5 % each, which are not independent.
    expect(fired).to.be.lessThan(60);
  });
});
