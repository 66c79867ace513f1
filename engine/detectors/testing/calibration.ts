import { gauss, healthy, random, seriesOf } from '../anomaly/testing/healthy.ts';
import type { DetectorBank } from '../detector.ts';
import { compiled } from './one-series.ts';

export const confidences = [0.9, 0.99, 0.999] as const;

/** Of all looks at what is as it should be: the share that was said not to be, with so much confidence or more. */
export type WrongShares = Readonly<Record<string, readonly number[]>>;

export interface CalibrationFigures {
  readonly peers: WrongShares;
  readonly forecast: WrongShares;
  readonly changePoint: WrongShares;
  readonly burnRate: WrongShares;
}

const metric = 'system.cpu.utilization';

/** Counts looks, and those at which a slot fires with each confidence. */
class Tally {
  #looks = 0;
  readonly #wrong = confidences.map(() => 0);

  look(bank: DetectorBank, slot: number, isNews = true): void {
    this.#looks++;
    if (!isNews || bank.firing[slot] === 0) return;
    const sure = bank.confidence(slot);
    for (const [i, confidence] of confidences.entries())
      if (sure >= confidence) this.#wrong[i] = (this.#wrong[i] ?? 0) + 1;
  }

  get shares(): readonly number[] {
    return this.#wrong.map((count) => count / this.#looks);
  }
}

/** A detector for `slots` targets in one group, given a value of each at a time. */
function runOf(
  detect: object,
  slots: number,
): { bank: DetectorBank; judge: (values: Float64Array, tMs: number) => void } {
  const bank = compiled(detect, metric).create();
  bank.grow(slots);
  const batch = {
    slots: Int32Array.from({ length: slots }, (_, i) => i),
    length: slots,
    lastSampleMs: new Float64Array(slots),
    groups: new Int32Array(slots),
  };
  return { bank, judge: (values, tMs) => bank.judge({ ...batch, values, tMs }) };
}

/** Nothing was fitted to these seeds. */
export const calibrationFigures = (looks = 400_000): CalibrationFigures => ({
  peers: peersFigures(looks),
  forecast: forecastFigures(looks / 40),
  changePoint: changePointFigures(looks / 4),
  burnRate: burnRateFigures(looks),
});

/** How the members of groups may be spread; nothing was fitted to the last four. */
const spreads: Readonly<Record<string, (next: () => number, before: number, step: number) => number>> = {
  ...Object.fromEntries(
    Object.entries(healthy).filter(([kind]) => ['normal', 'exponential', 'heavy tails', 'lognormal'].includes(kind)),
  ),
  'Weibull, 0.7': (next) => (-Math.log(1 - next())) ** (1 / 0.7),
  'Pareto, 3': (next) => (1 - next()) ** (-1 / 3),
  even: (next) => next(),
  'two exponentials': (next) => (next() < 0.5 ? 1 : -1) * Math.log(1 - next()),
  'squares of normal': (next) => gauss(next) ** 2,
  'heavier tails': (next) => gauss(next) / Math.sqrt((gauss(next) ** 2 + gauss(next) ** 2) / 2),
};

/** Groups whose members differ by chance alone. */
function peersFigures(looks: number): WrongShares {
  const out: Record<string, readonly number[]> = {};
  for (const members of [4, 6, 10, 30, 100])
    for (const [kind, make] of Object.entries(spreads)) {
      const series = seriesOf(make, looks, 301 + members);
      const { bank, judge } = runOf(
        { peers: { minDeviation: '1u', deviations: 2, direction: 'Both', minPeers: 3 } },
        members,
      );
      const tally = new Tally();
      for (let at = 0; at + members <= looks; at += members) {
        judge(series.subarray(at, at + members), at);
        for (let slot = 0; slot < members; slot++) tally.look(bank, slot);
      }
      out[`${kind}, groups of ${members}`] = tally.shares;
    }
  return out;
}

/** Lines that reach the level just when it is asked for, and not sooner; the last of their points is the look. */
function forecastFigures(lines: number): WrongShares {
  const noises = {
    normal: (next: () => number) => gauss(next),
    'heavy tails': (next: () => number) =>
      gauss(next) / Math.sqrt((gauss(next) ** 2 + gauss(next) ** 2 + gauss(next) ** 2) / 3),
    'what follows from itself': (next: () => number, before: number) => 0.7 * before + gauss(next),
    'what follows long from itself': (next: () => number, before: number) => 0.95 * before + gauss(next),
  };
  const out: Record<string, readonly number[]> = {};
  const [points, withinSeconds] = [24, 240];
  for (const [kind, noise] of Object.entries(noises)) {
    const next = random(302);
    const { bank, judge } = runOf(
      { forecast: { reaches: '0', withinSeconds, overSeconds: 10 * points, direction: 'Rising' } },
      1,
    );
    const tally = new Tally();
    const value = new Float64Array(1);
    for (let line = 0; line < lines; line++) {
      bank.reset(0);
      let off = 0;
      let was = 0;
      for (let i = 0; i <= points; i++) {
        was = bank.firing[0] ?? 0;
        off = noise(next, off);
        const secondsLeft = withinSeconds + 10 * (points - i);
        value[0] = -secondsLeft / 10 + off;
        judge(value, i * 10_000);
      }
      // What fires already is asked for less, and is another case.
      if (was === 0) tally.look(bank, 0);
    }
    out[kind] = tally.shares;
  }
  return out;
}

/** Levels that do not change; looks at which it says so for the first time. */
function changePointFigures(looks: number): WrongShares {
  const out: Record<string, readonly number[]> = {};
  for (const [kind, make] of Object.entries(healthy)) {
    const { bank, judge } = runOf(
      {
        changePoint: {
          minDeviation: '1u',
          direction: 'Both',
          everySeconds: 10,
          holdSeconds: 10,
          falseAlarmsPerWeek: 1000,
        },
      },
      1,
    );
    const tally = new Tally();
    const series = seriesOf(make, looks, 303);
    let was = false;
    for (let i = 0; i < looks; i++) {
      judge(series.subarray(i, i + 1), i * 10_000);
      tally.look(bank, 0, !was);
      was = bank.firing[0] !== 0;
    }
    out[kind] = tally.shares;
  }
  return out;
}

/** Of `speed: Fast`: the factor that is reached first, and over how long. */
const slowest = 6;
const longSeconds = 3600;

/** Targets that burn their budget just as fast as they may. */
function burnRateFigures(looks: number): WrongShares {
  const out: Record<string, readonly number[]> = {};
  for (const [objective, budget] of [
    ['99.9%', 0.001],
    ['99%', 0.01],
    ['95%', 0.05],
  ] as const) {
    const { bank, judge } = runOf(
      { burnRate: { objective, periodSeconds: longSeconds * 120, above: '0.5', speed: 'Fast', minTraffic: 60 } },
      1,
    );
    const next = random(304);
    const tally = new Tally();
    const value = new Float64Array(1);
    for (let i = 0; i < looks; i++) {
      value[0] = next() < slowest * budget ? 1 : 0;
      judge(value, i * 1000);
      if (i > longSeconds) tally.look(bank, 0);
    }
    out[objective] = tally.shares;
  }
  return out;
}
