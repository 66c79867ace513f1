/** A backtest as a document: what `-o json` prints, and what the lines for people are made of. */
import type { Incident } from '../../../crds/incident.ts';
import {
  describeEvidence,
  evidenceOf,
  percentText,
  type RecordedEvidence,
} from '../../controllers/incident/evidence.ts';
import { describeTarget, referenceOf, type TargetReference } from '../../controllers/targets.ts';
import type { Backtest, JudgedEpisode, PolicyBacktest } from './backtest.ts';
import { notAsked, type Attempt } from './forecast.ts';
import { compare, incidentsOf, type Comparison } from './reality.ts';

/** Times are ISO 8601, durations seconds. */
export interface BacktestReport {
  readonly since: string;
  /** From here on all windows were full. */
  readonly full: string;
  readonly until: string;
  readonly frames: number;
  readonly missedFrames: number;
  /** Frames that could not be judged, by what became of them. */
  readonly lostFrames: Readonly<Record<string, number>>;
  /** Rows that belong to no known object. */
  readonly unboundRows: number;
  readonly policies: readonly PolicyReport[];
  /** Guards that were not asked, since what they look at is not recorded. */
  readonly guardsNotAsked: readonly string[];
}

export interface PolicyReport {
  readonly policy: string;
  readonly mode: string;
  readonly targets: Readonly<Record<string, number>>;
  /** Metrics of the policy that nothing recorded tells of. */
  readonly unknownMetrics?: readonly string[];
  readonly expressionError?: string;
  /** For how long the leader did not judge it when it was the present; here it is judged throughout. */
  readonly shedSeconds?: number;
  readonly fired: readonly EpisodeReport[];
  /** Incidents of this time without an episode; absent when the cluster was not asked. */
  readonly withoutEpisode?: readonly IncidentReport[];
}

export interface EpisodeReport {
  readonly target: TargetReference;
  readonly name: string;
  readonly fired: string;
  readonly cleared?: string;
  readonly end?: string;
  readonly confidence: string;
  readonly evidence: readonly RecordedEvidence[];
  /** What fired, in words. */
  readonly because: readonly string[];
  readonly early?: true;
  readonly route?: object;
  readonly routeProblems?: readonly string[];
  readonly missingPlan?: string;
  readonly attempts: readonly AttemptReport[];
  /** The Incident that the cluster has of it; absent when there is none, or the cluster was not asked. */
  readonly incident?: IncidentReport;
}

export interface AttemptReport {
  readonly attempt: number;
  readonly plan: string;
  readonly mode: string;
  readonly is: Attempt['is'];
  readonly created: string;
  readonly ready?: string;
  readonly blocked: readonly { guard: string; message: string; from: string; until: string }[];
  readonly ended?: { readonly at: string; readonly is: string };
}

export interface IncidentReport {
  readonly name: string;
  readonly target: string;
  readonly opened: string;
  /** From the episode here to the Incident there. */
  readonly laterSeconds?: number;
  readonly remediations: readonly string[];
  readonly verdict?: string;
}

/** The report; with the Incidents of the cluster it is set against them. */
export function reportOf(backtest: Backtest, incidents?: readonly Incident[]): BacktestReport {
  const { stats, sinceMs, fromMs, untilMs, policies } = backtest;
  const { Evaluated: frames, ...lost } = stats.frames;
  return {
    since: time(sinceMs),
    full: time(Math.min(fromMs, untilMs)),
    until: time(untilMs),
    frames,
    missedFrames: stats.missed,
    lostFrames: Object.fromEntries(Object.entries(lost).filter(([, count]) => count > 0)),
    unboundRows: stats.unboundRows,
    policies: policies.map((policy) => policyReport(policy, backtest, incidents)),
    guardsNotAsked: policies.some(({ episodes }) => episodes.some(({ attempts }) => attempts.length > 0))
      ? notAsked
      : [],
  };
}

function policyReport(
  { policy, episodes, targets, unknownMetrics, expressionError, shedMs }: PolicyBacktest,
  { sinceMs, untilMs }: Backtest,
  incidents: readonly Incident[] | undefined,
): PolicyReport {
  const { name, namespace } = policy.metadata;
  const found = incidents && compare(episodes, incidentsOf({ name, namespace }, incidents, sinceMs, untilMs));
  return {
    policy: namespace === undefined ? name : `${namespace}/${name}`,
    mode: policy.spec.mode,
    targets,
    ...(unknownMetrics.length > 0 && { unknownMetrics }),
    ...(expressionError !== undefined && { expressionError }),
    ...(shedMs > 0 && { shedSeconds: Math.round(shedMs / 1000) }),
    fired: episodes.map((episode) => episodeReport(episode, found)),
    ...(found && { withoutEpisode: found.onlyReal.map((incident) => incidentReport(incident)) }),
  };
}

function episodeReport(episode: JudgedEpisode, found: Comparison | undefined): EpisodeReport {
  const { verdict, firedMs, clearedMs, end, routing, missingPlan, attempts, early } = episode;
  const evidence = verdict.evidence.map((one) => evidenceOf(one));
  const target = referenceOf(verdict.target);
  const incident = found?.agreed.find((one) => one.episode === episode)?.incident;
  return {
    target,
    name: describeTarget(target),
    fired: time(firedMs),
    ...(clearedMs !== undefined && { cleared: time(clearedMs), end }),
    confidence: percentText(verdict.confidence),
    evidence,
    because: evidence.filter(({ firing }) => firing).map(describeEvidence),
    ...(early && { early }),
    ...(routing.route && { route: routing.route }),
    ...(routing.problems.length > 0 && { routeProblems: routing.problems }),
    ...(missingPlan !== undefined && { missingPlan }),
    attempts: attempts.map(attemptReport),
    ...(incident && { incident: incidentReport(incident, firedMs) }),
  };
}

const attemptReport = ({ createdMs, readyMs, blocked, ended, attempt, plan, mode, is }: Attempt): AttemptReport => ({
  attempt,
  plan,
  mode,
  is,
  created: time(createdMs),
  ...(readyMs !== undefined && { ready: time(readyMs) }),
  blocked: blocked.map(({ guard, message, fromMs, untilMs }) => ({
    guard,
    message,
    from: time(fromMs),
    until: time(untilMs),
  })),
  ...(ended && { ended: { at: time(ended.atMs), is: ended.is } }),
});

const incidentReport = ({ metadata, spec, status }: Incident, firedMs?: number): IncidentReport => ({
  name: metadata.name,
  target: describeTarget(spec.target),
  opened: spec.openedTime,
  ...(firedMs !== undefined && { laterSeconds: (Date.parse(spec.openedTime) - firedMs) / 1000 }),
  remediations: (status?.remediations ?? []).map(({ name }) => name),
  ...(spec.verdict !== undefined && { verdict: spec.verdict }),
});

const time = (ms: number): string => new Date(ms).toISOString();
