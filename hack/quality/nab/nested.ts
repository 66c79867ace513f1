import { views } from '../../../engine/detectors/anomaly/views.ts';
import { product, spoken, type Choice, type Seen } from '../anomaly.ts';
import { profiles } from './corpus.ts';
import type { Split } from './held-out.ts';
import { normalised, type Worth } from './score.ts';

/**
 * Views, constants and threshold chosen on half of the files and scored on the other half. One begins with equal
 * weights of all views and takes, time after time, the one change that helps most on the half at hand, as long as it is
 * worth `least` points there; then the best threshold of a curve that is smoothed.
 */
const least = 1;
const mostChanges = 8;
const forgets = [10_000, 20_000, 50_000];

const start: Choice = {
  ...product,
  weights: new Float64Array(views.length).fill(1),
  holdOffValues: 50,
  holdOffFactor: 1.2,
};

function changes(choice: Choice): readonly Choice[] {
  const but = (change: Partial<Choice>): Choice => ({ ...choice, ...change });
  return [
    ...views.map((_, view) => but({ weights: choice.weights.with(view, choice.weights[view] === 0 ? 1 : 0) })),
    ...[35, 60, 75].map((holdOffValues) => but({ holdOffValues })),
    ...[1.2, 3, 5].map((holdOffFactor) => but({ holdOffFactor })),
    ...[0.19, 0.25].map((alarmAt) => but({ alarmAt })),
    ...forgets.map((forgetAfter) => but({ forgetAfter })),
  ];
}

/** Thresholds that are tried: 7 % apart. */
const lowest = 0.06;
const growth = 1.07;
const thresholds = 48;

/** What one has seen of each file, by how it forgets. */
export type SeenBy = ReadonlyMap<number, readonly Seen[]>;

/** The raw score of one file at each threshold, profile by profile. */
function rawOf(worth: Worth, of: Seen, choice: Choice): readonly Float64Array[] {
  const scores = spoken(of, choice);
  const outside = new Float64Array(thresholds);
  const best = new Map<number, Float64Array>();
  for (let k = 0; k < scores.length; k++) {
    const row = of.rows[k] as number;
    const score = scores[k] as number;
    if (row < worth.first || score < lowest) continue;
    const step = Math.min(thresholds - 1, Math.floor(Math.log(score / lowest) / Math.log(growth)));
    const window = worth.window[row] as number;
    const value = worth.value[row] as number;
    if (window < 0) outside[step] = (outside[step] as number) + value;
    else {
      const hits = best.get(window) ?? new Float64Array(thresholds);
      best.set(window, hits);
      hits[step] = Math.max(hits[step] as number, value);
    }
  }
  for (let step = thresholds - 2; step >= 0; step--) {
    outside[step] = (outside[step] as number) + (outside[step + 1] as number);
    for (const hits of best.values()) hits[step] = Math.max(hits[step] as number, hits[step + 1] as number);
  }
  return profiles.map(({ tp, fp, fn }) =>
    outside.map((value, step) => {
      let raw = fp * value - fn * worth.windows;
      for (const hits of best.values()) if ((hits[step] as number) > 0) raw += fn + tp * (hits[step] as number);
      return raw;
    }),
  );
}

/** The raw scores of some files together. */
function curvesOf(worths: readonly Worth[], by: SeenBy, choice: Choice, files: readonly number[]): Float64Array[] {
  const sums = profiles.map(() => new Float64Array(thresholds));
  for (const file of files) {
    const of = by.get(choice.forgetAfter)?.[file];
    if (of === undefined) continue;
    for (const [p, raw] of rawOf(worths[file] as Worth, of, choice).entries()) {
      const sum = sums[p] as Float64Array;
      for (let step = 0; step < thresholds; step++) sum[step] = (sum[step] as number) + (raw[step] as number);
    }
  }
  return sums;
}

/** Where a curve is highest when each point is the mean of five. */
function smoothBest(curve: Float64Array): { step: number; raw: number } {
  let step = 0;
  let raw = -Infinity;
  for (let k = 0; k < curve.length; k++) {
    const near = curve.subarray(Math.max(0, k - 2), k + 3);
    const mean = near.reduce((sum, value) => sum + value, 0) / near.length;
    if (mean > raw) [step, raw] = [k, mean];
  }
  return { step, raw };
}

/** The mean of the three profiles on some files. */
function worthOn(worths: readonly Worth[], by: SeenBy, choice: Choice, files: readonly number[]): number {
  const windows = files.reduce((sum, file) => sum + (worths[file]?.windows ?? 0), 0);
  const curves = curvesOf(worths, by, choice, files);
  return (
    profiles.reduce(
      (sum, profile, p) => sum + normalised(smoothBest(curves[p] as Float64Array).raw, windows, profile),
      0,
    ) / profiles.length
  );
}

function chosenOn(worths: readonly Worth[], by: SeenBy, files: readonly number[]): Choice {
  let choice = start;
  let best = worthOn(worths, by, choice, files);
  for (let turn = 0; turn < mostChanges; turn++) {
    const tried = changes(choice).map((candidate) => ({ candidate, worth: worthOn(worths, by, candidate, files) }));
    const first = tried.reduce((a, b) => (b.worth > a.worth ? b : a));
    if (first.worth < best + least) break;
    [choice, best] = [first.candidate, first.worth];
  }
  return choice;
}

/** The scores of all files, profile by profile, where everything was chosen on other files; the mean over splits. */
export function nested(worths: readonly Worth[], by: SeenBy, splits: readonly Split[]): readonly number[] {
  const windows = worths.reduce((sum, worth) => sum + worth.windows, 0);
  const sums = profiles.map(() => 0);
  for (const [a, b] of splits)
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const choice = chosenOn(worths, by, own);
      const there = curvesOf(worths, by, choice, other);
      for (const [p, curve] of curvesOf(worths, by, choice, own).entries())
        sums[p] = (sums[p] as number) + (there[p]?.[smoothBest(curve).step] as number);
    }
  // A silent detector's raw score is in each half's own; normalised() takes that of all files.
  return sums.map((sum, p) => normalised(sum / splits.length, windows, profiles[p] as (typeof profiles)[number]));
}

/** Looks at all files in each way of forgetting that can be chosen. */
export const seenBy = (look: (forgetAfter: number) => readonly Seen[]): SeenBy =>
  new Map(forgets.map((forgetAfter) => [forgetAfter, look(forgetAfter)]));
