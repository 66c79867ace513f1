import type { Scenario, ScenarioGuardrail, Step } from './scenario.ts';
import { runScenario, type RunOptions } from './simulation.ts';

/** How many runs shrinking may take. */
const mostRuns = 200;

/**
 * The shortest run found that still breaks the same rule: without every step, Guardrail and further policy that it does
 * not need. What is left happens at the same times as before, because all chance that is not a step follows from the
 * seed and from what is asked, not from how often chance was asked before.
 */
export async function shrink(scenario: Scenario, rule: string, options: RunOptions = {}): Promise<Scenario> {
  let runs = 0;
  const breaks: Breaks = async (candidate) => {
    if (runs >= mostRuns) return false;
    runs++;
    const { violation } = await runScenario(candidate, options);
    return violation?.rule === rule;
  };
  let shortest = scenario;
  let before = Infinity;
  while (size(shortest) < before) {
    before = size(shortest);
    shortest = await oneRound(shortest, breaks);
  }
  return shortest;
}

type Breaks = (candidate: Scenario) => Promise<boolean>;

async function oneRound(scenario: Scenario, breaks: Breaks): Promise<Scenario> {
  const steps = await without(scenario.steps, (steps: readonly Step[]) => breaks({ ...scenario, steps }));
  const guardrails = await without(scenario.guardrails, (guardrails: readonly ScenarioGuardrail[]) =>
    breaks({ ...scenario, steps, guardrails }),
  );
  const left = { ...scenario, steps, guardrails };
  const ends = [{ paused: false }, { ...left.end, paused: false }, { paused: left.end.paused }];
  for (const end of ends)
    if (Object.keys(end).length < Object.keys(left.end).length || end.paused !== left.end.paused)
      if (await breaks({ ...left, end })) return { ...left, end };
  return left;
}

const size = ({ steps, guardrails, end }: Scenario): number =>
  steps.length + guardrails.length + Object.keys(end).length;

/** Takes away halves, quarters, … and single entries, as long as what is left still `breaks`. */
async function without<T>(all: readonly T[], breaks: (left: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let left = all;
  for (let length = Math.ceil(all.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let from = 0; from < left.length;) {
      const candidate = left.toSpliced(from, length);
      if (await breaks(candidate)) left = candidate;
      else from += length;
    }
  }
  return left;
}
