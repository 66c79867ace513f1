import { forgetAfter } from '../../engine/detectors/anomaly.ts';
import { alarmAt, holdOffFactor, holdOffValues } from '../../engine/detectors/anomaly/alarm.ts';
import { look, Sight, viewsSize } from '../../engine/detectors/anomaly/look.ts';
import { views, weights } from '../../engine/detectors/anomaly/views.ts';

/** What of the anomaly detector may be chosen; `product` is what it has. */
export interface Choice {
  readonly weights: Float64Array;
  readonly alarmAt: number;
  readonly holdOffValues: number;
  readonly holdOffFactor: number;
  readonly forgetAfter: number;
}

export const product: Choice = {
  weights: Float64Array.from(views, (view) => weights[view]),
  alarmAt,
  holdOffValues,
  holdOffFactor,
  forgetAfter,
};

/** What the views of a series score, squared; only for rows in which one of them scores at all. */
export interface Seen {
  readonly rows: Int32Array;
  /** For each of `rows`, a number per view. */
  readonly squares: Float64Array;
  readonly length: number;
}

/** Looks at a series with the detector's own code, one value after the other, each known only when it comes. */
export function seen(values: ArrayLike<number>, timesMs: ArrayLike<number>, least: number, forget: number): Seen {
  const state = new Float64Array(viewsSize);
  const sight = new Sight();
  const sensitivity = { tails: { upper: true, lower: true }, least, forgetAfter: forget };
  const rows: number[] = [];
  const squares: number[] = [];
  // What is missing is not looked at, as in the product.
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    sight.given[0] = values[i] as number;
    sight.given[1] = timesMs[i] as number;
    look(state, 0, sensitivity, sight);
    if (!sight.scores.some((score) => score > 0)) continue;
    rows.push(i);
    for (const score of sight.scores) squares.push(score * score);
  }
  return { rows: Int32Array.from(rows), squares: Float64Array.from(squares), length: values.length };
}

/** The strangeness of each row of `rows`. */
export function strangeness({ rows, squares }: Seen, by: Float64Array = product.weights): Float64Array {
  const out = new Float64Array(rows.length);
  for (let k = 0; k < rows.length; k++) {
    let total = 0;
    for (let view = 0; view < by.length; view++)
      total += (by[view] as number) * (squares[k * by.length + view] as number);
    out[k] = Math.sqrt(total);
  }
  return out;
}

/** The same with what the hold-off silences set to 0. */
export function spoken(of: Seen, choice: Choice): Float64Array {
  const out = strangeness(of, choice.weights);
  let last = -Infinity;
  let highest = 0;
  for (let k = 0; k < out.length; k++) {
    const score = out[k] as number;
    const row = of.rows[k] as number;
    if (row - last <= choice.holdOffValues && score <= choice.holdOffFactor * highest) out[k] = 0;
    else if (score >= choice.alarmAt) {
      last = row;
      highest = score;
    }
  }
  return out;
}

/** Scores of `rows` as those of all rows. */
export function everyRow({ rows, length }: Seen, scores: Float64Array): Float64Array {
  const out = new Float64Array(length);
  for (let k = 0; k < rows.length; k++) out[rows[k] as number] = scores[k] as number;
  return out;
}
