/** Remediations that are after the same thing, a place in a budget or a field of an object: drawn from numbers of their own. */
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { hashOf, Random } from './random.ts';
import type { Happening, Scenario, ScenarioPlan, ScenarioPolicy, Step } from './scenario.ts';
import { rootNamespace } from './slots.ts';
import { valid } from './valid-plan.ts';

/** The scenario, and perhaps more that happens from a time on. */
export function drawRivals(scenario: Scenario, fromMs: number): Scenario {
  const random = new Random(hashOf(scenario.seed, 'rivals'));
  const placed = random.chance(0.06) ? withOnePlace(random, scenario, fromMs) : scenario;
  return random.chance(0.15) ? withOneField(random, placed, fromMs) : placed;
}

interface Timed {
  readonly atMs: number;
  readonly happens: Happening;
}

/**
 * Two claim the one place there is, and while one of them withdraws its claim, the process that leads next hears nothing
 * more of Remediations; the one that leads stands still soon after.
 */
function withOnePlace(random: Random, scenario: Scenario, fromMs: number): Scenario {
  const plan: ScenarioPlan = {
    name: 'plan-place',
    namespace: rootNamespace,
    spec: {
      mode: 'Enforce',
      steps: [{ name: 'step-0', action: { cordon: {} }, timeoutSeconds: 20 }],
      verify: { stabilizationSeconds: 10, timeoutSeconds: 70, onFailure: 'Undo' },
      guards: { maxConcurrent: 1, maxAttempts: 3, cooldownSeconds: 0 },
    },
  };
  const atMs = random.int(fromMs, fromMs + 10_000);
  const policy = scenario.policies.length;
  const leading = random.chance(0.8) ? 0 : 1;
  const happenings: Timed[] = ['node-1', 'node-2'].map((slot) => ({
    atMs,
    happens: { is: 'judge', policy, slot, ill: true },
  }));
  happenings.push(
    {
      atMs: atMs + random.int(20, 300),
      happens: { is: 'stall', replica: 1 - leading, kind: 'Remediation', ms: random.int(15, 25) * 1000 },
    },
    {
      atMs: atMs + random.int(300, 1500),
      happens: { is: 'pause', replica: leading, ms: random.int(12, 25) * 1000 },
    },
  );
  return extended(scenario, [{ plan, kind: 'Node' }], happenings);
}

/** One Remediation after the other changes the same field, and people want one or the other of them taken back. */
function withOneField(random: Random, scenario: Scenario, fromMs: number): Scenario {
  const kind = random.pick(['Node', 'Node', 'Workload'] as const);
  const slot = kind === 'Node' ? 'node-1' : 'web';
  const made = ['plan-under', 'plan-over'].map((name) => ({ kind, plan: planOnField(random, kind, name) }));
  const happenings: Timed[] = [];
  let atMs = random.int(fromMs, fromMs + 8000);
  for (const index of made.keys()) {
    const judge = { is: 'judge', policy: scenario.policies.length + index, slot } as const;
    happenings.push({ atMs, happens: { ...judge, ill: true } });
    happenings.push({ atMs: atMs + random.int(2, 12) * 1000, happens: { ...judge, ill: false } });
    atMs += random.int(1, 16) * 1000;
  }
  for (let count = random.int(0, 3); count > 0; count--) {
    const nth = random.int(0, 3);
    const wish = { spec: { undoRequested: { by: 'alice', reason: 'not the cause' } } };
    happenings.push({
      atMs: atMs + random.int(-10, 20) * 1000,
      happens: random.chance(0.85)
        ? { is: 'change', kind: 'Remediation', nth, body: wish }
        : { is: 'delete', kind: 'Remediation', nth },
    });
  }
  if (random.chance(0.5)) happenings.push(...drawTakeover(random, made[0]?.plan, slot, atMs));
  return extended(scenario, made, happenings);
}

/** Somebody puts another value in the place of ours, and then just the same that we had put there: it is theirs now. */
function drawTakeover(random: Random, plan: ScenarioPlan | undefined, slot: string, atMs: number): Timed[] {
  const { label, scale } = plan?.spec.steps[0]?.action ?? {};
  const by = random.pick(['kubectl-edit', 'argocd']);
  const pools = ['b', label?.set?.['pool'] ?? 'sick'];
  const replicas = [7, scale?.to ?? 2 + (scale?.by ?? 0)];
  return [0, 1].map((nth) => ({
    atMs: atMs + random.int(-4, 4) * 1000 + nth * 6000,
    happens:
      label === undefined
        ? { is: 'edit', by, kind: 'Deployment', slot, body: { spec: { replicas: replicas[nth] } }, scale: true }
        : { is: 'edit', by, kind: 'Node', slot, body: { metadata: { labels: { pool: pools[nth] } } } },
  }));
}

function planOnField(random: Random, kind: 'Node' | 'Workload', name: string): ScenarioPlan {
  const action: PlanStep['action'] =
    kind === 'Node'
      ? { label: { of: 'Target', set: { pool: random.pick(['sick', 'worse', 'a']) } } }
      : { scale: random.pick([{ by: 1, max: 10 }, { by: -1, min: 1 }, { to: 5 }]) };
  const when = random.pick(['Never', 'Recovered', 'Recovered', 'Elapsed'] as const);
  const undo = { when, afterSeconds: random.pick([0, 5, 30]) };
  return {
    name,
    namespace: rootNamespace,
    spec: {
      mode: 'Enforce',
      steps: [{ name: 'step-0', action, timeoutSeconds: 20, ...(random.chance(0.8) ? { undo } : {}) }],
      verify: {
        stabilizationSeconds: random.pick([0, 3]),
        timeoutSeconds: random.pick([5, 20]),
        onFailure: random.pick(['Undo', 'Keep', 'Escalate']),
      },
      guards: { maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: 0 },
    },
  };
}

/** With further plans, each with a policy of its own that leads to it, and with what happens because of them. */
function extended(
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
