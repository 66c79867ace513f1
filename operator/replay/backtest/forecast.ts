/**
 * What plans would have begun, had they been there: the operator’s own guards, asked at every moment of a replay, over
 * attempts that are made up as the operator would make them. The recording goes on as it was, whatever is begun: an
 * attempt counts as one that helped when the target recovered in the recording within the plan’s time, and as one that
 * did not when it fired on. So what is told is the first attempt for certain, and what follows on that condition.
 */
import type { Guardrail } from '../../../crds/guardrail.ts';
import type { Mode, RemediationPlan } from '../../../crds/remediation-plan.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { Evaluator } from '../../../engine/evaluate/evaluator.ts';
import { readKey, type Answer } from '../../actions/live.ts';
import { isRead, ownObject } from '../../actions/subjects.ts';
import type { Policies } from '../../controllers/detection-policy/policies.ts';
import { Loads } from '../../controllers/loads.ts';
import { referenceOf } from '../../controllers/targets.ts';
import type { PlanFacts, PolicyVerdict, Settings, World } from '../../decide/decision.ts';
import { guardContext, type Finding, type Guard } from '../../decide/guard.ts';
import { guards } from '../../decide/guards.ts';
import { guardrailsFor, modeUnder } from '../../decide/mode.ts';
import { reasons } from '../../decide/reasons.ts';
import { stormAt } from '../../decide/storm.ts';
import { policyVerdict, speaksFor } from '../../decide/verdict.ts';
import { toTime } from '../../decide/time.ts';
import type { Episode } from './episodes.ts';

/** Guards that a recording can answer; the others look at the cluster of that time. */
const asked = new Set([
  'mode',
  'maxMode',
  'paused',
  'schedule',
  'freshData',
  'firing',
  'storm',
  'stormOverall',
  'onePerTarget',
  'maxConcurrent',
  'maxConcurrentOverall',
  'maxPerWindow',
  'maxPerWindowOverall',
  'maxAttempts',
  'cooldownSeconds',
  'breaker',
]);

const askedGuards = guards.filter(({ name }) => asked.has(name));

const everyMs = 1_000;

/** Guards that are not asked, since what they look at is not recorded. */
export const notAsked: readonly string[] = guards.flatMap(({ name }) => (asked.has(name) ? [] : name));

/** One attempt that a plan would have made. */
export interface Attempt {
  readonly attempt: number;
  readonly plan: string;
  /** Under the guardrails. */
  readonly mode: Mode;
  /** When it would have been created. */
  readonly createdMs: number;
  /** `Begins`; `Asks`: people, in mode Approve; `Records`: written down only; `Blocked`: until the episode was over. */
  is: 'Begins' | 'Asks' | 'Records' | 'Blocked';
  /** When all guards that were asked let it; in mode Approve, when people could have said yes. */
  readyMs?: number;
  /** What held it back, each guard with its last word. */
  readonly blocked: { guard: string; message: string; fromMs: number; untilMs: number }[];
  /** How it went on in the recording. */
  ended?: { readonly atMs: number; readonly is: 'Recovered' | 'NotRecovered' };
}

export interface ForecastOptions {
  readonly evaluator: Evaluator;
  readonly policies: Policies;
  /** With the defaults of the schema filled in. */
  readonly plans: readonly RemediationPlan[];
  readonly guardrails: readonly Guardrail[];
  readonly settings: Settings;
}

interface Course {
  readonly episode: Episode;
  readonly plan: RemediationPlan;
  readonly attempts: Attempt[];
  current?: { readonly attempt: Attempt; readonly object: Remediation } | undefined;
}

export class Forecast {
  readonly #options: ForecastOptions;
  readonly #loads: Loads;
  readonly #courses = new Map<Episode, Course>();
  readonly #open = new Set<Course>();
  readonly #storms = new Map<RemediationPlan, PlanFacts['storm']>();
  /** Those that have begun; a new list with every change, since the ledger is made once for each list. */
  #begun: readonly Remediation[] = [];
  #nowMs = 0;

  constructor(options: ForecastOptions) {
    const { evaluator, policies, settings } = options;
    this.#options = options;
    this.#loads = new Loads({
      policies,
      counts: (id) => evaluator.counts(id),
      targets: (id) => evaluator.targets(id),
      isLive: () => true,
      clock: { now: () => this.#nowMs, after: () => () => {} },
      rootNamespace: settings.rootNamespace,
    });
  }

  /** An episode whose route leads to a plan; false when there is no such plan. */
  follow(episode: Episode, namespace: string | undefined, planName: string): boolean {
    const plan = this.#options.plans.find(
      ({ metadata }) => metadata.name === planName && metadata.namespace === namespace,
    );
    if (plan === undefined) return false;
    const course = { episode, plan, attempts: [] };
    this.#courses.set(episode, course);
    this.#open.add(course);
    return true;
  }

  /** The attempts for an episode, in their order. */
  attempts(episode: Episode): readonly Attempt[] {
    return this.#courses.get(episode)?.attempts ?? [];
  }

  /** Event time has come to `nowMs`. What waits is asked for once a second. */
  advance(nowMs: number): void {
    const isDue = nowMs - this.#nowMs >= everyMs || [...this.#open].some(({ attempts }) => attempts.length === 0);
    if (!isDue) return;
    this.#nowMs = nowMs;
    for (const plan of this.#options.plans) this.#watchStorm(plan);
    for (const course of this.#open) this.#go(course);
  }

  #go(course: Course): void {
    const { episode, plan, current } = course;
    const isOver = episode.clearedMs !== undefined;
    if (current?.object.status?.startedTime !== undefined) {
      this.#verify(course, current);
      return;
    }
    if (isOver || (current === undefined && course.attempts.length >= plan.spec.guards.maxAttempts)) {
      this.#open.delete(course);
      return;
    }
    const { attempt, object } = (course.current ??= this.#create(course));
    const world = this.#world(course, object);
    const failed = askedGuards.flatMap((guard) => failure(guard, object, world));
    for (const { guard, finding } of failed) note(attempt, guard.name, finding.message, this.#nowMs);
    if (failed.length > 0) return;
    attempt.readyMs = this.#nowMs;
    attempt.is = attempt.mode === 'Enforce' ? 'Begins' : attempt.mode === 'Approve' ? 'Asks' : 'Records';
    // Without a person nothing follows, nor after what is written down only.
    if (attempt.is !== 'Begins') this.#open.delete(course);
    else this.#write(object, { startedTime: toTime(this.#nowMs) });
  }

  #create({ episode, plan, attempts }: Course): NonNullable<Course['current']> {
    const { metadata, spec } = plan;
    const { guardrails, settings } = this.#options;
    const mode = modeUnder(spec.mode, guardrailsFor(metadata.namespace, settings.rootNamespace, guardrails));
    const number = attempts.length + 1;
    const name = `${metadata.name}-${this.#courses.size}-${number}`;
    const attempt: Attempt = {
      attempt: number,
      plan: metadata.name,
      mode,
      createdMs: this.#nowMs,
      is: 'Blocked',
      blocked: [],
    };
    attempts.push(attempt);
    const object: Remediation = {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'Remediation',
      metadata: { ...metadata, name, uid: name, creationTimestamp: toTime(this.#nowMs) },
      spec: {
        planRef: { name: metadata.name, uid: metadata.uid ?? '', generation: metadata.generation ?? 1 },
        incidentRef: { name, uid: name },
        target: referenceOf(episode.verdict.target),
        mode,
        attempt: number,
        steps: spec.steps,
        verify: spec.verify,
      },
    };
    return { attempt, object };
  }

  /** Whether the recording says that the target recovered in time. */
  #verify(course: Course, { attempt, object }: NonNullable<Course['current']>): void {
    const { stabilizationSeconds, timeoutSeconds } = course.plan.spec.verify;
    const { state, sinceMs } = this.#verdict(course, object);
    const startedMs = attempt.readyMs ?? this.#nowMs;
    const isGone = course.episode.end === 'TargetGone';
    const hasRecovered =
      isGone || (state === 'Clear' && this.#nowMs - Math.max(sinceMs, startedMs) >= stabilizationSeconds * 1000);
    if (!hasRecovered && (state === 'Clear' || this.#nowMs - startedMs < timeoutSeconds * 1000)) return;
    attempt.ended = { atMs: this.#nowMs, is: hasRecovered ? 'Recovered' : 'NotRecovered' };
    course.current = undefined;
    this.#write(object, {
      finishedTime: toTime(this.#nowMs),
      conditions: [
        {
          type: 'Succeeded',
          status: hasRecovered ? 'True' : 'False',
          reason: hasRecovered ? reasons.recovered : reasons.stillFiring,
          message: '',
          lastTransitionTime: toTime(this.#nowMs),
        },
      ],
    });
    if (hasRecovered) this.#open.delete(course);
  }

  #write(object: Remediation, status: Partial<NonNullable<Remediation['status']>>): void {
    object.status = { ...object.status, ...status };
    this.#begun = [...this.#begun.filter((other) => other !== object), object];
  }

  #verdict({ episode }: Course, { spec, status }: Remediation): PolicyVerdict {
    const { evaluator, policies } = this.#options;
    const own = evaluator.verdict(episode.policyId, episode.verdict.target.key);
    const startedMs = status?.startedTime === undefined ? undefined : Date.parse(status.startedTime);
    const verdicts =
      own === undefined
        ? evaluator.verdicts(episode.policyId, (candidate) => speaksFor(candidate, spec.target, startedMs))
        : [own];
    return policyVerdict(spec.target, verdicts, {
      startedMs,
      staleAfterSeconds: policies.get(episode.policyId)?.policy.spec.staleAfterSeconds ?? 15,
      nowMs: this.#nowMs,
    });
  }

  #world(course: Course, object: Remediation): World {
    const { guardrails, settings } = this.#options;
    const { plan, episode } = course;
    const own = ownObject(object.spec.target);
    // What the guards of earlier attempts want to know of the target: since when there is one.
    const creationTimestamp = toTime(episode.verdict.target.startedMs ?? 0);
    const { name, uid } = episode.verdict.target;
    const found: Answer = { is: 'Found', object: { metadata: { name, uid, creationTimestamp } } };
    return {
      nowMs: this.#nowMs,
      settings,
      verdict: this.#verdict(course, object),
      plan: { spec: plan.spec, ...this.#loads.ofPlan(plan), storm: this.#storms.get(plan) },
      guardrails,
      under: (guardrail, kind) => this.#loads.under(guardrail, kind),
      remediations: this.#begun,
      live: new Map(isRead(own) ? [[readKey(own), found]] : []),
      fresh: true,
    };
  }

  #watchStorm(plan: RemediationPlan): void {
    const { storm } = plan.spec.guards;
    if (storm === undefined) return;
    const { record } = stormAt(storm, this.#loads.ofPlan(plan).load, this.#storms.get(plan), this.#nowMs);
    this.#storms.set(plan, record);
  }
}

function failure(guard: Guard, object: Remediation, world: World): { guard: Guard; finding: Finding }[] {
  const finding = guard.check(guardContext(object, world));
  return finding === undefined || finding.passed ? [] : [{ guard, finding }];
}

function note({ blocked }: Attempt, guard: string, message: string, nowMs: number): void {
  const known = blocked.find((one) => one.guard === guard);
  if (known === undefined) blocked.push({ guard, message, fromMs: nowMs, untilMs: nowMs });
  else Object.assign(known, { message, untilMs: nowMs });
}
