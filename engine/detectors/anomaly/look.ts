import { learningValues, recordSize, score, type Tails } from './record.ts';
import { views, type View } from './views.ts';

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
const unrest = 10;
/** The present stay in a slot of the day: its sum, how many values, which slot. */
const staySum = 11;
const stayCount = 12;
const staySlot = 13;
const profileSlots = 48;
const windowValues = 30;
/** The least and the greatest of the last values, and these. */
const lowest = 14;
const highest = 15;
const lastValues = 16;
const profile = lastValues + windowValues;
const stays = profile + profileSlots;
const records = stays + profileSlots;

/** Numbers that one series needs. */
export const viewsSize = records + views.length * recordSize;

/** What of a series is strange. */
export interface Sensitivity {
  readonly tails: Tails;
  /** The smallest deviation that matters, in the unit of the value; more than 0. */
  readonly least: number;
  /** Values after which half of a record is forgotten. */
  readonly forgetAfter: number;
}

const dayMs = 86_400_000;
const seasonalLearningValues = 288;
/** Means of 200 and more say nothing before so many values. */
const settled = 60;
/** Deviations that a single value adds to unrest at most. */
const farthest = 6;

/** What one look yields; made once, and overwritten by each look. */
export class Sight {
  /** The score of each view, 0 (as ever) to 1. */
  readonly scores = new Float64Array(views.length);
  /** What was known before: the lowest and the highest value, the mean of 200, the value before. */
  readonly before = new Float64Array(4);
  /** How far the value is from what is usual, in deviations, as a share of the farthest: 0 to 1. */
  readonly far = new Float64Array(1);
}

/** Looks at the next value of the series whose numbers begin at `at`, says what it sees, and learns the value. */
export function look(
  state: Float64Array,
  at: number,
  x: number,
  tMs: number,
  { least, forgetAfter, tails }: Sensitivity,
  { scores, before, far }: Sight,
): void {
  const forgetting = Math.LN2 / forgetAfter;
  const n = (state[at + count] as number) + 1;
  const fromMean = x - (state[at + mean200] as number);
  const step = n === 1 ? 0 : x - (state[at + previous] as number);
  learnLevel(state, at, x, n);
  learnWindow(state, at, x, n);
  const level = 0.001 * Math.abs(state[at + mean1000] as number) + least;
  const floor = 6 * (state[at + noise] as number) + level;
  const first = at + records;
  before[0] = state[first] as number;
  before[1] = state[first + 1] as number;
  before[2] = x - fromMean;
  before[3] = x - step;
  const range = (state[first + 1] as number) - (state[first] as number);
  const { upper } = tails;
  const upward = upper ? upperOnly : neither;
  const inWindow = n >= windowValues;
  const off = seasonalResidual(state, at, x, tMs);
  const sum = cumulate(state, at, x, n, 0.001 * range + level, least);
  const deviation = Math.sqrt(state[at + variance] as number) + floor / 6;
  const away = n === 1 ? 0 : beyondLeast(Number.isNaN(off) ? fromMean : off, least);
  const unusual = Math.min(farthest, Math.abs(away) / deviation);
  far[0] = unusual / farthest;
  follow(state, at + unrest, unusual, Math.max(1 / n, 1 / windowValues));
  const trend = (state[at + mean30] as number) - (state[at + mean300] as number);

  const r = recordSize;
  const learning = learningValues;
  scores[0] = score(state, first, x, floor, least, tails, learning, forgetting);
  scores[1] = n > settled ? score(state, first + r, fromMean, floor, least, tails, learning, forgetting) : 0;
  scores[2] = score(state, first + 2 * r, trend, floor, least, tails, learning, forgetting);
  scores[3] = inWindow
    ? score(state, first + 3 * r, state[at + lowest] as number, floor, least, upward, learning, forgetting)
    : 0;
  scores[4] = inWindow
    ? score(state, first + 4 * r, state[at + highest] as number, floor, least, lowerOf(tails), learning, forgetting)
    : 0;
  scores[5] = Number.isNaN(off)
    ? 0
    : score(state, first + 5 * r, off, floor, least, tails, seasonalLearningValues, forgetting);
  scores[6] = score(state, first + 6 * r, sum, 0, 0, upward, learning, forgetting);
  // Who looks one way only takes neither the way back for a step, nor unrest, which has no direction.
  const bothWays = upper && tails.lower;
  scores[7] = score(state, first + 7 * r, step, floor, least, bothWays ? tails : neither, learning, forgetting);
  scores[8] = score(
    state,
    first + 8 * r,
    state[at + unrest] as number,
    0.1,
    0,
    bothWays ? upperOnly : neither,
    learning,
    forgetting,
  );
}

/** The two numbers that a view has compared: a value, and what it is beyond or away from. To be asked after the look. */
export function comparedBy(
  view: View,
  state: Float64Array,
  at: number,
  x: number,
  { before }: Sight,
): [number, number] {
  const [low = 0, high = 0, mean = 0, last = 0] = before;
  switch (view) {
    case 'Value':
      return [x, x > high ? high : low];
    case 'FromMean':
      return [x, mean];
    case 'Trend':
      return [state[at + mean30] ?? 0, state[at + mean300] ?? 0];
    case 'Lowest':
      return [x, state[at + lowest] ?? 0];
    case 'Highest':
      return [x, state[at + highest] ?? 0];
    case 'Season':
      return [x, state[at + profile + (state[at + staySlot] ?? 0)] ?? 0];
    case 'Sum':
    case 'Restless':
      return [x, state[at + center] ?? 0];
    case 'Step':
      return [x, last];
  }
}

const upperOnly: Tails = { upper: true, lower: false };
const lowerOnly: Tails = { upper: false, lower: true };
const neither: Tails = { upper: false, lower: false };
const lowerOf = ({ lower }: Tails): Tails => (lower ? lowerOnly : neither);

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

/** Adds up what is more than half a deviation above the mean, both robust: a value counts as four deviations at most. */
function cumulate(state: Float64Array, at: number, x: number, n: number, floor: number, least: number): number {
  const mean = n === 1 ? x : (state[at + center] as number);
  const deviation = Math.sqrt(state[at + variance] as number) + floor;
  const z = clipped((x - mean) / deviation);
  const weight = Math.max(1 / n, 1 / 500);
  state[at + center] = mean + weight * z * deviation;
  follow(state, at + variance, (z * deviation) ** 2, weight);
  const matters = clipped(beyondLeast(x - mean, least) / deviation);
  const sum = Math.min(200, Math.max(0, 0.995 * (state[at + cumulated] as number) + matters - 0.5));
  state[at + cumulated] = sum;
  return sum;
}

const clipped = (z: number): number => Math.max(-4, Math.min(4, z));

/** What of a deviation is more than the smallest that matters. */
const beyondLeast = (off: number, least: number): number => Math.sign(off) * Math.max(0, Math.abs(off) - least);

/** Puts a value in the place of the oldest; looks through all of them only when that was the least or the greatest. */
function learnWindow(state: Float64Array, at: number, x: number, n: number): void {
  const place = at + lastValues + (n % windowValues);
  const oldest = state[place] as number;
  state[place] = x;
  const least = state[at + lowest] as number;
  const most = state[at + highest] as number;
  if (n === 1 || x <= least) state[at + lowest] = x;
  else if (oldest === least && n > windowValues) state[at + lowest] = extreme(state, at, 1);
  if (n === 1 || x >= most) state[at + highest] = x;
  else if (oldest === most && n > windowValues) state[at + highest] = -extreme(state, at, -1);
}

/** The least of a full window, each value times `sign`. */
function extreme(state: Float64Array, at: number, sign: 1 | -1): number {
  let least = Infinity;
  for (let i = 0; i < windowValues; i++) {
    const value = sign * (state[at + lastValues + i] as number);
    if (value < least) least = value;
  }
  return least;
}
