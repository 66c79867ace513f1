/** What a DetectionPolicy says of itself, as a pure function of what is known. */
import type { DetectionPolicy, DetectionPolicyStatus } from '../../../crds/detection-policy.ts';
import type { Incident } from '../../../crds/incident.ts';
import type { Problem } from '../../../engine/evaluate/policy-spec.ts';
import type { PolicyFaults, StarvedSignal } from '../../../engine/evaluate/stats.ts';
import type { Target } from '../../../engine/evaluate/target.ts';
import type { Verdict, VerdictState } from '../../../engine/evaluate/verdict.ts';
import { Draft } from '../../decide/draft.ts';
import { toTime } from '../../decide/time.ts';
import type { Shed } from '../../ingest/pressure/shedder.ts';
import { percentText, quantityText, thresholdText } from '../incident/evidence.ts';
import { reasonOf } from '../reasons.ts';
import { referenceOf } from '../targets.ts';
import type { Quantiles } from './latencies.ts';

/** What is wrong with the samples of a policy. */
export interface PolicyData {
  readonly faults: PolicyFaults | undefined;
  /** Targets of which a sensor seems to be stuck. */
  readonly stuck: readonly Target[];
  /** Signals whose windows ask for more samples than come. */
  readonly starved: readonly StarvedSignal[];
}

export interface PolicyStatusFacts {
  readonly policy: DetectionPolicy;
  readonly nowMs: number;
  /** Why the present version cannot be used; empty when it can. */
  readonly problems: readonly Problem[];
  /** The generation that judges; undefined when none does. */
  readonly running: number | undefined;
  /** Why nothing is judged yet although there is a version that could, such as no connection to NATS. */
  readonly notLive: string | undefined;
  /** Since when the policy is shed; undefined while it is judged. */
  readonly shed: Shed | undefined;
  readonly counts: Readonly<Record<VerdictState, number>>;
  /** The targets that fire now. */
  readonly firing: readonly Verdict[];
  /** Targets without samples, and what is wrong with their sources, if that is known. */
  readonly unknown: Iterable<Target>;
  readonly staleness: string | undefined;
  readonly data: PolicyData | undefined;
  readonly latency: Quantiles | undefined;
  /** What the last failed evaluation of an expression said; undefined when none has failed. */
  readonly expressionError: string | undefined;
  /** Why nothing is done, where a plan of its routes or a guardrail sees a storm; undefined where none looks for one. */
  readonly storms: readonly string[] | undefined;
  /** Plans that routes name and that do not exist. */
  readonly missingPlans: readonly string[];
  /** Notifiers that routes name and that are not configured. */
  readonly missingNotifiers: readonly string[];
  /** What is wrong with the notifiers file; undefined when nothing is. */
  readonly notifiersProblem: string | undefined;
  /** Of this policy. */
  readonly incidents: readonly Incident[];
}

const mostFiring = 10;
const mostNamed = 3;

export function policyStatus(facts: PolicyStatusFacts): Draft<DetectionPolicyStatus> {
  const { policy, counts, incidents, latency } = facts;
  const draft = new Draft<DetectionPolicyStatus>(policy.status ?? {}, facts.nowMs);
  const generation = policy.metadata.generation ?? 0;
  draft.status.observedGeneration = generation;
  const matched = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const fire = counts.Firing + counts.Clearing;
  const heldBack = facts.data?.faults?.heldBack ?? 0;
  draft.status.targets = { matched, firing: fire, unknown: counts.Unknown, ...(heldBack > 0 && { heldBack }) };
  draft.status.firing = facts.firing
    .toSorted((a, b) => a.sinceMs - b.sinceMs)
    .slice(0, mostFiring)
    .map(firingLine);
  draft.status.feedback = feedback(incidents);
  const data = dataOf(facts.data);
  if (data === undefined) delete draft.status.data;
  else draft.status.data = data;
  if (latency !== undefined) draft.status.latency = { p50Milliseconds: latency.p50, p99Milliseconds: latency.p99 };
  ready(draft, facts, generation);
  dataFresh(draft, facts, matched);
  withinBudget(draft, facts);
  shed(draft, facts);
  firing(draft, facts, matched);
  plansFound(draft, facts);
  notifiersFound(draft, facts);
  evaluates(draft, facts);
  if (facts.storms === undefined) draft.drop('Storm');
  else if (facts.storms.length === 0) draft.set('Storm', 'False', 'Calm', 'no plan or guardrail sees a storm');
  else draft.set('Storm', 'True', 'NothingIsDone', facts.storms.join('; '));
  for (const condition of draft.status.conditions ?? []) condition.observedGeneration = generation;
  return draft;
}

type StatusDraft = Draft<DetectionPolicyStatus>;

function ready(draft: StatusDraft, { problems, running, policy }: PolicyStatusFacts, generation: number): void {
  const [first] = problems;
  if (first === undefined) {
    const does = policy.spec.mode === 'Observe' ? 'judges and only reports (mode Observe)' : 'judges';
    draft.set('Ready', 'True', 'InForce', `generation ${generation} ${does}`);
    return;
  }
  const wrong = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  const instead = running === undefined ? 'nothing is judged' : `generation ${running} goes on judging`;
  draft.set(
    'Ready',
    'False',
    reasonOf(first.path),
    `${wrong}${wrong.endsWith('?') ? '' : '.'} Until that is mended, ${instead}`,
  );
}

/** Said from the first time on. Its message must not move while it lasts: a policy is shed when there is no time for writes. */
function shed(draft: StatusDraft, { shed: is }: PolicyStatusFacts): void {
  if (is !== undefined) {
    const message = `not judged since ${toTime(is.sinceMs)}: the operator was ${(is.lagMs / 1000).toFixed(1)} s behind the stream, and judges what is more important first. Every target is Unknown, and nothing is done about it. Give the operator more CPU, or let it judge less`;
    draft.set('Shed', 'True', 'OperatorBehind', message);
  } else if (draft.condition('Shed') !== undefined)
    draft.set('Shed', 'False', 'Judged', 'the operator keeps up with it');
}

function dataFresh(draft: StatusDraft, facts: PolicyStatusFacts, matched: number): void {
  const { counts, unknown, staleness, data, notLive, running, shed: isShed } = facts;
  const { stuck = [], starved = [] } = data ?? {};
  if (running === undefined) draft.set('DataFresh', 'Unknown', 'NotJudged', 'nothing is judged');
  else if (notLive !== undefined) draft.set('DataFresh', 'Unknown', 'StreamNotRead', notLive);
  else if (isShed !== undefined)
    draft.set('DataFresh', 'Unknown', 'Shed', 'samples are not looked at: see condition Shed');
  else if (matched === 0)
    draft.set('DataFresh', 'Unknown', 'NoTargets', 'no target is selected of which samples have arrived');
  else if (counts.Unknown === 0 && starved.length > 0)
    draft.set('DataFresh', 'False', 'TooFewSamples', starved.map((signal) => starvedLine(signal, matched)).join('; '));
  else if (counts.Unknown === 0 && stuck.length > 0) {
    const share = `${stuck.length} of ${matched} targets have a value that never stands still and does`;
    draft.set('DataFresh', 'False', 'SensorsStuck', `${share}: ${namesOf(stuck, stuck.length)}`);
  } else if (counts.Unknown === 0) draft.set('DataFresh', 'True', 'SamplesArrive', 'samples of all targets arrive');
  else {
    const share = `${counts.Unknown} of ${matched} targets are without recent samples`;
    // Where the sources are well, it is the targets: a container that waits to be started again has no cgroup.
    draft.set('DataFresh', 'False', 'SamplesMissing', `${share}: ${staleness ?? namesOf(unknown, counts.Unknown)}`);
  }
}

function starvedLine(
  { signal, minSamples, windowSeconds, mostSamples, targets }: StarvedSignal,
  matched: number,
): string {
  return `signal ${signal} has no value for ${targets} of ${matched} targets: its window of ${windowSeconds} s asks for ${minSamples} samples, and ${mostSamples} can come at most. Lower minSamples or make the window longer`;
}

/** The first of so many; there may be very many. */
function namesOf(targets: Iterable<Target>, count: number): string {
  const names: string[] = [];
  for (const { name, container } of targets) {
    if (names.length === mostNamed) break;
    names.push(container === undefined ? name : `${name}/${container}`);
  }
  return `${names.join(', ')}${count > mostNamed ? ', …' : ''}`;
}

/** Of a target that nobody judges, or that is without samples, nobody knows whether it fires. */
function firing(draft: StatusDraft, facts: PolicyStatusFacts, matched: number): void {
  const { counts, running, notLive, data, shed: isShed } = facts;
  const [fire, unknown] = [counts.Firing + counts.Clearing, counts.Unknown];
  if (isShed !== undefined) draft.set('Firing', 'Unknown', 'Shed', 'nothing is judged');
  else if (running === undefined) draft.set('Firing', 'Unknown', 'NotJudged', 'nothing is judged: see condition Ready');
  else if (fire > 0) draft.set('Firing', 'True', 'TargetsFire', `${fire} of ${matched} targets fire`);
  else if (notLive !== undefined)
    draft.set('Firing', 'Unknown', 'StreamNotRead', 'nothing is known of the present: see condition DataFresh');
  else if (unknown > 0 && unknown === matched)
    draft.set('Firing', 'Unknown', 'NothingKnown', 'nothing is known of any target: see condition DataFresh');
  else if (unknown === 0 && (data?.starved ?? []).length > 0)
    draft.set('Firing', 'False', 'Quiet', 'no target fires; not every signal has a value: see condition DataFresh');
  else draft.set('Firing', 'False', 'Quiet', unknown > 0 ? 'no target fires of which samples come' : 'no target fires');
}

/** The figures, if there is anything but zeros. */
function dataOf(data: PolicyData | undefined): DetectionPolicyStatus['data'] {
  if (data?.faults === undefined) return undefined;
  const { lateSamples, infiniteSamples, counterResets, outliers, imputedSamples } = data.faults;
  const stuckTargets = data.stuck.length;
  if (lateSamples + infiniteSamples + counterResets + stuckTargets + outliers + imputedSamples === 0) return undefined;
  return {
    lateSamples,
    infiniteSamples,
    counterResets,
    stuckTargets,
    // Only where the policy asks for them.
    ...(outliers > 0 && { outliers }),
    ...(imputedSamples > 0 && { imputedSamples }),
  };
}

function withinBudget(draft: StatusDraft, { latency, policy }: PolicyStatusFacts): void {
  const budget = policy.spec.latencyBudgetMilliseconds;
  if (latency === undefined) {
    draft.set('WithinLatencyBudget', 'Unknown', 'NothingMeasured', 'no sample has been judged yet');
    return;
  }
  // The figures stand in status.latency; a message that moved with them would be written all the time.
  const kept = latency.p99 <= budget;
  draft.set(
    'WithinLatencyBudget',
    kept ? 'True' : 'False',
    kept ? 'BudgetKept' : 'BudgetExceeded',
    kept
      ? `99 % of samples are judged within ${budget} ms`
      : `more than 1 % of samples are judged after more than ${budget} ms`,
  );
}

function plansFound(draft: StatusDraft, { missingPlans, policy }: PolicyStatusFacts): void {
  if (missingPlans.length === 0) {
    draft.set('PlansFound', 'True', 'AllExist', 'every plan that a route names exists');
    return;
  }
  const message = `RemediationPlan ${missingPlans.join(', ')} does not exist in namespace ${policy.metadata.namespace}: create it or change spec.routes`;
  draft.set('PlansFound', 'False', 'PlanNotFound', message);
}

function notifiersFound(draft: StatusDraft, { missingNotifiers, notifiersProblem }: PolicyStatusFacts): void {
  if (missingNotifiers.length === 0) {
    draft.set('NotifiersFound', 'True', 'AllExist', 'every notifier that a route names is configured');
    return;
  }
  const why = notifiersProblem === undefined ? '' : ` (${notifiersProblem})`;
  const message = `notifier ${missingNotifiers.join(', ')} is not configured${why}: add it to the notifiers file of the operator, or change spec.routes`;
  draft.set('NotifiersFound', 'False', 'NotifierNotFound', message);
}

function evaluates(draft: StatusDraft, { expressionError }: PolicyStatusFacts): void {
  if (expressionError === undefined) draft.set('ExpressionsEvaluate', 'True', 'NoErrors', 'no expression has failed');
  else {
    const message = `spec.when failed and counted as not held: ${expressionError}`;
    draft.set('ExpressionsEvaluate', 'False', 'ExpressionFailed', message);
  }
}

function firingLine({
  target,
  sinceMs,
  confidence,
  evidence,
}: Verdict): NonNullable<DetectionPolicyStatus['firing']>[number] {
  const first = evidence.find(({ firing }) => firing);
  return {
    target: referenceOf(target),
    since: new Date(sinceMs).toISOString(),
    confidence: percentText(confidence),
    ...(first === undefined ? {} : { threshold: thresholdText(first.threshold) }),
    ...(first === undefined || !Number.isFinite(first.value) ? {} : { value: quantityText(first.value) }),
  };
}

function feedback(incidents: readonly Incident[]): NonNullable<DetectionPolicyStatus['feedback']> {
  const count = (verdict: Incident['spec']['verdict']): number =>
    incidents.filter(({ spec }) => spec.verdict === verdict).length;
  const [truePositives, falsePositives] = [count('TruePositive'), count('FalsePositive')];
  const judged = truePositives + falsePositives;
  return { truePositives, falsePositives, ...(judged === 0 ? {} : { precision: percentText(truePositives / judged) }) };
}
