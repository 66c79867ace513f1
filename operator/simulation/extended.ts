import type { Happening, Scenario, ScenarioPlan, ScenarioPolicy, Step } from './scenario.ts';
import { valid } from './valid-plan.ts';

/** Something that is to happen at a time. */
export interface Timed {
  readonly atMs: number;
  readonly happens: Happening;
}

/** A scenario with further plans, each with a policy of its own that leads to it, and with what happens because of them. */
export function extended(
  scenario: Scenario,
  made: readonly { readonly plan: ScenarioPlan; readonly kind: ScenarioPolicy['kind'] }[],
  happenings: readonly Timed[],
): Scenario {
  const policies = made.map(({ plan: { name, namespace }, kind }, index): ScenarioPolicy => {
    return { name: `policy-${scenario.policies.length + index}`, namespace, kind, plan: name, mode: 'Enforce' };
  });
  const steps: Step[] = happenings.map(({ atMs, happens }) => ({ ...happens, atMs: Math.max(0, atMs) }));
  return {
    ...scenario,
    policies: [...scenario.policies, ...policies],
    plans: [...scenario.plans, ...made.map(({ plan }) => valid(plan))],
    steps: [...scenario.steps, ...steps].sort((a, b) => a.atMs - b.atMs),
    endMs: Math.max(scenario.endMs, ...steps.map(({ atMs }) => atMs + 10_000)),
  };
}
