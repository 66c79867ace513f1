import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { valuesOf } from '../../../engine/evaluate/scenario/notation.ts';
import { momentOf, nameOf, playSeries, tellingOf, type Played } from '../../../engine/evaluate/scenario/play.ts';
import { Evaluator } from '../../../engine/evaluate/evaluator.ts';
import { metricNamed } from '../../../engine/metrics.ts';
import { Policies } from '../../controllers/detection-policy/policies.ts';
import { Episodes } from '../backtest/episodes.ts';
import { UnusableError } from '../unusable.ts';
import { Objects } from './objects.ts';
import { ScenarioError, type ScenarioSpec } from './scenario.ts';

/** What was expected and what was told; the same, line by line, when the scenario holds. */
export interface Outcome {
  readonly expected: readonly string[];
  readonly told: readonly string[];
}

/**
 * Plays a scenario to the operator’s evaluator, with a policy as it would be applied. Throws a ScenarioError or an
 * UnusableError.
 */
export function runScenario(scenario: ScenarioSpec, policy: DetectionPolicy, rootNamespace: string): Outcome {
  const { intervalSeconds, verdicts, fires } = scenario;
  const objects = new Objects(scenario.objects, policy.metadata.namespace ?? 'default');
  const series = scenario.series.map(({ values, metric, ...rest }, index): Played => {
    if (metricNamed(metric) === undefined)
      throw new ScenarioError(`series[${index}].metric: there is no metric ${metric}`);
    try {
      return { measured: objects.measured(rest), metric, values: valuesOf(values) };
    } catch (cause) {
      throw new ScenarioError(`series[${index}]: ${(cause as Error).message}`, { cause });
    }
  });
  const longest = Math.max(0, ...series.map(({ values }) => values.length));
  const { untilSeconds = (longest - 1) * intervalSeconds } = scenario;
  const told: string[] = [];
  const episodes = new Episodes();
  const evaluator = new Evaluator({
    onVerdict(change) {
      told.push(tellingOf(change));
      episodes.take(change);
    },
  });
  const namespaceLabels = (name: string): Readonly<Record<string, string>> =>
    scenario.objects[`namespace ${name}`]?.labels ?? {};
  const policies = new Policies({ evaluator, rootNamespace, namespaceLabels });
  const problems = policies.put(policy);
  if (problems.length > 0) throw new UnusableError(`DetectionPolicy ${policy.metadata.name}`, problems);
  playSeries(evaluator, series, { untilSeconds, intervalSeconds });
  const fired = episodes.all.map(({ firedMs, verdict }) => `${momentOf(firedMs)} ${nameOf(verdict.target)}`);
  return {
    expected: [...(verdicts ?? []), ...(fires ?? []).map(asFires)],
    told: [...(verdicts === undefined ? [] : told), ...(fires === undefined ? [] : fired.map(asFires))],
  };
}

const asFires = (line: string): string => `${line} fires`;
