import { everyRow, product, seen, strangeness } from '../anomaly.ts';
import { topThree } from '../machines/fuse.ts';
import { metrics, type Day, type Pod } from './shop.ts';

/** An alarm about a minute: the pods, the strangest first. */
export interface Alarm {
  readonly tMs: number;
  readonly pods: readonly string[];
}

/**
 * Scores each pod of a day: the mean of the three strangest of its metrics, for each row. Before, it has seen the normal
 * hours of `past`, if there is one: those of its workload.
 */
function scoresOf(pod: Pod, past: Day | undefined): Float64Array {
  const before = past?.pods.find(({ workload }) => workload === pod.workload);
  const from = before === undefined ? 0 : before.timesMs.findIndex((tMs) => tMs >= (past?.normalFromMs ?? 0));
  const learnt = before === undefined ? 0 : before.timesMs.length - from;
  const rows = pod.timesMs.length;
  const all = new Float64Array(rows * metrics.length);
  for (const [m, { least }] of metrics.entries()) {
    const join = (earlier: Float64Array | undefined, now: Float64Array): Float64Array =>
      Float64Array.of(...(earlier?.subarray(from) ?? []), ...now);
    const values = join(before?.values[m], pod.values[m] as Float64Array);
    const of = seen(values, join(before?.timesMs, pod.timesMs), least, product.forgetAfter);
    const scores = everyRow(of, strangeness(of)).subarray(learnt);
    for (let row = 0; row < rows; row++) all[row * metrics.length + m] = scores[row] as number;
  }
  return Float64Array.from({ length: rows }, (_, row) => topThree(all, metrics.length, row));
}

/** The alarms of a day: a minute in which a pod scores as much as an alarm of one metric takes. */
export function alarmsOf(day: Day, past: Day | undefined): readonly Alarm[] {
  const minutes = new Map<number, { tMs: number; scored: { pod: string; score: number }[] }>();
  for (const pod of day.pods)
    for (const [row, score] of scoresOf(pod, past).entries()) {
      const tMs = pod.timesMs[row] as number;
      const minute = Math.round(tMs / 60_000);
      const at = minutes.get(minute) ?? { tMs, scored: [] };
      minutes.set(minute, at);
      at.scored.push({ pod: pod.name, score });
    }
  return [...minutes.values()]
    .toSorted((a, b) => a.tMs - b.tMs)
    .flatMap(({ tMs, scored }) => {
      const ranked = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score);
      return (ranked[0]?.score ?? 0) >= product.alarmAt ? [{ tMs, pods: ranked.map(({ pod }) => pod) }] : [];
    });
}
