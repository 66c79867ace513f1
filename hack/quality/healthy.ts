import { look, Sight, viewsSize } from '../../engine/detectors/anomaly/look.ts';
import { learn, placeOf, rank, tailSize } from '../../engine/detectors/anomaly/tail.ts';
import { healthy, seriesOf } from '../../engine/detectors/anomaly/testing/healthy.ts';
import { strangenessOf } from '../../engine/detectors/anomaly/views.ts';
import { compiled } from '../../engine/detectors/testing/one-series.ts';

/** What is said of series in which nothing is wrong. */
export interface HealthyFigures {
  /** Of values said to be strange with this confidence or more: their share of all values, kind by kind. */
  readonly wrongAt: Readonly<Record<'0.9' | '0.99' | '0.999', Readonly<Record<string, number>>>>;
  /** Alarms a series and day where one a week is accepted, by seconds between values, in the first week and after it. */
  readonly alarmsPerDay: Readonly<Record<string, { readonly firstWeek: number; readonly later: number }>>;
}

const seeds = [101, 102, 103];
const steps = 40_000;
const learnt = 2000;

/** Series of every kind, a value a minute, or as often as said; random numbers that nothing was fitted to. */
export function healthyFigures(): HealthyFigures {
  const wrong = (confidence: number): Record<string, number> =>
    Object.fromEntries(
      Object.entries(healthy).map(([kind, make]) => [
        kind,
        seeds.reduce((sum, seed) => sum + wrongShare(seriesOf(make, steps, seed), confidence), 0) / seeds.length,
      ]),
    );
  return {
    wrongAt: { '0.9': wrong(0.9), '0.99': wrong(0.99), '0.999': wrong(0.999) },
    alarmsPerDay: { 'every 10 s': alarmsPerDay(10, 2), 'every 60 s': alarmsPerDay(60, 5) },
  };
}

function wrongShare(values: Float64Array, confidence: number): number {
  const state = new Float64Array(viewsSize + tailSize);
  const sight = new Sight();
  const sensitivity = { tails: { upper: true, lower: true }, least: 0.001, forgetAfter: 20_000 };
  let wrong = 0;
  for (const [i, value] of values.entries()) {
    sight.given[0] = value;
    sight.given[1] = i * 60_000;
    look(state, 0, sensitivity, sight);
    const place = placeOf(strangenessOf(sight.scores), sight.far[0] ?? 0);
    if (i >= learnt && 1 - rank(state, viewsSize, place) >= confidence) wrong++;
    learn(state, viewsSize, place);
  }
  return wrong / (values.length - learnt);
}

/** The detector as a policy has it, for some weeks. */
function alarmsPerDay(everySeconds: number, weeks: number): { firstWeek: number; later: number } {
  const perWeek = 604_800 / everySeconds;
  const parameters = { minDeviation: '1m', direction: 'Both', everySeconds, falseAlarmsPerWeek: 1 };
  const detector = compiled({ anomaly: parameters }, 'system.cpu.utilization');
  const counts = { firstWeek: 0, later: 0 };
  const kinds = Object.values(healthy);
  for (const make of kinds) {
    const bank = detector.create();
    bank.grow(1);
    const values = new Float64Array(1);
    const [slots, lastSampleMs, groups] = [new Int32Array(1), new Float64Array(1), new Int32Array(1)];
    for (const [i, value] of seriesOf(make, weeks * perWeek, 104).entries()) {
      values[0] = value;
      const was = bank.firing[0];
      bank.judge({ slots, length: 1, values, tMs: i * everySeconds * 1000, lastSampleMs, groups });
      if (was === 0 && bank.firing[0] === 1) counts[i < perWeek ? 'firstWeek' : 'later']++;
    }
  }
  return {
    firstWeek: counts.firstWeek / kinds.length / 7,
    later: counts.later / kinds.length / (7 * (weeks - 1)),
  };
}
