/** Runs that chance alone hardly comes upon: drawn from numbers of their own, and each instead of what there was. */
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { extended, type Timed } from './extended.ts';
import { hashOf, Random } from './random.ts';
import type { Happening, Scenario, ScenarioPlan } from './scenario.ts';
import { rootNamespace } from './slots.ts';

/** The scenario, or perhaps another one in which something is acted out from a time on. */
export function drawPlot(scenario: Scenario, fromMs: number): Scenario {
  const random = new Random(hashOf(scenario.seed, 'plot'));
  const plot = random.weighted<Plot | undefined>([
    [2, distrust],
    [2, behind],
    [86, undefined],
    [2, lateWrite],
    [2, attempts],
    [2, secondThoughts],
    [1, oldSamples],
    [2, oldNote],
    [1, takenBackUnseen],
  ]);
  if (plot === undefined) return scenario;
  const startMs = random.int(fromMs, fromMs + 5000);
  const { plan, happenings, lastsMs } = plot(random, startMs);
  const untilMs = startMs + lastsMs;
  const steps = scenario.steps.filter(({ is, atMs }) => is !== 'judge' && atMs > untilMs);
  const alone = { ...scenario, policies: [], plans: [], guardrails: [], nodeLeases: false, steps };
  const run = extended(alone, [{ kind: 'Node', plan }], [{ atMs: startMs, happens: ill }, ...happenings]);
  return { ...run, endMs: Math.max(run.endMs, untilMs) };
}

/** `node-1` is ill from a time on, by the one plan that there is; until it is over, nothing else happens. */
type Plot = (
  random: Random,
  startMs: number,
) => {
  readonly plan: ScenarioPlan;
  readonly happenings: readonly Timed[];
  readonly lastsMs: number;
};

const ill = { is: 'judge', policy: 0, slot: 'node-1', ill: true } as const;
const well: Happening = { ...ill, ill: false };
/** The policy was changed, and it does not fire by the new one yet. */
const anew: Happening = { ...ill, pending: true };
const asks: Happening = { is: 'change', kind: 'RemediationPlan', nth: 0, body: { spec: { mode: 'Approve' } } };

const ofRemediation = (spec: object): Happening => ({ is: 'change', kind: 'Remediation', nth: 0, body: { spec } });
const undo = ofRemediation({ undoRequested: { by: 'alice', reason: 'not the cause' } });
const approve = ofRemediation({ approvals: [{ by: 'alice', decision: 'Approved' }] });

const slowWrite = (replica: number): Happening => ({ is: 'fault', on: 'TargetWrite', kind: 'Slow', replica, count: 1 });

/** Who leads, most of the time: the first to start. */
const leader = (random: Random): number => (random.chance(0.8) ? 0 : 1);

/**
 * The write of a step is on its way for seconds, who sent it stands still and had not renewed its Lease for a while, and
 * when another process leads a person wants the step taken back, of which nothing is to be seen yet.
 */
const lateWrite: Plot = (random, startMs) => {
  const replica = leader(random);
  const lost: Happening = { is: 'fault', on: 'LeaseWrite', kind: 'LostBefore', replica, count: 0, ms: 9000 };
  return {
    plan: planOf({}),
    happenings: [
      { atMs: startMs - 2500, happens: lost },
      { atMs: startMs, happens: slowWrite(replica) },
      { atMs: startMs + random.int(150, 600), happens: { is: 'pause', replica, ms: random.int(15, 30) * 1000 } },
      { atMs: startMs + random.int(500, 4000), happens: undo },
    ],
    lastsMs: 14_000,
  };
};

/** What ails the node is not helped by what the plan does, again and again. */
const attempts: Plot = (random) => {
  const backoff = { factor: random.int(2, 3), maxSeconds: 60 };
  const plan = planOf({
    guards: { maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: random.pick([4, 6]), backoff },
    verify: { stabilizationSeconds: 3, timeoutSeconds: 5, onFailure: 'Undo' },
  });
  return { plan, happenings: [], lastsMs: 50_000 };
};

/** While the first step takes its time, people want to be asked from now on, or the node is well again, or judged anew. */
const secondThoughts: Plot = (random, startMs) => {
  const job = { image: 'fix', runAsUser: 1000, deadlineSeconds: 60 };
  const steps: PlanStep[] = [{ name: 'slow', action: { job }, timeoutSeconds: 20 }, cordon];
  const happens = random.pick([asks, well, anew]);
  return {
    plan: planOf({ steps }),
    happenings: [{ atMs: startMs + random.int(200, 2000), happens }],
    lastsMs: 14_000,
  };
};

/** The stream stands still, and a person approves of what was found long ago. */
const oldSamples: Plot = (random, startMs) => ({
  plan: planOf({ mode: 'Approve' }),
  happenings: [
    { atMs: startMs + random.int(500, 4000), happens: { is: 'stream', replica: 0, ms: 40_000 } },
    { atMs: startMs + random.int(500, 4000), happens: { is: 'stream', replica: 1, ms: 40_000 } },
    { atMs: startMs + random.int(15_000, 38_000), happens: approve },
  ],
  lastsMs: 42_000,
});

/** Who leads has noted a step, does not get through with it and stands still; meanwhile people want to be asked, or all is well. */
const oldNote: Plot = (random, startMs) => {
  const replica = leader(random);
  const lost: Happening = { is: 'fault', on: 'TargetWrite', kind: 'LostBefore', replica, count: 0, ms: 9000 };
  return {
    plan: planOf({}),
    happenings: [
      { atMs: startMs, happens: lost },
      { atMs: startMs + random.int(200, 1500), happens: { is: 'pause', replica, ms: 30_000 } },
      { atMs: startMs + random.int(2000, 7000), happens: random.pick([asks, asks, well]) },
    ],
    lastsMs: 20_000,
  };
};

/** The next to lead has heard that a step is noted, and not that it was made and taken back since. */
const takenBackUnseen: Plot = (random, startMs) => {
  const replica = leader(random);
  const stall: Happening = { is: 'stall', replica: 1 - replica, kind: 'Remediation', ms: 60_000 };
  return {
    plan: planOf({ steps: [{ ...cordon, timeoutSeconds: 60 }] }),
    happenings: [
      { atMs: startMs, happens: slowWrite(replica) },
      { atMs: startMs + random.int(300, 1500), happens: stall },
      { atMs: startMs + random.int(12_000, 15_000), happens: undo },
      { atMs: startMs + random.int(15_500, 17_000), happens: { is: 'pause', replica, ms: 30_000 } },
    ],
    lastsMs: 45_000,
  };
};

/** A person calls an Incident wrong, before it is over or after that, and the node falls ill again. */
const distrust: Plot = (random, startMs) => {
  const wellMs = startMs + random.int(3000, 8000);
  const spec = { verdict: 'FalsePositive', verdictBy: 'alice' };
  const wrong: Happening = { is: 'change', kind: 'Incident', nth: 0, body: { spec } };
  return {
    plan: planOf({
      steps: [{ ...cordon, undo: { when: 'Recovered', afterSeconds: 0 } }],
      guards: { maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: 0, minPrecision: '90%' },
    }),
    happenings: [
      { atMs: startMs + random.int(500, 10_000), happens: wrong },
      { atMs: wellMs, happens: well },
      { atMs: startMs + random.int(12_000, 18_000), happens: ill },
    ],
    lastsMs: 24_000,
  };
};

/** Who leads finds something and stands still, and the next to lead has heard nothing of the stream since before that. */
const behind: Plot = (random, startMs) => {
  const replica = leader(random);
  return {
    plan: planOf({}),
    happenings: [
      { atMs: startMs - random.int(100, 1000), happens: { is: 'stream', replica: 1 - replica, ms: 40_000 } },
      { atMs: startMs + random.int(200, 3000), happens: { is: 'pause', replica, ms: 30_000 } },
    ],
    lastsMs: 45_000,
  };
};

const cordon: PlanStep = { name: 'cordon', action: { cordon: {} }, timeoutSeconds: 20 };

const planOf = (spec: Partial<ScenarioPlan['spec']>): ScenarioPlan => ({
  name: 'plan-plot',
  namespace: rootNamespace,
  spec: {
    mode: 'Enforce',
    steps: [cordon],
    verify: { stabilizationSeconds: 3, timeoutSeconds: 20, onFailure: 'Undo' },
    guards: { maxConcurrent: 2, maxAttempts: 3, cooldownSeconds: 0 },
    ...spec,
  },
});
