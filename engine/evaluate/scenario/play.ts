import { metricNamed } from '../../metrics.ts';
import type { Row, SourceId } from '../../frame/types.ts';
import type { Evaluator } from '../evaluator.ts';
import { MadeUpSource, startMs, type Measured } from '../testing/stream.ts';
import type { VerdictChange } from '../verdict.ts';
import type { Value } from './notation.ts';

/** The values of one metric of one object, one an interval. */
export interface Played {
  readonly measured: Measured;
  readonly metric: string;
  readonly values: readonly Value[];
}

/**
 * Plays series to an evaluator: a frame of each source an interval, of the agent and of the state of each node, with the
 * rows that have a value then; none when there are no such rows. Time goes on to `untilSeconds`.
 */
export function playSeries(
  evaluator: Evaluator,
  series: readonly Played[],
  { untilSeconds, intervalSeconds = 1 }: { readonly untilSeconds: number; readonly intervalSeconds?: number },
): void {
  const sources = Map.groupBy(series, ({ metric, measured }) => {
    const node = measured.identity.Node?.name ?? '';
    return `${metricNamed(metric)?.producer ?? 'agent'}/${node}`;
  });
  const played = [...sources].map(([key, all]) => new PlayedSource(key, all, intervalSeconds * 1000));
  played.sort((a, b) => Number(a.key > b.key) - Number(a.key < b.key));
  for (let index = 0; index * intervalSeconds <= untilSeconds; index++) {
    const nowMs = startMs + index * intervalSeconds * 1000;
    for (const source of played) source.tell(evaluator, index, nowMs);
    evaluator.advance(nowMs);
  }
}

/** `10s a/app Inactive > Pending` */
export function tellingOf({ verdict: { target, state }, from, atMs, cause }: VerdictChange): string {
  const why = cause === 'Judged' ? '' : ` (${cause})`;
  return `${momentOf(atMs)} ${nameOf(target)} ${from} > ${state}${why}`;
}

/** `10s`, since the beginning. */
export const momentOf = (atMs: number): string => `${(atMs - startMs) / 1000}s`;

/** `a/app` of a container, `a` of anything else. */
export const nameOf = ({ name, container }: { readonly name: string; readonly container?: string }): string =>
  container === undefined ? name : `${name}/${container}`;

/** One source, whose rows come and go with the series. */
class PlayedSource {
  readonly key: string;
  readonly #all: readonly Played[];
  readonly #intervalMs: number;
  #source: MadeUpSource | undefined;
  #rows = '';

  constructor(key: string, all: readonly Played[], intervalMs: number) {
    this.key = key;
    this.#all = all;
    this.#intervalMs = intervalMs;
  }

  tell(evaluator: Evaluator, index: number, nowMs: number): void {
    const now = this.#all.filter(({ values }) => values[index] !== undefined);
    if (now.length === 0) return;
    const measured = [...new Map(now.map((played) => [keyOf(played.measured.row), played.measured])).values()];
    const rows = measured.map(({ row }) => keyOf(row)).join();
    if (this.#source === undefined || rows !== this.#rows) {
      this.#source = this.#source?.withRows(measured, nowMs) ?? this.#begun(measured);
      this.#rows = rows;
      evaluator.bind(this.#source.key, this.#source.keyframe, this.#source.identities);
    }
    const valueOf = (metric: string, row: Row): number =>
      now.find((played) => played.metric === metric && keyOf(played.measured.row) === keyOf(row))?.values[index] ?? NaN;
    evaluator.frame(this.#source.key, this.#source.frame(nowMs, valueOf));
  }

  #begun(measured: readonly Measured[]): MadeUpSource {
    const metrics = [...new Set(this.#all.map(({ metric }) => metric))];
    const [producer, node = ''] = this.key.split('/') as [SourceId['producer'], string?];
    return new MadeUpSource(metrics, measured, { producer, node, intervalMs: this.#intervalMs });
  }
}

const keyOf = ({ scope, uid, container = '' }: Row): string => `${scope}/${uid}/${container}`;
