import { metricNamed } from '../../metrics.ts';
import type { Row } from '../../frame/types.ts';
import { compilePolicy } from '../compile.ts';
import { Evaluator } from '../evaluator.ts';
import type { PolicySpec } from '../policy-spec.ts';
import type { VerdictChange } from '../verdict.ts';
import { containerRow, MadeUpSource, nodeRow, podRow, startMs, workloadRow, type Measured } from './stream.ts';

/** Series in, verdicts out: a file of `scenarios/`. */
export interface Scenario {
  readonly name: string;
  readonly policy: Omit<PolicySpec, 'routes'>;
  readonly series: readonly Series[];
  /** When the last row of the stream is; later frames do not come, but time goes on to `untilSeconds`. */
  readonly untilSeconds: number;
  /** Every change of state, such as `10s a/app Inactive > Pending`. */
  readonly verdicts: readonly string[];
}

export interface Series {
  /** `node`, `workload`, `pod a`, `container a/app` or, with the runtime's id of a restart, `container a/app#2`. */
  readonly of: string;
  readonly metric: string;
  /** One a second: `3`, `3x10` ten times, `1+2x4` for 1 3 5 7, `_` a missing value, `-` none at all: no such row, no frame. */
  readonly values: string;
  readonly startedSeconds?: number;
}

interface Told {
  readonly measured: Measured;
  readonly metric: string;
  readonly values: readonly (number | undefined)[];
}

/** Plays a scenario, a frame of each source a second. Answers the changes of state, told as `verdicts` tells them. */
export function play({ policy, series, untilSeconds }: Scenario): {
  readonly changes: VerdictChange[];
  readonly told: string[];
} {
  const compilation = compilePolicy('p', '1', { ...policy, routes: [{ to: 'Incident' }] });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  const changes: VerdictChange[] = [];
  const evaluator = new Evaluator({ onVerdict: (change) => changes.push(change) });
  evaluator.setPolicy(compilation.policy, () => true);
  const all = series.map(toldOf);
  const sources = { agent: new PlayedSource('agent'), state: new PlayedSource('state') };
  for (let second = 0; second <= untilSeconds; second++) {
    const nowMs = startMs + second * 1000;
    for (const [producer, source] of Object.entries(sources))
      source.tell(
        evaluator,
        all.filter(({ metric }) => metricNamed(metric)?.producer === producer),
        second,
        nowMs,
      );
    evaluator.advance(nowMs);
  }
  return { changes, told: changes.map(tellingOf) };
}

/** `10s a/app Inactive > Pending` */
export function tellingOf({ verdict: { target, state }, from, atMs, cause }: VerdictChange): string {
  const name = target.container === undefined ? target.name : `${target.name}/${target.container}`;
  return `${(atMs - startMs) / 1000}s ${name} ${from} > ${state}${cause === 'Judged' ? '' : ` (${cause})`}`;
}

/** One producer's source, whose rows come and go with the series. */
class PlayedSource {
  readonly #producer: 'agent' | 'state';
  #source: MadeUpSource | undefined;
  #rows = '';

  constructor(producer: 'agent' | 'state') {
    this.#producer = producer;
  }

  tell(evaluator: Evaluator, all: readonly Told[], second: number, nowMs: number): void {
    const now = all.filter(({ values }) => values[second] !== undefined);
    if (now.length === 0) return;
    const measured = [...new Map(now.map((told) => [keyOf(told.measured.row), told.measured])).values()];
    const rows = measured.map(({ row }) => keyOf(row)).join();
    if (this.#source === undefined || rows !== this.#rows) {
      const metrics = [...new Set(all.map(({ metric }) => metric))];
      this.#source =
        this.#source?.withRows(measured, nowMs) ?? new MadeUpSource(metrics, measured, { producer: this.#producer });
      this.#rows = rows;
      evaluator.bind(this.#source.key, this.#source.keyframe, this.#source.identities);
    }
    const valueOf = (metric: string, row: Row): number =>
      now.find((told) => told.metric === metric && keyOf(told.measured.row) === keyOf(row))?.values[second] ?? NaN;
    evaluator.frame(this.#source.key, this.#source.frame(nowMs, valueOf));
  }
}

const keyOf = ({ scope, uid, container = '' }: Row): string => `${scope}/${uid}/${container}`;

function toldOf({ of, metric, values, startedSeconds }: Series): Told {
  const startedMs = startedSeconds === undefined ? undefined : startMs + startedSeconds * 1000;
  const [kind, path = ''] = of.split(' ');
  const [pod = '', container = ''] = path.split('/');
  const [name = '', id = name] = container.split('#');
  const measured = {
    node: nodeRow,
    workload: workloadRow,
    pod: podRow(pod, startedMs),
    container: containerRow(pod, name, id, startedMs),
  }[kind ?? ''];
  if (measured === undefined) throw new Error(`no such thing as ${of}`);
  return { measured, metric, values: values.trim().split(/\s+/).flatMap(expand) };
}

/** The values that one word stands for; undefined = none at all. */
function expand(word: string): (number | undefined)[] {
  const [, value = '', step = '0', times = '1'] =
    /^(_|-|-?[\d.]+(?:e\d+)?)(?:\+([\d.]+))?(?:x(\d+))?$/.exec(word) ?? [];
  if (value === '') throw new Error(`${word} stands for no values`);
  return Array.from({ length: Number(times) }, (_, i) => {
    if (value === '-') return undefined;
    return value === '_' ? NaN : Number(value) + i * Number(step);
  });
}
