/** Remediations that are after the same thing, a place in a budget or a field of an object: drawn from numbers of their own. */
import type { Mode, PlanStep } from '../../crds/remediation-plan.ts';
import { extended, type Timed } from './extended.ts';
import { hashOf, Random } from './random.ts';
import type { Happening, Scenario, ScenarioPlan } from './scenario.ts';
import { rootNamespace } from './slots.ts';

/** The scenario, and perhaps more that happens from a time on. */
export function drawRivals(scenario: Scenario, fromMs: number): Scenario {
  const random = new Random(hashOf(scenario.seed, 'rivals'));
  if (random.chance(0.04)) return withOnePlace(random, scenario, fromMs);
  return random.chance(0.15) ? withOneField(random, scenario, fromMs) : scenario;
}

/**
 * While the watches of who leads are behind, one claims the one place there is, withdraws its claim because people are to
 * be asked, and claims it anew when they are not; another one claims it in between. What is told late is an old claim.
 */
function withOnePlace(random: Random, scenario: Scenario, fromMs: number): Scenario {
  const made = ['plan-once', 'plan-twice'].map((name) => ({ kind: 'Node' as const, plan: planOfOnePlace(name) }));
  const guardrails = [{ name: 'guardrail-0', namespace: rootNamespace, spec: { maxConcurrent: 1 } }];
  const startMs = random.int(fromMs, fromMs + 8000);
  const after = (from: number, to: number): number => startMs + random.int(from, to);
  const ill = (policy: number, slot: string): Happening => ({ is: 'judge', policy, slot, ill: true });
  const asks = (mode: Mode): Happening => ({ is: 'change', kind: 'RemediationPlan', nth: 1, body: { spec: { mode } } });
  const lags = [0, 1].flatMap((replica): Timed[] => {
    const lag = { is: 'lag', replica, kind: 'Remediation' } as const;
    return [
      { atMs: startMs, happens: { ...lag, ms: random.int(2500, 6000) } },
      { atMs: startMs + 12_000, happens: { ...lag, ms: 0 } },
    ];
  });
  const happenings: Timed[] = [
    ...lags,
    { atMs: startMs, happens: ill(1, 'node-2') },
    { atMs: after(500, 1500), happens: asks('Approve') },
    { atMs: after(500, 2500), happens: ill(0, 'node-1') },
    { atMs: after(1500, 3500), happens: asks('Enforce') },
  ];
  const steps = scenario.steps.filter(({ is, atMs }) => is !== 'judge' && atMs > startMs + 7000);
  return extended({ ...scenario, policies: [], plans: [], guardrails, steps }, made, happenings);
}

/** What it does takes its time, so that its place is taken for a while. */
const planOfOnePlace = (name: string): ScenarioPlan => ({
  name,
  namespace: rootNamespace,
  spec: {
    mode: 'Enforce',
    steps: [{ name: 'step-0', action: { cordon: {} }, timeoutSeconds: 20 }],
    verify: { stabilizationSeconds: 10, timeoutSeconds: 70, onFailure: 'Undo' },
    guards: { maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: 0 },
  },
});

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
  const steps = Array.from({ length: random.chance(0.3) ? 2 : 1 }, (_, index): PlanStep => {
    const action: PlanStep['action'] =
      kind === 'Node'
        ? { label: { of: 'Target', set: { pool: random.pick(['sick', 'worse', 'a']) } } }
        : { scale: random.pick([{ by: 1, max: 10 }, { by: -1, min: 1 }, { to: 5 }]) };
    const when = random.pick(['Never', 'Recovered', 'Recovered', 'Elapsed'] as const);
    const undo = { when, afterSeconds: random.pick([0, 5, 30]) };
    return { name: `step-${index}`, action, timeoutSeconds: 20, ...(random.chance(0.8) ? { undo } : {}) };
  });
  return {
    name,
    namespace: rootNamespace,
    spec: {
      mode: 'Enforce',
      steps,
      verify: {
        stabilizationSeconds: random.pick([0, 3]),
        timeoutSeconds: random.pick([5, 20]),
        onFailure: random.pick(['Undo', 'Keep', 'Escalate']),
      },
      guards: { maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: 0 },
    },
  };
}
