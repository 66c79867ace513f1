import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import type { Guardrail } from '../../../crds/guardrail.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { complete } from '../../../crds/validate.ts';
import type { VerdictState } from '../../../engine/evaluate/verdict.ts';
import { lookBackMs } from '../../controllers/detection-policy/look-back.ts';
import type { PolicyInForce } from '../../controllers/detection-policy/policies.ts';
import { routeOf } from '../../controllers/detection-policy/routing.ts';
import type { Routing } from '../../decide/route.ts';
import type { ShedMessage } from '../../ingest/pressure/shed-message.ts';
import type { Entry } from '../recording/format.ts';
import type { Recording } from '../recording/reader.ts';
import { Replay, type ReplayStats } from '../replay.ts';
import { recordedSheds, shedMsOf } from '../sheds.ts';
import { UnusableError } from '../unusable.ts';
import { Episodes, type Episode } from './episodes.ts';
import { Forecast, type Attempt } from './forecast.ts';

export interface BacktestOptions {
  /** As they are written; they need not be applied. */
  readonly policies: readonly DetectionPolicy[];
  readonly plans: readonly RemediationPlan[];
  readonly guardrails: readonly Guardrail[];
  readonly rootNamespace: string;
}

/** An episode and what would have followed. */
export interface JudgedEpisode extends Episode {
  /** As if the policy were in mode Enforce. */
  readonly routing: Routing;
  /** The plan that the route names and nobody gave. */
  readonly missingPlan?: string;
  readonly attempts: readonly Attempt[];
  /** It began before the windows were full: it may have begun before the recording did. */
  readonly early: boolean;
}

/** What one policy would have done. */
export interface PolicyBacktest {
  readonly policy: DetectionPolicy;
  readonly episodes: readonly JudgedEpisode[];
  /** Targets by their state at the end. */
  readonly targets: Readonly<Record<VerdictState, number>>;
  /** Metrics of the policy that nothing recorded tells of. */
  readonly unknownMetrics: readonly string[];
  /** What an expression of the policy said last, when it could not be evaluated. */
  readonly expressionError: string | undefined;
  /** For how long the leader did not judge the policy of this name when it was the present, in milliseconds. */
  readonly shedMs: number;
}

export interface Backtest {
  readonly sinceMs: number;
  /** From when on all windows are full. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly policies: readonly PolicyBacktest[];
  readonly stats: ReplayStats;
}

/** Judges a recording by policies. Throws an `UnusableError`, or a `RecordingError` where the file is damaged. */
export function backtest(recording: Recording, options: BacktestOptions): Backtest {
  const { rootNamespace } = options;
  const episodes = new Episodes();
  const metrics = new Set<string>();
  // What follows from a verdict may not be asked within it: the evaluator is in the middle of something.
  let unrouted = 0;
  const routes = new Map<Episode, Pick<JudgedEpisode, 'routing' | 'missingPlan'>>();
  const replay = new Replay({
    rootNamespace,
    onVerdict: (change) => episodes.take(change),
    through: (evaluator) => ({
      bind(key, keyframe, identities) {
        for (const { metric } of keyframe.columns) metrics.add(metric);
        evaluator.bind(key, keyframe, identities);
      },
      unbind: (key) => evaluator.unbind(key),
      frame(key, frame) {
        evaluator.frame(key, frame);
        followRoutes();
      },
      advance(nowMs) {
        evaluator.advance(nowMs);
        followRoutes();
        forecast.advance(nowMs);
      },
    }),
  });
  const inForce = new Map<string, PolicyInForce>();
  for (const policy of options.policies) {
    const problems = replay.policies.put(policy);
    if (problems.length > 0) throw new UnusableError(`DetectionPolicy ${policy.metadata.name}`, problems);
  }
  for (const each of replay.policies.list()) inForce.set(each.compiled.id, each);
  const forecast = new Forecast({
    evaluator: replay.evaluator,
    policies: replay.policies,
    plans: options.plans.map(completed),
    guardrails: options.guardrails,
    settings: { rootNamespace, allowKubeSystem: false },
  });
  const followRoutes = (): void => {
    for (; unrouted < episodes.all.length; unrouted++) {
      const episode = episodes.all[unrouted];
      const policy = episode && inForce.get(episode.policyId);
      if (episode === undefined || policy === undefined) continue;
      const routing = routeOf(policy, episode.verdict, 'Enforce');
      const plan = routing.route?.plan;
      const isKnown = plan !== undefined && forecast.follow(episode, policy.policy.metadata.namespace, plan);
      routes.set(episode, { routing, ...(plan !== undefined && !isKnown && { missingPlan: plan }) });
    }
  };
  let sinceMs: number | undefined;
  const sheds: ShedMessage[] = [];
  replay.play(noting(recording.entries(), sheds), () => (sinceMs ??= replay.nowMs));
  sinceMs = Math.max(recording.header.sinceMs, sinceMs ?? 0);
  const fromMs = sinceMs + lookBackMs(replay.policies.list());
  const { stats } = replay;
  const policies = [...inForce.values()].map(({ policy, compiled }) => ({
    policy,
    episodes: episodes.all.flatMap((episode) => {
      const routed = episode.policyId === compiled.id ? routes.get(episode) : undefined;
      return routed === undefined
        ? []
        : [{ ...episode, ...routed, attempts: forecast.attempts(episode), early: episode.firedMs < fromMs }];
    }),
    targets: replay.evaluator.counts(compiled.id),
    unknownMetrics: [...new Set(policy.spec.signals.map(({ metric }) => metric))].filter((one) => !metrics.has(one)),
    expressionError: replay.evaluator.faults(compiled.id)?.expressionError,
    shedMs: shedMsOf(`${policy.metadata.namespace}/${policy.metadata.name}`, sheds, stats.endMs ?? 0),
  }));
  return { sinceMs, fromMs, untilMs: stats.endMs ?? sinceMs, policies, stats };
}

function* noting(entries: Iterable<Entry>, sheds: ShedMessage[]): Generator<Entry> {
  for (const entry of entries) {
    sheds.push(...recordedSheds([entry]));
    yield entry;
  }
}

function completed(plan: RemediationPlan): RemediationPlan {
  const { object, problems } = complete('RemediationPlan', plan);
  if (problems.length > 0) throw new UnusableError(`RemediationPlan ${plan.metadata.name}`, problems);
  return object;
}
