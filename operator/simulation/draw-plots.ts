/** Runs that chance alone hardly comes upon: drawn from numbers of their own, and each instead of what there was. */
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import { extended, type Timed } from './extended.ts';
import { hashOf, Random } from './random.ts';
import type { Happening, Scenario, ScenarioPlan } from './scenario.ts';
import { rootNamespace } from './slots.ts';

/** The scenario, or perhaps another one in which something is acted out from a time on. */
export function drawPlot(scenario: Scenario, fromMs: number): Scenario {
  const random = new Random(hashOf(scenario.seed, 'plot'));
  const draw = random.weighted([
    [95, () => scenario],
    [3, () => withLateWrite(random, scenario, fromMs)],
    [2, () => withAttempts(random, scenario, fromMs)],
  ]);
  return draw();
}

const ill: Happening = { is: 'judge', policy: 0, slot: 'node-1', ill: true };

/**
 * The write of a step is on its way for seconds, who sent it stands still, and when another process leads a person wants
 * the step taken back, of which nothing is to be seen yet.
 */
function withLateWrite(random: Random, scenario: Scenario, fromMs: number): Scenario {
  const startMs = random.int(fromMs, fromMs + 5000);
  const leading = random.chance(0.8) ? 0 : 1;
  const body = { spec: { undoRequested: { by: 'alice', reason: 'not the cause' } } };
  const happenings: Timed[] = [
    { atMs: startMs, happens: { is: 'fault', on: 'TargetWrite', kind: 'Slow', replica: leading, count: 1 } },
    { atMs: startMs, happens: ill },
    { atMs: startMs + random.int(150, 600), happens: { is: 'pause', replica: leading, ms: random.int(15, 30) * 1000 } },
    { atMs: startMs + random.int(3000, 9000), happens: { is: 'change', kind: 'Remediation', nth: 0, body } },
  ];
  const guards = { maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: 0 };
  return acted(scenario, planOf(guards, 20), happenings, startMs + 14_000);
}

/** What ails a node is not helped by what the plan does, again and again. */
function withAttempts(random: Random, scenario: Scenario, fromMs: number): Scenario {
  const startMs = random.int(fromMs, fromMs + 5000);
  const backoff = { factor: random.int(2, 3), maxSeconds: 60 };
  const plan = planOf({ maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: random.pick([4, 6]), backoff }, 5);
  return acted(scenario, plan, [{ atMs: startMs, happens: ill }], startMs + 50_000);
}

const planOf = (guards: RemediationPlanSpec['guards'], timeoutSeconds: number): ScenarioPlan => ({
  name: 'plan-plot',
  namespace: rootNamespace,
  spec: {
    mode: 'Enforce',
    steps: [{ name: 'step-0', action: { cordon: {} }, timeoutSeconds: 20 }],
    verify: { stabilizationSeconds: 3, timeoutSeconds, onFailure: 'Undo' },
    guards,
  },
});

/** Only this plan, and until a time nothing but what belongs to it. */
function acted(scenario: Scenario, plan: ScenarioPlan, happenings: readonly Timed[], untilMs: number): Scenario {
  const steps = scenario.steps.filter(({ is, atMs }) => is !== 'judge' && atMs > untilMs);
  const alone = { ...scenario, policies: [], plans: [], guardrails: [], nodeLeases: false, steps };
  const run = extended(alone, [{ kind: 'Node', plan }], happenings);
  return { ...run, endMs: Math.max(run.endMs, untilMs) };
}
