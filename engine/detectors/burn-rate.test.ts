import { expect } from 'chai';
import fc from 'fast-check';
import { metricNamed, type Metric } from '../metrics.ts';
import { pairsOf } from './burn-rate/pairs.ts';
import { BurnWindows, burnWindowsSize } from './burn-rate/windows.ts';
import { compileDetector } from './registry.ts';
import { compiled, OneSeries } from './testing/one-series.ts';

const day = 86_400;

describe('pairs of windows', () => {
  const told = (...args: Parameters<typeof pairsOf>): string[] =>
    pairsOf(...args).map(
      ({ longSeconds, shortSeconds, factor }) =>
        `${Math.round(longSeconds)} ${Math.round(shortSeconds)} ${Number(factor.toPrecision(6))}`,
    );

  it('are those of the literature for 30 days', () => {
    expect(told(30 * day, 0.001, 'Any')).to.deep.equal([
      '3600 300 14.4',
      '21600 1800 6',
      '86400 7200 3',
      '259200 21600 1',
    ]);
  });

  it('scale with the period, and keep their factors', () => {
    expect(told(7 * day, 0.001, 'Fast')).to.deep.equal(['840 70 14.4', '5040 420 6']);
    expect(told(day, 0.001, 'Slow')).to.deep.equal(['2880 240 3', '8640 720 1']);
  });

  it('are left out when no target can burn so fast', () => {
    expect(told(30 * day, 0.1, 'Any')).to.deep.equal(['21600 1800 6', '86400 7200 3', '259200 21600 1']);
    expect(told(30 * day, 0.5, 'Fast')).to.deep.equal([]);
  });
});

describe('windows of bad values', () => {
  it('hold what a list of all values holds, pane by pane', () => {
    const sample = fc.record({
      gap: fc.constantFrom(0, 500, 1000, 1000, 9000, 70_000),
      bad: fc.constantFrom(0, 1, 0.25),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 200 }), (samples) => {
        const windows = new BurnWindows(60_000);
        const state = new Float64Array(burnWindowsSize);
        const all: { pane: number; bad: number }[] = [];
        let tMs = Date.UTC(2026, 0, 1);
        for (const { gap, bad } of samples) {
          tMs += gap;
          all.push({ pane: Math.floor(tMs / 1000), bad });
          windows.setTime(tMs);
          windows.add(state, 0, bad);
          const share = (panes: number): number => {
            const held = all.filter(({ pane }) => pane > Math.floor(tMs / 1000) - panes);
            return held.reduce((sum, each) => sum + each.bad, 0) / held.length;
          };
          expect(windows.long).to.equal(share(60));
          expect(windows.short).to.equal(share(5));
        }
      }),
    );
  });
});

describe('burnRate', () => {
  const watching = (parameters: object, metric = 'k8s.container.cpu.throttled'): OneSeries =>
    new OneSeries(
      compiled(
        { burnRate: { objective: '99%', periodSeconds: day, speed: 'Any', minTraffic: 10, ...parameters } },
        metric,
      ).create(),
    );
  /** Whether it fires at the last of so many values, one in 10 s. */
  const fires = (parameters: object, values: (i: number) => number, steps: number): boolean => {
    const series = watching(parameters);
    let fired = false;
    for (let i = 0; i < steps; i++) fired = series.give(values(i));
    return fired;
  };
  const bad = (from: number) => (i: number) => (i < from ? 0 : 1);

  for (const [what, parameters, values, steps, expected] of [
    ['half of the budget', {}, (i: number) => (i % 200 === 50 ? 1 : 0), 860, false],
    ['a start with faults', {}, bad(0), 3, false],
    ['2 % bad for a tenth of the period', {}, (i: number) => (i % 50 === 49 ? 1 : 0), 900, true],
    ['2 % bad, where only fast burning matters', { speed: 'Fast' }, (i: number) => (i % 50 === 49 ? 1 : 0), 900, false],
    ['all bad for 20 s', { speed: 'Fast' }, bad(98), 100, true],
    ['all bad for 10 s', { speed: 'Fast' }, bad(99), 100, false],
    ['bad values that have ceased', { speed: 'Fast' }, (i: number) => (i > 90 && i < 100 ? 1 : 0), 112, false],
    ['all bad, and too little traffic', { minTraffic: 20, speed: 'Fast' }, bad(0), 12, false],
    ['values that are bad below a level', { below: '1', speed: 'Fast' }, (i: number) => (i < 98 ? 1 : 0), 100, true],
    [
      'values that are bad above a level',
      { above: '60%', speed: 'Fast' },
      (i: number) => (i < 98 ? 0.6 : 0.61),
      100,
      true,
    ],
    ['shares that are bad in part', { speed: 'Fast' }, (i: number) => (i < 98 ? 0 : 0.9), 100, true],
  ] as const)
    it(`${expected ? 'fires at' : 'is quiet about'} ${what}`, () => {
      expect(fires(parameters, values, steps)).to.equal(expected);
    });

  it('says how fast it burns, and how long the budget would last', () => {
    const series = watching({ speed: 'Fast' });
    for (let i = 0; i < 100; i++) series.give(bad(96)(i));
    const [, confidence, finding] = series.says;
    expect(finding).to.equal(
      'burns 33.3 times the budget over 2 min, 100 over 10 s (limit 14.4); all is gone in 43 min 12 s',
    );
    expect(confidence).to.be.within(0.95, 0.98);
  });

  const refused = (parameters: object, metric: string): string =>
    JSON.stringify(
      compileDetector(
        { burnRate: { objective: '99%', periodSeconds: day, speed: 'Any', minTraffic: 10, ...parameters } },
        metricNamed(metric) as Metric,
      ),
    );
  it('wants to know what is bad, and an objective that can be missed so fast', () => {
    expect(refused({}, 'k8s.container.memory.usage')).to.include('k8s.container.memory.usage is no share');
    expect(refused({ objective: '50%', speed: 'Fast' }, 'k8s.container.cpu.throttled')).to.include(
      'must be Slow or Any',
    );
    expect(refused({ objective: '100%' }, 'k8s.container.cpu.throttled')).to.include('less than \\"100%\\"');
  });
});
