/** From a seed to a run. */
import type { GuardrailSpec } from '../../crds/guardrail.ts';
import type { TargetKind } from '../../crds/references.ts';
import { irreversible } from '../../crds/actions.ts';
import type { Mode, PlanStep } from '../../crds/remediation-plan.ts';
import { actionOf } from '../actions/registry.ts';
import { drawAction } from './draw-action.ts';
import { drawExtras } from './draw-extras.ts';
import { drawPlot } from './draw-plots.ts';
import { drawRivals } from './draw-rivals.ts';
import { drawStep } from './draw-step.ts';
import { hashOf, Random } from './random.ts';
import type { Scenario, ScenarioGuardrail, ScenarioPlan, ScenarioPolicy, Step } from './scenario.ts';
import { rootNamespace } from './slots.ts';
import { valid } from './valid-plan.ts';
import { placesOf } from './verdicts.ts';

/** Until then the replicas start, and nothing happens. */
const calmMs = 5000;

/** The run of a seed: the same for the same seed and the same registries, on any machine. */
export function drawScenario(seed: number): Scenario {
  const random = new Random(hashOf(seed, 'scenario'));
  const policies: ScenarioPolicy[] = [];
  const plans: ScenarioPlan[] = [];
  const count = random.weighted([
    [3, 1],
    [4, 2],
    [3, 3],
  ]);
  for (let index = 0; index < count; index++) {
    const kind = random.weighted<TargetKind>([
      [9, 'Node'],
      [5, 'Pod'],
      [2, 'Container'],
      [4, 'Workload'],
    ]);
    const namespace = kind === 'Node' || random.chance(0.5) ? rootNamespace : 'shop';
    const shared = plans.find((plan) => plan.namespace === namespace);
    const plan = shared !== undefined && random.chance(0.4) ? shared : drawPlan(random, kind, namespace, plans.length);
    if (plan !== shared) plans.push(valid(plan));
    const mode = random.chance(0.95) ? 'Enforce' : 'Observe';
    policies.push({ name: `policy-${index}`, namespace, kind, plan: plan.name, mode });
  }
  const guardrails = Array.from({ length: random.int(0, 2) }, (_, index) => drawGuardrail(random, index));
  const endMs = calmMs + random.int(10, 60) * 1000;
  const steps: Step[] = Array.from({ length: random.int(8, 34) }, () => ({
    atMs: random.int(calmMs, endMs),
    ...drawStep(random, { policies, plans, guardrails }),
  })).sort((a, b) => a.atMs - b.atMs);
  // Something is ill in the beginning, or the seed is wasted.
  const first = { is: 'judge' as const, policy: 0, ill: true };
  for (const slot of placesFor(policies[0]?.kind ?? 'Node'))
    if (random.chance(0.8)) steps.unshift({ atMs: calmMs, ...first, slot });
  if (random.chance(0.25)) steps.push(...drawStandstill(random, policies, endMs));
  const autoscaled = random.chance(0.1);
  const blind = random.chance(0.12) ? { unreadable: random.pick(['node-1', 'node-2', 'web']) } : {};
  const end = { paused: random.chance(0.5), ...blind };
  const scenario = { seed, policies, plans, guardrails, nodeLeases: false, autoscaled, steps, endMs, end };
  return drawPlot(drawRivals(drawExtras(scenario, calmMs), calmMs), calmMs);
}

/** Something falls ill, and a process stands still in the middle of doing something about it, for longer than it leads. */
function drawStandstill(random: Random, policies: readonly ScenarioPolicy[], endMs: number): Step[] {
  const policy = random.int(0, policies.length - 1);
  const slot = random.pick(placesOf(policies[policy] ?? { kind: 'Node', namespace: '' }));
  const atMs = random.int(calmMs, endMs);
  return [
    { atMs, is: 'judge', policy, slot, ill: true },
    { atMs: atMs + random.int(20, 300), is: 'pause', replica: random.int(0, 1), ms: random.int(9, 25) * 1000 },
  ];
}

const placesFor = (kind: TargetKind): string[] => {
  if (kind === 'Node') return ['node-1', 'node-2', 'node-3'];
  return kind === 'Workload' ? ['web'] : ['web/0', 'web/1'];
};

function drawPlan(random: Random, kind: TargetKind, namespace: string, index: number): ScenarioPlan {
  const mode = random.weighted<Mode>([
    [14, 'Enforce'],
    [3, 'Approve'],
    [1, 'DryRun'],
    [1, 'Observe'],
  ]);
  const count = random.weighted([
    [5, 1],
    [4, 2],
    [2, 3],
  ]);
  const stabilizationSeconds = random.pick([0, 3, 10]);
  return {
    name: `plan-${index}`,
    namespace,
    spec: {
      mode,
      ...(random.chance(0.3) ? { serviceAccountName: 'fixer' } : {}),
      steps: Array.from({ length: count }, (_, step) => drawPlanStep(random, kind, step)),
      verify: {
        stabilizationSeconds,
        timeoutSeconds: stabilizationSeconds + random.pick([5, 20, 60]),
        onFailure: random.pick(['Undo', 'Undo', 'Undo', 'Keep', 'Escalate']),
      },
      guards: {
        maxConcurrent: random.pick([1, 1, 2, 3, '50%', '10%']),
        maxAttempts: random.int(1, 3),
        cooldownSeconds: random.pick([0, 0, 5, 40]),
        ...drawLimits(random),
        ...(random.chance(0.2) ? { breaker: { failures: random.int(1, 2), openSeconds: random.pick([5, 30]) } } : {}),
        ...(random.chance(0.2) ? { backoff: { factor: random.int(2, 3), maxSeconds: random.pick([40, 60]) } } : {}),
      },
      ...(random.chance(0.3) ? { approval: { expireSeconds: random.pick([5, 60]), quorum: random.int(1, 2) } } : {}),
    },
  };
}

type Limits = Pick<GuardrailSpec, 'maxPerWindow' | 'perTopology' | 'minHealthy' | 'storm' | 'schedule'>;

/** The limits that plans and Guardrails have in common, and that few have. */
function drawLimits(random: Random): Limits {
  const key = 'topology.kubernetes.io/zone';
  return {
    ...(random.chance(0.15) ? { maxPerWindow: { count: random.int(1, 3), seconds: random.pick([10, 40, 600]) } } : {}),
    ...(random.chance(0.1) ? { perTopology: { key, maxConcurrent: random.int(1, 2) } } : {}),
    ...(random.chance(0.08) ? { minHealthy: random.pick([1, '50%']) } : {}),
    ...(random.chance(0.12) ? { storm: drawStorm(random) } : {}),
    ...(random.chance(0.06) ? { schedule: [drawSchedule(random)] } : {}),
  };
}

const drawStorm = (random: Random): NonNullable<Limits['storm']> => ({
  above: random.pick([1, 2, '30%', '60%']),
  clearSeconds: random.pick([0, 5, 20]),
  observeSeconds: random.pick([0, 0, 2]),
});

/** By the minute, because a run is a minute or two of the first hour of a year, in every time zone. */
const drawSchedule = (random: Random): NonNullable<Limits['schedule']>[number] => ({
  cron: `${random.int(0, 1)} * * * *`,
  seconds: 60,
  timeZone: random.pick(['UTC', 'Europe/Paris', 'America/New_York']),
  effect: random.pick(['Allow', 'Deny']),
});

function drawPlanStep(random: Random, kind: TargetKind, index: number): PlanStep {
  const action = drawAction(random, kind);
  const isIrreversible = irreversible.includes(actionOf(action).name);
  return {
    name: `step-${index}`,
    action,
    timeoutSeconds: random.pick([5, 20, 60]),
    ...(isIrreversible || random.chance(0.3) ? {} : { undo: drawUndo(random) }),
  };
}

function drawUndo(random: Random): NonNullable<PlanStep['undo']> {
  const when = random.pick(['Recovered', 'Recovered', 'Recovered', 'Elapsed', 'Never'] as const);
  return { when, afterSeconds: random.pick(when === 'Elapsed' ? [5, 30] : [0, 0, 5, 30]) };
}

function drawGuardrail(random: Random, index: number): ScenarioGuardrail {
  const spec: GuardrailSpec = {
    ...drawLimits(random),
    ...(random.chance(0.4) ? { maxConcurrent: random.pick([1, 1, 2, '50%']) } : {}),
    ...(random.chance(0.1) ? { maxMode: random.pick<Mode>(['Approve', 'DryRun', 'Enforce']) } : {}),
    ...(random.chance(0.05) ? { paused: [{ reason: 'freeze', by: 'alice' }] } : {}),
    ...(random.chance(0.4)
      ? {
          protect: [
            random.pick([
              { nodeSelector: { matchLabels: { 'node-role.kubernetes.io/control-plane': '' } } },
              { namespaces: ['shop'] },
              { selector: { matchLabels: { quarantine: 'true' } } },
              { nodeSelector: { matchLabels: { pool: 'b' } } },
            ]),
          ],
        }
      : {}),
  };
  return { name: `guardrail-${index}`, namespace: random.chance(0.7) ? rootNamespace : 'shop', spec };
}
