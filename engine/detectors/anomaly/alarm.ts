/**
 * When strangeness is an alarm. Two things keep alarms few. After one, for 60 values, only a score three times as high
 * is another. And each alarm raises the score that the next one takes by half, which is lost again at the rate of the
 * alarms that are accepted: so on any series whatsoever, in the long run, there are no more alarms than that
 * (quantile tracking; Gibbs and Candès 2021, "Adaptive Conformal Inference Under Distribution Shift", Angelopoulos,
 * Candès and Tibshirani 2023, "Conformal PID Control"). At most `freeAlarms` come on top, in the whole life of a series.
 * The numbers of one series stand in a shared array, from `at`.
 */
import { strangest } from './views.ts';

/** Strangeness that is an alarm while there were none: NAB's standard profile is best there, see docs/adr/022-anomaly.md. */
export const alarmAt = 0.22;
export const holdOffValues = 60;
export const holdOffFactor = 3;
const raise = 1.5;
/** Alarms there can be beyond those accepted: after so many no score is high enough. */
export const freeAlarms = Math.ceil(Math.log(strangest / alarmAt) / Math.log(raise));

/** A score is worth half after so many values, or so long, whichever is sooner. */
const fadingValues = 15;
const fadingMs = 900_000;

/** What a score is worth after one more value, where one comes every so often: an alarm lasts until its score has faded. */
export const fadingOf = (everyMs: number): number => 2 ** (-1 / Math.min(fadingValues, fadingMs / everyMs));

const last = 0;
const since = 1;
/** How many times over the level is raised. */
const raised = 2;
export const alarmSize = 3;

/** Takes the strangeness of one more value; answers whether it is an alarm. */
export function alarms(state: Float64Array, at: number, strangeness: number, acceptedPerValue: number): boolean {
  const highest = state[at + last] as number;
  const values = (state[at + since] as number) + 1;
  const times = Math.max(0, (state[at + raised] as number) - acceptedPerValue);
  state[at + since] = values;
  state[at + raised] = times;
  if (strangeness < alarmAt || strangeness < alarmAt * raise ** times) return false;
  if (isHeldOff(strangeness, highest, values)) return false;
  state[at + last] = strangeness;
  state[at + since] = 0;
  state[at + raised] = times + 1;
  return true;
}

/** Whether an alarm of strangeness `highest`, so many values ago, silences this one. */
export const isHeldOff = (strangeness: number, highest: number, values: number): boolean =>
  highest > 0 && values <= holdOffValues && strangeness <= holdOffFactor * highest;
