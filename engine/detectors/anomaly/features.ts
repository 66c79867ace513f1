import { learningValues, recordSize, score, type Tails } from './record.ts';

/**
 * Seven views of a series, each compared with its own record, in constant time and memory. Constants count values:
 *
 *     f1  the value
 *     f2  the value less the mean of 200
 *     f3  the mean of 30 less the mean of 300
 *     f4  the least of the last 30: the whole window is higher than ever
 *     f5  the value less what is usual at this time of day
 *     f6  the least |f5| of the last 24 while all have one sign, if the series has a daily pattern
 *     f7  a one-sided cumulative sum of what is more than half a deviation above the mean
 */
const features = 7;

// Where the numbers of a series stand, from its first one.
const count = 0;
const previous = 1;
const mean30 = 2;
const mean200 = 3;
const mean300 = 4;
const mean1000 = 5;
const noise = 6;
const center = 7;
const variance = 8;
const cumulated = 9;
/** Mean |f5|, mean |value - mean1000|, how many went into them, and how many f5 in a row have one sign. */
const residual = 10;
const distance = 11;
const residuals = 12;
const run = 13;
/** The present stay in a slot of the day: its sum, how many values, which slot. */
const staySum = 14;
const stayCount = 15;
const staySlot = 16;
const profileSlots = 48;
const lowestOf = 30;
const residualRun = 24;
const lastValues = 17;
const lastResiduals = lastValues + lowestOf;
const profile = lastResiduals + residualRun;
const stays = profile + profileSlots;
const records = stays + profileSlots;

/** Numbers that one series needs. */
export const featuresSize = records + features * recordSize;

/** What of a series is strange. */
export interface Sensitivity {
  readonly tails: Tails;
  /** The smallest deviation that matters, in the unit of the value. */
  readonly least: number;
  /** Values after which half of a record is forgotten. */
  readonly forgetAfter: number;
}

const dayMs = 86_400_000;
const seasonalLearningValues = 288;

/** Scores the next value of the series whose numbers begin at `at`: 0, as ever, to 2.6, strange in every way. */
export function strangeness(state: Float64Array, at: number, x: number, tMs: number, sensitivity: Sensitivity): number {
  const { least, forgetAfter, tails } = sensitivity;
  const forgetting = Math.LN2 / forgetAfter;
  const n = (state[at + count] as number) + 1;
  const fromMean200 = x - (state[at + mean200] as number);
  const fromMean1000 = Math.abs(x - (state[at + mean1000] as number));
  learnLevel(state, at, x, n);
  const level = 0.001 * Math.abs(state[at + mean1000] as number) + least;
  const floor = 6 * (state[at + noise] as number) + level;
  const record = at + records;
  const range = (state[record + 1] as number) - (state[record] as number);

  let total = squared(score(state, record, x, floor, tails, learningValues, forgetting));
  if (n > 60)
    total += squared(score(state, record + recordSize, fromMean200, floor, tails, learningValues, forgetting));
  const drift = (state[at + mean30] as number) - (state[at + mean300] as number);
  total += squared(score(state, record + 2 * recordSize, drift, floor, tails, learningValues, forgetting));
  state[at + lastValues + (n % lowestOf)] = x;
  if (n >= lowestOf) {
    const lowest = smallest(state, at + lastValues, lowestOf);
    total += squared(score(state, record + 3 * recordSize, lowest, floor, upperOf(tails), learningValues, forgetting));
  }
  const off = seasonalResidual(state, at, x, tMs);
  if (!Number.isNaN(off)) {
    total += squared(score(state, record + 4 * recordSize, off, floor, tails, seasonalLearningValues, forgetting));
    if (learnResidual(state, at, off, fromMean1000)) {
      const sustained = Math.abs(state[at + run] as number) >= residualRun;
      const steady = sustained ? Math.sign(off) * smallest(state, at + lastResiduals, residualRun) : 0;
      total += squared(score(state, record + 5 * recordSize, steady, floor, tails, learningValues, forgetting));
    }
  }
  const sum = cumulate(state, at, x, n, 0.001 * range + level);
  total += squared(score(state, record + 6 * recordSize, sum, 0, upperOf(tails), learningValues, forgetting));
  return Math.sqrt(total);
}

const upperOnly: Tails = { upper: true, lower: false };
const neither: Tails = { upper: false, lower: false };
const upperOf = ({ upper }: Tails): Tails => (upper ? upperOnly : neither);
const squared = (x: number): number => x * x;

function follow(state: Float64Array, i: number, value: number, weight: number): void {
  state[i] = (state[i] as number) + weight * (value - (state[i] as number));
}

function learnLevel(state: Float64Array, at: number, x: number, n: number): void {
  if (n > 1) {
    const before = state[at + noise] as number;
    const step = Math.abs(x - (state[at + previous] as number));
    follow(state, at + noise, before > 0 ? Math.min(step, 4 * before) : step, Math.max(1 / (n - 1), 1 / 300));
  }
  follow(state, at + mean30, x, Math.max(1 / n, 1 / 30));
  follow(state, at + mean200, x, Math.max(1 / n, 1 / 200));
  follow(state, at + mean300, x, Math.max(1 / n, 1 / 300));
  follow(state, at + mean1000, x, Math.max(1 / n, 1 / 1000));
  state[at + count] = n;
  state[at + previous] = x;
}

/** The value less what is usual at this time of day; NaN before the third stay in it. Learns when a stay ends. */
function seasonalResidual(state: Float64Array, at: number, x: number, tMs: number): number {
  const slot = Math.floor(((tMs % dayMs) / dayMs) * profileSlots);
  const values = state[at + stayCount] as number;
  const stayed = state[at + staySlot] as number;
  if (values > 0 && stayed === slot) {
    state[at + staySum] = (state[at + staySum] as number) + x;
    state[at + stayCount] = values + 1;
  } else {
    if (values > 0) {
      const times = (state[at + stays + stayed] as number) + 1;
      state[at + stays + stayed] = times;
      follow(state, at + profile + stayed, (state[at + staySum] as number) / values, Math.max(1 / times, 0.05));
    }
    state[at + staySlot] = slot;
    state[at + staySum] = x;
    state[at + stayCount] = 1;
  }
  return (state[at + stays + slot] as number) >= 2 ? x - (state[at + profile + slot] as number) : NaN;
}

/** Notes a residual; answers whether it is known that the series has a daily pattern. */
function learnResidual(state: Float64Array, at: number, off: number, fromMean1000: number): boolean {
  const n = (state[at + residuals] as number) + 1;
  const weight = Math.max(1 / n, 1 / 2000);
  const before = state[at + run] as number;
  state[at + residuals] = n;
  follow(state, at + residual, Math.abs(off), weight);
  follow(state, at + distance, fromMean1000, weight);
  state[at + lastResiduals + (n % residualRun)] = Math.abs(off);
  state[at + run] = off === 0 ? 0 : off > 0 ? Math.max(before, 0) + 1 : Math.min(before, 0) - 1;
  return n >= learningValues && (state[at + residual] as number) < 0.75 * (state[at + distance] as number);
}

/** Adds up what is more than half a deviation above the mean, both robust: a value counts as four deviations at most. */
function cumulate(state: Float64Array, at: number, x: number, n: number, floor: number): number {
  const mean = n === 1 ? x : (state[at + center] as number);
  const deviation = Math.sqrt(state[at + variance] as number) + floor;
  const z = deviation === 0 ? 0 : Math.max(-4, Math.min(4, (x - mean) / deviation));
  const weight = Math.max(1 / n, 1 / 500);
  state[at + center] = mean + weight * z * deviation;
  follow(state, at + variance, squared(z * deviation), weight);
  const sum = Math.min(200, Math.max(0, 0.995 * (state[at + cumulated] as number) + z - 0.5));
  state[at + cumulated] = sum;
  return sum;
}

function smallest(state: Float64Array, from: number, length: number): number {
  let least = Infinity;
  for (let i = from; i < from + length; i++) if ((state[i] as number) < least) least = state[i] as number;
  return least;
}
