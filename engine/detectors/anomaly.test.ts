import { expect } from 'chai';
import { metrics } from '../metrics.ts';
import { gauss, random } from './anomaly/testing/healthy.ts';
import type { DetectorBank } from './detector.ts';
import { compileDetector } from './registry.ts';

const startMs = Date.UTC(2026, 0, 1);
const stepMs = 60_000;

function bankOf(parameters: object): DetectorBank {
  const detector = compileDetector(
    { anomaly: { direction: 'Both', everySeconds: 60, minDeviation: '10m', falseAlarmsPerWeek: 100, ...parameters } },
    metrics[0],
  );
  if (!('create' in detector)) throw new Error(JSON.stringify(detector));
  const bank = detector.create();
  bank.grow(1);
  return bank;
}

/** Steps at which the detector begins to fire. */
function alarms(bank: DetectorBank, values: Iterable<number>, from = 0): number[] {
  const slots = Int32Array.of(0);
  const lastSampleMs = Float64Array.of(startMs);
  const groups = Int32Array.of(-1);
  const began: number[] = [];
  let step = from;
  for (const value of values) {
    const was = bank.firing[0];
    bank.judge({
      slots,
      length: 1,
      values: Float64Array.of(value),
      tMs: startMs + step * stepMs,
      lastSampleMs,
      groups,
    });
    if (was === 0 && bank.firing[0] !== 0) began.push(step);
    step++;
  }
  return began;
}

const noiseOf = (steps: number, seed: number): number[] => {
  const next = random(seed);
  return Array.from({ length: steps }, () => 1 + 0.1 * gauss(next));
};

describe('anomaly', () => {
  for (const [name, parameters, delta, expected] of [
    ['a jump up, looking both ways', {}, 1, true],
    ['a jump down, looking both ways', {}, -1, true],
    ['a jump up, looking above', { direction: 'Above' }, 1, true],
    ['a jump down, looking above', { direction: 'Above' }, -1, false],
    ['a jump up, looking below', { direction: 'Below' }, 1, false],
    ['a jump down, looking below', { direction: 'Below' }, -1, true],
    ['a jump that is too small to matter', { minDeviation: '20' }, 1, false],
  ] as const)
    it(`${expected ? 'sees' : 'does not see'} ${name}`, () => {
      const values = noiseOf(1000, 7).map((value, i) => (i >= 900 && i < 910 ? value + delta : value));
      const seen = alarms(bankOf(parameters), values).filter((step) => step >= 900 && step < 930);
      expect(seen.length > 0).to.equal(expected);
    });

  it('sees that one night is not as quiet as the others', () => {
    const next = random(3);
    const day = (step: number): number => 1 + Math.sin((step / 1440) * 2 * Math.PI) + 0.03 * gauss(next);
    const values = Array.from({ length: 1440 * 6 }, (_, i) => (i >= 8000 && i < 8060 ? 1.4 : day(i)));
    expect(day(8030)).to.be.lessThan(0.8);
    expect(alarms(bankOf({}), values).filter((step) => step >= 8000 && step < 8060)).to.have.length.greaterThan(0);
  });

  it('holds off: a level that stays is told once', () => {
    const values = noiseOf(1200, 5).map((value, i) => (i >= 900 ? value + 2 : value));
    expect(alarms(bankOf({}), values).filter((step) => step >= 900)).to.have.length(1);
  });

  it('alarms on noise of several kinds at most twice in 1,000 values', () => {
    const kinds: ((next: () => number, before: number) => number)[] = [
      (next) => gauss(next),
      (next) => next(),
      (next) => -Math.log(1 - next()),
      (next) => Math.floor(3 * next()),
      (_next, before) => before * 0.95 + gauss(_next),
    ];
    for (const [kind, make] of kinds.entries()) {
      const next = random(kind + 1);
      let value = 0;
      const values = Array.from({ length: 20_000 }, () => (value = make(next, value)));
      expect(alarms(bankOf({}), values), `kind ${kind}`).to.have.length.lessThan(40);
    }
  });

  for (const [name, change, found] of [
    ['a value', (i: number) => (i === 900 ? 4 : 0), /^5\d\d%, above all it has been \(at most 1\d\d%\); so strange/],
    ['a level', (i: number) => (i < 900 ? 0 : (i - 900) * 0.004), /than ever|mean|it has/],
  ] as const)
    it(`says what it found: ${name}`, () => {
      const bank = bankOf({});
      const usual = noiseOf(1200, 7);
      let step = 0;
      while (step < 1200 && alarms(bank, [(usual[step] ?? 0) + change(step)], step).length === 0) step++;
      expect(bank.finding(0))
        .to.match(found)
        .and.match(/; so strange once in .+ at most$/);
      expect(bank.confidence(0)).to.be.greaterThan(0.99);
    });

  it('says of what is too low that it is too low', () => {
    const bank = bankOf({ direction: 'Below' });
    alarms(bank, [...noiseOf(900, 7), -1]);
    expect(bank.finding(0)).to.match(/^-100%, below all it has been \(at least \d\d(\.\d)?%\)/);
  });

  it('fires at nothing that deviates by no more than matters, however flat the series was', () => {
    for (const values of [
      Array.from({ length: 2000 }, (_, i) => (i < 1000 ? 5 : 5.9)),
      Array.from({ length: 2000 }, (_, i) => 5 + (i < 1000 ? 0 : 0.9 * Math.sin(i))),
    ])
      expect(alarms(bankOf({ minDeviation: '1' }), values)).to.deep.equal([]);
    const values = Array.from({ length: 2000 }, (_, i) => (i < 1000 ? 5 : 7));
    expect(alarms(bankOf({ minDeviation: '1' }), values)).to.have.length(1);
  });

  it('looks at its aggregate as often as it is told, whatever the rate of the samples', () => {
    const bank = bankOf({ everySeconds: 10 });
    const slots = Int32Array.of(0);
    const give = (tMs: number, value: number): void => {
      bank.judge({
        slots,
        length: 1,
        values: Float64Array.of(value),
        tMs,
        lastSampleMs: Float64Array.of(startMs),
        groups: Int32Array.of(-1),
      });
    };
    give(startMs, 1);
    const after = bank.save(0);
    for (let ms = 1000; ms < 10_000; ms += 1000) give(startMs + ms, 5);
    expect(bank.save(0)).to.deep.equal(after);
    give(startMs + 10_000, 1);
    expect(bank.save(0)).not.to.deep.equal(after);
  });

  for (const absurd of [1e160, -1e300, Infinity, NaN])
    it(`is not blinded by ${absurd}`, () => {
      const bank = bankOf({});
      const values = noiseOf(1500, 5);
      values[1000] = absurd;
      expect(alarms(bank, [...values, 9]))
        .to.include(1500)
        .and.not.include(1000);
      expect(Array.from(bank.save(0)).every(Number.isFinite)).to.equal(true);
    });

  it('wants to know which deviation matters', () => {
    expect(
      JSON.stringify(compileDetector({ anomaly: { minDeviation: '0', direction: 'Both' } }, metrics[0])),
    ).to.include('must be more than 0');
  });
});
