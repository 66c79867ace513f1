/**
 * How far features lie beyond everything they have been: distance beyond the record, in units of the range and the
 * spread seen so far, squashed to 0..1. Records are forgotten slowly, else the detector would go quiet with age.
 * Numbers go from function to function in typed arrays: handed over one by one, each would be allocated.
 */
export const recordSize = 5;
const low = 0;
const high = 1;
const mean = 2;
const variance = 3;
const seen = 4;

/** Values a feature must have had before it can be strange. */
export const learningValues = 150;
const spreadMemory = 1000;

/** A record so many deviations away, squared, is that of one excursion: it is forgotten faster, so many times at most. */
const excursion = 14 ** 2;
const mostHaste = 10;

/** Which sides of a record are strange. */
export interface Tails {
  readonly upper: boolean;
  readonly lower: boolean;
}

/** How each of some features is judged. */
export interface Habits {
  readonly tails: readonly Tails[];
  /** How many values are learnt before it scores. */
  readonly learning: Uint16Array;
  /** How far beyond its record, in scales, it has to be to score a half, once the record is old. */
  readonly margins: Float64Array;
  /** How long its record lasts, as a share of how long the others do. */
  readonly lasting: Float64Array;
}

/** What some features are now, and what each scores against its record; made once, and overwritten. */
export class Features {
  /** NaN: there is none now, so it scores 0 and is not learnt. */
  readonly values: Float64Array;
  /** What is added to the scale of each. */
  readonly floors: Float64Array;
  /** What is beyond by so much or less does not matter. */
  readonly leasts: Float64Array;
  /** The score of each, 0 (as ever) to 1. */
  readonly scores: Float64Array;

  constructor(count: number) {
    this.values = new Float64Array(count);
    this.floors = new Float64Array(count);
    this.leasts = new Float64Array(count);
    this.scores = new Float64Array(count);
  }
}

/**
 * Scores each feature against its record, then lets the record learn it. The records stand one after the other from
 * `at`; half of one is forgotten after `forgetAfter` values, or the share of them that its habits say.
 */
export function scoreAll(
  state: Float64Array,
  at: number,
  features: Features,
  habits: Habits,
  forgetAfter: number,
): void {
  const { values, scores } = features;
  const { learning } = habits;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    scores[i] = 0;
    if (Number.isNaN(value)) continue;
    const record = at + i * recordSize;
    const count = state[record + seen] as number;
    if (count < (learning[i] as number)) {
      state[record + low] = count === 0 ? value : Math.min(state[record + low] as number, value);
      state[record + high] = count === 0 ? value : Math.max(state[record + high] as number, value);
    } else compare(state, record, features, i, habits, forgetAfter);
    const weight = Math.max(1 / (count + 1), 1 / spreadMemory);
    const off = value - (state[record + mean] as number);
    state[record + mean] = (state[record + mean] as number) + weight * off;
    state[record + variance] = (1 - weight) * ((state[record + variance] as number) + weight * off * off);
    state[record + seen] = count + 1;
  }
}

/** Scores feature `i` against the record at `at`, which forgets a little and grows by what is beyond it. */
function compare(
  state: Float64Array,
  at: number,
  { values, floors, leasts, scores }: Features,
  i: number,
  { tails, margins, lasting }: Habits,
  forgetAfter: number,
): void {
  const value = values[i] as number;
  const { upper, lower } = tails[i] as Tails;
  const lowest = state[at + low] as number;
  const most = state[at + high] as number;
  const center = state[at + mean] as number;
  const spread = state[at + variance] as number;
  const forgetting = Math.LN2 / (forgetAfter * (lasting[i] as number));
  state[at + high] = most - forgetting * haste(most - center, spread) * (most - center);
  state[at + low] = lowest - forgetting * haste(lowest - center, spread) * (lowest - center);
  const above = value - most;
  const below = lowest - value;
  if (!(above > 0) && !(below > 0)) return;
  const scale = 0.7 * (most - lowest) + 1.8 * Math.sqrt(spread) + (floors[i] as number);
  if (above > 0) state[at + high] = (state[at + high] as number) + Math.min(above, scale);
  else state[at + low] = (state[at + low] as number) - Math.min(below, scale);
  const excess = (upper && above > 0 ? above : lower && below > 0 ? below : 0) - (leasts[i] as number);
  if (!(excess > 0) || scale === 0) return;
  const distance = excess / scale;
  scores[i] = distance / (distance + (margins[i] as number) * (1 + 1000 / (state[at + seen] as number)));
}

/** How many times as fast a record is forgotten that is so far from the mean of all values. */
function haste(off: number, spread: number): number {
  const usual = excursion * spread;
  return off * off <= usual ? 1 : Math.min(mostHaste, (off * off) / usual);
}
