import type { CompiledDetector, ParameterProblem } from '../detectors/detector.ts';
import { compileDetector } from '../detectors/registry.ts';
import type { Scope } from '../frame/types.ts';
import { nameOfOpenTelemetry } from '../open-telemetry.ts';
import { knownMetrics, metricNamed, type Metric } from '../metrics.ts';
import { count as aggregateCount } from '../windows/count.ts';
import { aggregateNamed, aggregateNames } from '../windows/registry.ts';
import type { Aggregate, Window } from '../windows/window.ts';
import { suggestion } from './nearest.ts';
import { scoringOf, type Scoring } from './scoring.ts';
import type { Problem, SignalSpec } from './policy-spec.ts';
import type { TargetKind } from './target.ts';

/** A signal that can be evaluated. */
export interface CompiledSignal {
  readonly name: string;
  readonly metric: Metric;
  readonly aggregate: Aggregate;
  /** 0: no window, the last sample alone. */
  readonly windowSeconds: number;
  /** With fewer samples in the window there is no value. */
  readonly minSamples: number;
  readonly detector: CompiledDetector;
  createWindow(): Window;
  /** For how long what is missing is filled, and windows that count what was. */
  readonly fill?: { readonly maxMs: number; readonly createCount: () => Window } | undefined;
  readonly outlierDeviations?: number | undefined;
  /** What agents are asked for, so that the detector need not judge here. */
  readonly scoring?: Scoring | undefined;
  /** Equal for signals that do the same, whatever their names. */
  readonly definition: string;
}

/**
 * Rows whose samples say something of a target of this kind, the best first. Samples of what is smaller are pooled; of
 * what is larger, nothing is said: that a node is short of memory does not tell which of its containers is.
 */
export const scopesOf: Readonly<Record<TargetKind, readonly Scope[]>> = {
  Container: ['Container'],
  Pod: ['Pod', 'Container'],
  Workload: ['Workload', 'Pod', 'Container'],
  Node: ['Node', 'Pod', 'Container'],
};

/** Compiles a signal of a policy about targets of `kind`, warm after `warmupSeconds`; `path` is where it stands. */
export function compileSignal(
  spec: SignalSpec,
  kind: TargetKind,
  path: string,
  warmupSeconds = 0,
): CompiledSignal | Problem[] {
  const problems: Problem[] = [];
  const metric = metricNamed(spec.metric);
  if (metric === undefined) {
    const here = nameOfOpenTelemetry(spec.metric);
    const names = knownMetrics().map(({ name }) => name);
    const near = here === undefined ? suggestion(spec.metric, names) : `; here it is called ${here}`;
    const message = `must be a metric that is measured, and ${spec.metric} is not${near || '; homeostat metrics prints those that are'}`;
    return [{ path: `${path}.metric`, message }];
  }
  const { seconds, aggregate: aggregateName, minSamples = 1 } = spec.window ?? { seconds: 0, aggregate: 'Last' };
  const aggregate = aggregateNamed(aggregateName);
  const detector = compileDetector(spec.detect, aggregate === undefined ? metric : judgedOf(metric, aggregate));
  if (!scopesOf[kind].includes(metric.scope)) problems.push({ path: `${path}.metric`, message: tooWide(metric, kind) });
  if (aggregate === undefined)
    problems.push({ path: `${path}.window.aggregate`, message: `must be one of ${aggregateNames.join(', ')}` });
  else problems.push(...windowProblems(aggregate, metric, minSamples, path));
  if (isProblems(detector)) {
    for (const { path: at, message } of detector)
      problems.push({ path: `${path}.detect${at === '' ? '' : `.${at}`}`, message });
    return problems;
  }
  if (detector.judges === 'Peers' && kind === 'Workload')
    problems.push({
      path: `${path}.detect.peers`,
      message: 'must not stand here: a Workload has no peers; set target.kind to Pod, Container or Node',
    });
  problems.push(...fillProblems(spec, metric, detector, kind, path));
  if (problems.length > 0 || aggregate === undefined) return problems;
  const { fill, outliers } = spec;
  return {
    name: spec.name,
    metric,
    aggregate,
    windowSeconds: seconds,
    minSamples,
    detector,
    // An agent fills nothing.
    scoring: fill === undefined ? scoringOf(detector, spec, metric.scope === kind, kind, warmupSeconds) : undefined,
    createWindow: () => aggregate.create({ seconds, minSamples }),
    fill: fill && {
      maxMs: fill.maxSeconds * 1000,
      createCount: () => aggregateCount.create({ seconds, minSamples: 1 }),
    },
    outlierDeviations: outliers?.deviations,
    definition: JSON.stringify([metric.name, aggregate.name, seconds, minSamples, spec.detect, fill, outliers]),
  };
}

/** A value that is made up says something of a gauge of the target itself, in a window. */
function fillProblems(
  { fill, window }: SignalSpec,
  metric: Metric,
  { judges }: CompiledDetector,
  kind: TargetKind,
  path: string,
): Problem[] {
  if (fill === undefined) return [];
  const at = `${path}.fill`;
  if (judges === 'Silence') return [{ path: at, message: 'must not stand here: to absence a value says nothing' }];
  if (window === undefined || ['Last', 'Count', 'Rate', 'Increase'].includes(window.aggregate))
    return [
      {
        path: at,
        message:
          'must stand beside a window of Mean, Min, Max, Slope or a percentile: elsewhere nothing is missing, or it is made up for by the next sample',
      },
    ];
  if (metric.scope !== kind)
    return [
      {
        path: at,
        message: `must not stand here: ${metric.name} is measured for each ${metric.scope}, of which others go on`,
      },
    ];
  return [];
}

/** A metric as the detector meets it: with the unit of the aggregate. */
function judgedOf(metric: Metric, { name }: Aggregate): Metric {
  if (name === 'Count') return { ...metric, unit: '{sample}' };
  return name === 'Rate' || name === 'Slope' ? { ...metric, unit: `${metric.unit}/s` } : metric;
}

const isProblems = (answer: CompiledDetector | readonly ParameterProblem[]): answer is readonly ParameterProblem[] =>
  Array.isArray(answer);

function tooWide(metric: Metric, kind: TargetKind): string {
  const kinds = Object.entries(scopesOf).filter(([, scopes]) => scopes.includes(metric.scope));
  const fit = kinds.map(([name]) => name).join(' or ');
  return `must be measured for a ${kind} or a part of it: ${metric.name} is measured for each ${metric.scope}; set target.kind to ${fit}, or take another metric`;
}

function windowProblems(aggregate: Aggregate, metric: Metric, minSamples: number, path: string): Problem[] {
  const problems: Problem[] = [];
  const { name } = aggregate;
  if (aggregate.of === 'Increases' && metric.kind !== 'counter')
    problems.push({
      path: `${path}.window.aggregate`,
      message: `must not be ${name}: ${metric.name} is a gauge, and only counters have one; take Slope or Mean`,
    });
  if (name === 'Slope' && metric.kind === 'counter')
    problems.push({
      path: `${path}.window.aggregate`,
      message: `must not be Slope: ${metric.name} is a counter; take Rate, which knows resets`,
    });
  if (name === 'Last' && minSamples > 1)
    problems.push({ path: `${path}.window.minSamples`, message: 'must be 1 with Last, which is one sample' });
  return problems;
}
