import { seeded, shuffled } from '../data.ts';
import { profiles } from './corpus.ts';
import { bestOf, curveOf, normalised, rawAt, type Worth } from './score.ts';

/** Two halves of the files. */
export type Split = readonly [readonly number[], readonly number[]];

/** Random halves of so many files, the same for the same seed. */
export function splitsOf(files: number, count: number, seed: number): readonly Split[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const order = shuffled(files, random);
    return [order.slice(0, files / 2), order.slice(files / 2)] as const;
  });
}

const pick = <T>(all: readonly T[], indices: readonly number[]): readonly T[] => indices.map((i) => all[i] as T);
const windowsOf = (worths: readonly Worth[]): number => worths.reduce((sum, { windows }) => sum + windows, 0);

/** The score in each profile at its best threshold, the benchmark's own way. */
export const inCorpus = (worths: readonly Worth[], scores: readonly Float64Array[]): readonly number[] =>
  profiles.map((profile) => normalised(bestOf(curveOf(worths, scores, profile)).raw, windowsOf(worths), profile));

/** The mean over splits of the score of all files, each half at the threshold that is best on the other one. */
export function heldOut(
  worths: readonly Worth[],
  scores: readonly Float64Array[],
  splits: readonly Split[],
): readonly number[] {
  return profiles.map((profile) => {
    let sum = 0;
    for (const [a, b] of splits) {
      const one = curveOf(pick(worths, a), pick(scores, a), profile);
      const other = curveOf(pick(worths, b), pick(scores, b), profile);
      const raw = rawAt(other, bestOf(one).threshold) + rawAt(one, bestOf(other).threshold);
      sum += normalised(raw, windowsOf(worths), profile);
    }
    return sum / splits.length;
  });
}
