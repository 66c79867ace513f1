import { fadingOf } from '../../../engine/detectors/anomaly/alarm.ts';

/** For each row the mean of the three highest of `metrics` scores: what is strange shows in more than one of them. */
export function topThree(scores: Float64Array, metrics: number, row: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  for (let i = row * metrics; i < (row + 1) * metrics; i++) {
    const score = scores[i] as number;
    if (score > first) {
      third = second;
      second = first;
      first = score;
    } else if (score > second) {
      third = second;
      second = score;
    } else if (score > third) third = score;
  }
  return (first + second + third) / 3;
}

/** Scores of a whole machine from those of each metric (row-major). */
export function fused(scores: Float64Array, metrics: number): Float64Array {
  return Float64Array.from({ length: scores.length / metrics }, (_, row) => topThree(scores, metrics, row));
}

/** Lets each metric's score fade instead of ending with its row, as an alarm of the product does. */
export function held(scores: Float64Array, metrics: number, everyMs: number): Float64Array {
  const fading = fadingOf(everyMs);
  const out = Float64Array.from(scores);
  for (let i = metrics; i < out.length; i++) out[i] = Math.max(out[i] as number, (out[i - metrics] as number) * fading);
  return out;
}
