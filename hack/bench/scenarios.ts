import type { Recorder } from '../../e2e/runner/recorder.ts';
import { runScenario, type Result } from '../../e2e/runner/run.ts';
import type { Scenario } from '../../e2e/runner/scenario.ts';
import type { World } from '../../e2e/runner/world.ts';
import { medianOf, quantileOf, rounded } from './compare.ts';

/** Seconds; `lead` is the time by which a twin without a policy outlived the write. */
export interface ScenarioFigures {
  readonly passed: number;
  readonly runs: number;
  readonly faultToWrite?: Spread;
  readonly lead?: Spread;
  /** Why runs failed. */
  readonly problems?: readonly string[];
}
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Runs each scenario that ends in an action so many times, one after the other. */
export const scenarioFigures = async (
  world: World,
  recorder: Recorder,
  scenarios: readonly Scenario[],
  runs: number,
  say: (words: string) => void,
): Promise<Record<string, ScenarioFigures>> => {
  const figures: Record<string, ScenarioFigures> = {};
  for (const scenario of scenarios) {
    const results: Result[] = [];
    for (let run = 1; run <= runs; run++) {
      const result = await runScenario(world, recorder, scenario, () => {});
      say(
        `${scenario.name} ${run}/${runs}: ${result.passed ? `${result.secondsToWrite} s` : result.problems.join('; ')}`,
      );
      results.push(result);
    }
    figures[scenario.name] = figuresOf(results);
  }
  return figures;
};

const figuresOf = (results: readonly Result[]): ScenarioFigures => {
  const passed = results.filter((result) => result.passed);
  const problems = results.flatMap((result) => result.problems);
  return {
    passed: passed.length,
    runs: results.length,
    ...spread(
      'faultToWrite',
      passed.map(({ secondsToWrite }) => secondsToWrite),
    ),
    ...spread(
      'lead',
      passed.map(({ leadSeconds }) => leadSeconds),
    ),
    ...(problems.length > 0 ? { problems } : {}),
  };
};

const spread = <Name extends string>(
  name: Name,
  seconds: readonly (number | undefined)[],
): { readonly [key in Name]?: Spread } => {
  const values = seconds.filter((value) => value !== undefined);
  if (values.length === 0) return {};
  const at = (share: number): number => rounded(quantileOf(values, share), 3);
  return { [name]: { median: rounded(medianOf(values), 3), min: at(0), max: at(1) } } as {
    readonly [key in Name]?: Spread;
  };
};
