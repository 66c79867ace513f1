import { compilePolicy } from '../compile.ts';
import { Evaluator } from '../evaluator.ts';
import type { PolicySpec } from '../policy-spec.ts';
import { valuesOf } from '../scenario/notation.ts';
import { playSeries, tellingOf, type Played } from '../scenario/play.ts';
import type { VerdictChange } from '../verdict.ts';
import { containerRow, nodeRow, podRow, startMs, workloadRow } from './stream.ts';

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
  /** One a second, in the notation of scenario/notation.ts. */
  readonly values: string;
  readonly startedSeconds?: number;
}

/** Plays a scenario. Answers the changes of state, told as `verdicts` tells them. */
export function play({ policy, series, untilSeconds }: Scenario): {
  readonly changes: VerdictChange[];
  readonly told: string[];
} {
  const compilation = compilePolicy('p', '1', { ...policy, routes: [{ to: 'Incident' }] });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  const changes: VerdictChange[] = [];
  const evaluator = new Evaluator({ onVerdict: (change) => changes.push(change) });
  evaluator.setPolicy(compilation.policy, () => true);
  playSeries(evaluator, series.map(playedOf), { untilSeconds });
  return { changes, told: changes.map(tellingOf) };
}

function playedOf({ of, metric, values, startedSeconds }: Series): Played {
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
  return { measured, metric, values: valuesOf(values) };
}
