import { Features, learningValues, recordSize, scoreAll, type Habits, type Tails } from './record.ts';
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

const season = views.indexOf('Season');
const sum = views.indexOf('Sum');
/** What each view needs before it scores, in the order of the views. */
const learning = Uint16Array.from(views, (view) => (view === 'Season' ? seasonalLearningValues : learningValues));
/** Steps are what noise makes records of: theirs lasts half as long, and a step has to be twice as far beyond it. */
const margins = Float64Array.from(views, (view) => (view === 'Step' ? 0.2 : 0.1));
const lasting = Float64Array.from(views, (view) => (view === 'Step' ? 0.5 : 1));

/** Whether a series has had enough values for its records to mean something. */
export const hasLearnt = (state: Float64Array, at: number): boolean => (state[at + count] ?? 0) >= learningValues;

/** What one look yields; made once, and overwritten by each look. */
export class Sight {
  /** To be set before the look: the value, and its time in milliseconds since the epoch. */
  readonly given = new Float64Array(2);
  readonly features = new Features(views.length);
  /** The score of each view, 0 (as ever) to 1. */
  readonly scores = this.features.scores;
  /** What was known before: the lowest and the highest value, the mean of 200, the value before. */
  readonly before = new Float64Array(4);
  /** How far the value is from what is usual, in deviations, as a share of the farthest: 0 to 1. */
  readonly far = new Float64Array(1);
}

/** Looks at the value `given`, the next of the series whose numbers begin at `at`, says what it sees, and learns it. */
export function look(
  state: Float64Array,
  at: number,
  { least, forgetAfter, tails }: Sensitivity,
  { given, features, before, far }: Sight,
): void {
  const x = given[0] as number;
  const n = (state[at + count] as number) + 1;
  const fromMean = x - (state[at + mean200] as number);
  const step = n === 1 ? 0 : x - (state[at + previous] as number);
  learnLevel(state, at, given);
  learnWindow(state, at);
  const level = 0.001 * Math.abs(state[at + mean1000] as number) + least;
  const floor = 6 * (state[at + noise] as number) + level;
  const first = at + records;
  before[0] = state[first] as number;
  before[1] = state[first + 1] as number;
  before[2] = x - fromMean;
  before[3] = x - step;
  const range = (state[first + 1] as number) - (state[first] as number);
  learnSeason(state, at, given, features.values);
  const off = features.values[season] as number;
  const { values, floors, leasts } = features;
  floors[sum] = 0.001 * range + level;
  leasts[sum] = least;
  cumulate(state, at, features);
  for (let view = 0; view < floors.length; view++) {
    floors[view] = floor;
    leasts[view] = least;
  }
  const deviation = Math.sqrt(state[at + variance] as number) + floor / 6;
  const away = n === 1 ? 0 : beyondLeast(Number.isNaN(off) ? fromMean : off, least);
  const unusual = Math.min(farthest, Math.abs(away) / deviation);
  far[0] = unusual / farthest;
  follow(state, at + unrest, unusual, Math.max(1 / n, 1 / windowValues));

  const inWindow = n >= windowValues;
  values[0] = x;
  values[1] = n > settled ? fromMean : NaN;
  values[2] = (state[at + mean30] as number) - (state[at + mean300] as number);
  values[3] = inWindow ? (state[at + lowest] as number) : NaN;
  values[4] = inWindow ? (state[at + highest] as number) : NaN;
  values[sum] = state[at + cumulated] as number;
  floors[sum] = 0;
  leasts[sum] = 0;
  values[7] = step;
  values[8] = state[at + unrest] as number;
  floors[8] = 0.1;
  leasts[8] = 0;
  scoreAll(state, first, features, tails.upper ? (tails.lower ? bothWays : upwards) : downwards, forgetAfter);
}

/** The two numbers that a view has compared: a value, and what it is beyond or away from. To be asked after the look. */
export function comparedBy(
  view: View,
  state: Float64Array,
  at: number,
  { given: [x = 0], before }: Sight,
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

/** For each view, which side of its record is strange to who looks so. */
const tailsOf = (tails: Tails): Tails[] => {
  const { upper, lower } = tails;
  // Who looks one way only takes neither the way back for a step, nor unrest, which has no direction.
  const both = upper && lower;
  const upwardOnly = { upper, lower: false };
  return views.map((view): Tails => {
    if (view === 'Lowest' || view === 'Sum') return upwardOnly;
    if (view === 'Highest') return { upper: false, lower };
    if (view === 'Step') return { upper: both, lower: both };
    return view === 'Restless' ? { upper: both, lower: false } : tails;
  });
};
const habitsOf = (tails: Tails): Habits => ({ tails: tailsOf(tails), learning, margins, lasting });
const bothWays = habitsOf({ upper: true, lower: true });
const upwards = habitsOf({ upper: true, lower: false });
const downwards = habitsOf({ upper: false, lower: true });

function follow(state: Float64Array, i: number, value: number, weight: number): void {
  state[i] = (state[i] as number) + weight * (value - (state[i] as number));
}

function learnLevel(state: Float64Array, at: number, given: Float64Array): void {
  const x = given[0] as number;
  const n = (state[at + count] as number) + 1;
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

/**
 * Writes the value less what is usual at this time of day as feature `season`; NaN before the third stay in it. Learns
 * when a stay ends.
 */
function learnSeason(state: Float64Array, at: number, given: Float64Array, features: Float64Array): void {
  const x = given[0] as number;
  const slot = Math.floor((((given[1] as number) % dayMs) / dayMs) * profileSlots);
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
  const known = (state[at + stays + slot] as number) >= 2;
  features[season] = known ? x - (state[at + profile + slot] as number) : NaN;
}

/**
 * Adds up what of the value, which is learnt already, is more than half a deviation above the mean, both robust: a value
 * counts as four deviations at most.
 */
function cumulate(state: Float64Array, at: number, { floors, leasts }: Features): void {
  const x = state[at + previous] as number;
  const n = state[at + count] as number;
  const mean = n === 1 ? x : (state[at + center] as number);
  const deviation = Math.sqrt(state[at + variance] as number) + (floors[sum] as number);
  const z = clipped((x - mean) / deviation);
  const weight = Math.max(1 / n, 1 / 500);
  state[at + center] = mean + weight * z * deviation;
  follow(state, at + variance, (z * deviation) ** 2, weight);
  const matters = clipped(beyondLeast(x - mean, leasts[sum] as number) / deviation);
  state[at + cumulated] = Math.min(200, Math.max(0, 0.995 * (state[at + cumulated] as number) + matters - 0.5));
}

const clipped = (z: number): number => Math.max(-4, Math.min(4, z));

/** What of a deviation is more than the smallest that matters. */
const beyondLeast = (off: number, least: number): number => Math.sign(off) * Math.max(0, Math.abs(off) - least);

/** Puts the value, which is learnt already, in the place of the oldest; looks through all of them only when that was the least or the greatest. */
function learnWindow(state: Float64Array, at: number): void {
  const x = state[at + previous] as number;
  const n = state[at + count] as number;
  const place = at + lastValues + (n % windowValues);
  const oldest = state[place] as number;
  state[place] = x;
  const least = state[at + lowest] as number;
  const most = state[at + highest] as number;
  if (n === 1 || x <= least) state[at + lowest] = x;
  else if (oldest === least && n > windowValues) search(state, at, lowest, 1);
  if (n === 1 || x >= most) state[at + highest] = x;
  else if (oldest === most && n > windowValues) search(state, at, highest, -1);
}

/** Notes the least of a full window as `into`; with sign -1 the greatest. */
function search(state: Float64Array, at: number, into: number, sign: 1 | -1): void {
  let least = Infinity;
  for (let i = 0; i < windowValues; i++) {
    const value = sign * (state[at + lastValues + i] as number);
    if (value < least) least = value;
  }
  state[at + into] = sign * least;
}
