/**
 * What came later to the simulation, drawn from numbers of its own: so the runs of all seeds that get none of it stay as
 * they were.
 */
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { hashOf, Random } from './random.ts';
import type { Happening, Scenario, ScenarioPlan, Step } from './scenario.ts';
import { valid } from './valid-plan.ts';

/** The scenario, and perhaps more that happens from a time on. */
export function drawExtras(scenario: Scenario, fromMs: number): Scenario {
  const random = new Random(hashOf(scenario.seed, 'extras'));
  const { endMs, policies } = scenario;
  const at = (): number => random.int(fromMs, endMs);
  const nodeLeases = random.chance(0.15);
  const hasFloor = random.chance(0.12);
  const plans = scenario.plans.map((plan) => {
    const isOnNodes = policies.some(({ plan: name, kind }) => name === plan.name && kind === 'Node');
    const layered = random.chance(0.2) ? valid(withLayers(random, plan, isOnNodes)) : plan;
    return hasFloor ? withFloor(random, layered) : layered;
  });
  const steps: Step[] = [...scenario.steps];
  if (nodeLeases)
    for (let count = random.int(1, 3); count > 0; count--)
      steps.push({
        atMs: at(),
        is: 'lease',
        slot: random.pick(['node-1', 'node-2', 'node-3']),
        ms: random.int(3, 20) * 1000,
      });
  if (hasFloor || random.chance(0.1))
    for (let count = random.int(1, 4); count > 0; count--) steps.push({ atMs: at(), ...drawWord(random) });
  if (random.chance(0.15)) steps.push(...drawRefusedUndo(random, at()));
  steps.sort((a, b) => a.atMs - b.atMs);
  return { ...scenario, plans, nodeLeases, steps };
}

/** Two steps that set one field, each to another value. */
function withLayers(random: Random, { spec, ...plan }: ScenarioPlan, isOnNodes: boolean): ScenarioPlan {
  const pool = (value: string): PlanStep['action'] => ({ label: { of: 'Target', set: { pool: value } } });
  const more = (by: number): PlanStep['action'] => ({ scale: { by, max: 10 } });
  const pair = isOnNodes || random.chance(0.5) ? [pool('sick'), pool('worse')] : [more(1), more(2)];
  const [first] = spec.steps;
  const undo = first?.undo ?? { when: 'Recovered', afterSeconds: 0 };
  const layer = (action: PlanStep['action'], index: number): PlanStep => {
    const step = { name: `layer-${index}`, action, timeoutSeconds: 20 };
    return random.chance(0.7) ? { ...step, undo } : step;
  };
  const steps = pair.map((action, index) => layer(action, index));
  return { ...plan, spec: { ...spec, steps: [...steps, ...spec.steps.slice(2)] } };
}

/** People are asked when they have called the policy wrong too often. */
function withFloor(random: Random, { spec, ...plan }: ScenarioPlan): ScenarioPlan {
  const minPrecision = random.pick(['50%', '90%']);
  return { ...plan, spec: { ...spec, guards: { ...spec.guards, minPrecision } } };
}

/** What a person says of an Incident. */
const drawWord = (random: Random): Happening => ({
  is: 'change',
  kind: 'Incident',
  nth: random.int(0, 4),
  body: { spec: { verdict: random.chance(0.7) ? 'FalsePositive' : 'TruePositive', verdictBy: 'alice' } },
});

/** A person wants something undone, and the first that is tried is refused, whoever tries it. */
function drawRefusedUndo(random: Random, atMs: number): Step[] {
  const body = { spec: { undoRequested: { by: 'alice', reason: 'not the cause' } } };
  return [
    ...[0, 1].map((replica) => ({ atMs, is: 'fault', on: 'TargetWrite', kind: 'Invalid', replica, count: 1 }) as const),
    { atMs, is: 'change', kind: 'Remediation', nth: random.int(0, 3), body },
  ];
}
