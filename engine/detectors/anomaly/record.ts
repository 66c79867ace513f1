/**
 * How far a feature lies beyond everything it has been: distance beyond the record, in units of the range and the
 * spread seen so far, squashed to 0..1. Records are forgotten slowly, else the detector would go quiet with age.
 * The numbers of one record stand in a shared array, from `at`.
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

export interface Tails {
  readonly upper: boolean;
  readonly lower: boolean;
}

/**
 * Scores `value` against the record, then lets the record learn it. `floor` is added to the scale; what is beyond by
 * `least` or less does not matter.
 */
export function score(
  state: Float64Array,
  at: number,
  value: number,
  floor: number,
  least: number,
  tails: Tails,
  learning: number,
  forgetting: number,
): number {
  const count = state[at + seen] as number;
  let answer = 0;
  if (count < learning) {
    state[at + low] = count === 0 ? value : Math.min(state[at + low] as number, value);
    state[at + high] = count === 0 ? value : Math.max(state[at + high] as number, value);
  } else answer = beyond(state, at, value, floor, least, tails, count, forgetting);
  const weight = Math.max(1 / (count + 1), 1 / spreadMemory);
  const off = value - (state[at + mean] as number);
  state[at + mean] = (state[at + mean] as number) + weight * off;
  state[at + variance] = (1 - weight) * ((state[at + variance] as number) + weight * off * off);
  state[at + seen] = count + 1;
  return answer;
}

function beyond(
  state: Float64Array,
  at: number,
  value: number,
  floor: number,
  least: number,
  tails: Tails,
  count: number,
  forgetting: number,
): number {
  const lowest = state[at + low] as number;
  const most = state[at + high] as number;
  const center = state[at + mean] as number;
  const spread = state[at + variance] as number;
  state[at + high] = most - forgetting * haste(most - center, spread) * (most - center);
  state[at + low] = lowest - forgetting * haste(lowest - center, spread) * (lowest - center);
  const above = value - most;
  const below = lowest - value;
  if (!(above > 0) && !(below > 0)) return 0;
  const scale = 0.7 * (most - lowest) + 1.8 * Math.sqrt(state[at + variance] as number) + floor;
  if (above > 0) state[at + high] = (state[at + high] as number) + Math.min(above, scale);
  else state[at + low] = (state[at + low] as number) - Math.min(below, scale);
  const excess = (tails.upper && above > 0 ? above : tails.lower && below > 0 ? below : 0) - least;
  if (!(excess > 0) || scale === 0) return 0;
  const distance = excess / scale;
  return distance / (distance + 0.1 * (1 + 1000 / count));
}

/** How many times as fast a record is forgotten that is so far from the mean of all values. */
function haste(off: number, spread: number): number {
  const usual = excursion * spread;
  return off * off <= usual ? 1 : Math.min(mostHaste, (off * off) / usual);
}
