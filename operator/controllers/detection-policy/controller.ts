/** Puts policies into force in every process, and tells in their status how they fare while this one leads. */
import type { DetectionPolicy, DetectionPolicyStatus } from '../../../crds/detection-policy.ts';
import { metricNamed } from '../../../engine/metrics.ts';
import type { Problem } from '../../../engine/evaluate/policy-spec.ts';
import type { Target } from '../../../engine/evaluate/target.ts';
import type { Verdict, VerdictState, Wanted } from '../../../engine/evaluate/verdict.ts';
import { guardrailsFor } from '../../decide/mode.ts';
import type { Shed } from '../../ingest/pressure/shedder.ts';
import { hasReason, type Condition } from '../../kube/api.ts';
import { findCondition } from '../../kube/conditions.ts';
import { DetectionPolicy as DetectionPolicyResource } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import type { Context } from '../context.ts';
import { byPolicy } from '../look-ups.ts';
import { aboutObject } from '../references.ts';
import type { Policies } from './policies.ts';
import type { Latencies } from './latencies.ts';
import { policyStatus, type PolicyData } from './status.ts';

export type Producer = 'agent' | 'state';

/** What is known of the stream and of the judging. */
export interface PolicyView {
  counts(policyId: string): Readonly<Record<VerdictState, number>>;
  verdicts(policyId: string, wanted: Wanted): Iterable<Verdict>;
  /** Of those that are not `Inactive`. */
  unsettled(policyId: string, wanted: Wanted): Iterable<Verdict>;
  /** The targets whose verdict is `Unknown`. */
  unknown(policyId: string): Iterable<Target>;
  targets(policyId: string): Iterable<Target>;
  /** What the last failed evaluation of the policy's expressions said; undefined when none has failed. */
  expressionError(policyId: string): string | undefined;
  /** Why the stream is not read up to the present; undefined when it is. */
  notLive(): string | undefined;
  /** What is wrong with the sources of these targets, if that is known. */
  staleness(policyId: string, targets: Iterable<Target>): string | undefined;
  /** Since when a policy is shed, for the operator does not keep up; undefined while it is judged. */
  shed(policyId: string): Shed | undefined;
  /** What is wrong with the samples of a policy in force. */
  data(policyId: string): PolicyData | undefined;
  readonly latencies: Latencies<Producer>;
}

const isFiring: Wanted = (_, state) => state === 'Firing' || state === 'Clearing';

/** Figures alone are written at most so often, for each policy. */
const figuresEveryMs = 10_000;
/** A change of what fires, or of whether samples arrive, is written at most so often. */
const firingEveryMs = 1_000;
/** So soon after a start it is no news that the stream has not been read yet. */
const readWithinMs = 10_000;
/** While nothing is known of any target, it is looked whether that has changed. */
const firstSightMs = 2_000;

export class DetectionPolicyController {
  readonly #context: Context;
  readonly #policies: Policies;
  readonly #view: PolicyView;
  /** When each was written last or, before that, looked at first: a start is no reason to write figures down anew. */
  readonly #writtenMs = new Map<string, number>();
  #beganMs: number | undefined;

  constructor(context: Context, policies: Policies, view: PolicyView) {
    this.#context = context;
    this.#policies = policies;
    this.#view = view;
  }

  readonly reconcile = async (key: string): Promise<{ requeueAfterMs?: number } | void> => {
    const { kinds, isLeader, clock } = this.#context;
    const policy = kinds.policies.get(key);
    if (policy === undefined || policy.metadata.deletionTimestamp !== undefined) {
      this.#policies.remove(key);
      this.#writtenMs.delete(key);
      return;
    }
    const problems = this.#policies.put(policy);
    if (!isLeader()) return;
    const readMs = (this.#beganMs ??= clock.now()) + readWithinMs - clock.now();
    // What an earlier process found still stands: this one does not know better yet.
    if (this.#view.notLive() !== undefined && isJudged(policy) && readMs > 0) return { requeueAfterMs: readMs };
    const draft = policyStatus(this.#facts(policy, problems));
    const againMs = draft.status.targets?.matched === 0 ? firstSightMs : figuresEveryMs;
    if (!draft.changed) return { requeueAfterMs: againMs };
    const sinceMs = this.#writtenMs.get(key) ?? clock.now();
    this.#writtenMs.set(key, sinceMs);
    const waitMs = sinceMs + patienceMs(policy, draft.status) - clock.now();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    await this.#save(key, policy, draft.status);
    this.#tellOfShedding(policy, draft.status);
    return { requeueAfterMs: againMs };
  };

  #facts(policy: DetectionPolicy, problems: readonly Problem[]): Parameters<typeof policyStatus>[0] {
    const { kinds, clock, telling } = this.#context;
    const { uid = '', namespace } = policy.metadata;
    const inForce = this.#policies.get(uid);
    const counts = this.#view.counts(uid);
    const shed = this.#view.shed(uid);
    // Also of one that is not in force: what it names may be missing besides.
    const stated: Partial<DetectionPolicy['spec']> = (inForce?.policy ?? policy).spec;
    const routes = stated.routes ?? [];
    const notifiers = routes.flatMap(({ notifier }) => notifier ?? []);
    const plans = routes.flatMap(({ plan }) => plan ?? []);
    return {
      policy,
      nowMs: clock.now(),
      problems,
      running: inForce?.generation,
      notLive: this.#view.notLive(),
      shed,
      counts,
      // Of one that is shed all are unknown, and for the same reason.
      firing: shed === undefined ? [...this.#view.unsettled(uid, isFiring)] : [],
      unknown: this.#view.unknown(uid),
      staleness: shed === undefined ? this.#view.staleness(uid, this.#view.unknown(uid)) : undefined,
      data: this.#view.data(uid),
      latency: inForce && this.#view.latencies.quantiles(producersOf(inForce.policy)),
      expressionError: this.#view.expressionError(uid),
      storms: this.#storms(policy, [...new Set(plans)]),
      missingPlans: [...new Set(plans)].filter((plan) => kinds.plans.get(`${namespace}/${plan}`) === undefined),
      missingNotifiers: [...new Set(notifiers)].filter((name) => telling.notifier(name) === undefined),
      notifiersProblem: telling.problem,
      incidents: kinds.incidents.where(byPolicy, uid),
    };
  }

  /** What the plans of its routes and the guardrails over it say of a storm. */
  #storms({ metadata: { namespace }, spec }: DetectionPolicy, plans: readonly string[]): string[] | undefined {
    const { kinds, rootNamespace } = this.#context;
    const guardrails = guardrailsFor(namespace, rootNamespace, [...kinds.guardrails.list()]);
    const said = [
      ...plans
        .flatMap((name) => kinds.plans.get(`${namespace}/${name}`) ?? [])
        .map(({ metadata, status }) => ({
          by: `RemediationPlan ${metadata.name}`,
          storm: findCondition(status?.conditions, 'Storm'),
          isOn: true,
        })),
      ...guardrails.map(({ metadata, status }) => ({
        by: `Guardrail ${metadata.name}`,
        storm: findCondition(status?.conditions, 'Storm'),
        isOn: status?.storms?.some(({ kind }) => kind === spec.target.kind) === true,
      })),
    ].filter(({ storm }) => storm !== undefined);
    if (said.length === 0) return undefined;
    return said.flatMap(({ by, storm, isOn }) => (storm?.status === 'True' && isOn ? [`${by}: ${storm.message}`] : []));
  }

  #tellOfShedding(policy: DetectionPolicy, { conditions }: DetectionPolicyStatus): void {
    const [was, is] = [policy.status?.conditions, conditions].map((all) => findCondition(all, 'Shed'));
    if (is === undefined || is.status === was?.status) return;
    const isShed = is.status === 'True';
    this.#context.events.record({
      regarding: aboutObject(DetectionPolicyResource, policy),
      type: isShed ? 'Warning' : 'Normal',
      reason: isShed ? 'Shed' : 'JudgedAgain',
      action: 'Judge',
      note: is.message,
    });
  }

  async #save(key: string, policy: DetectionPolicy, status: DetectionPolicyStatus): Promise<void> {
    const { api, kinds, clock } = this.#context;
    try {
      kinds.policies.wrote(await writeStatus(api, DetectionPolicyResource, policy, status));
      this.#writtenMs.set(key, clock.now());
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      kinds.policies.forget(key);
    }
  }
}

/** Whether its status is about this version. */
const isJudged = ({ metadata, status }: DetectionPolicy): boolean => status?.observedGeneration === metadata.generation;

/** How long such a difference may wait: what people act on is told at once. */
function patienceMs({ status: old }: DetectionPolicy, next: DetectionPolicyStatus): number {
  if (old?.observedGeneration !== next.observedGeneration) return 0;
  const changed = (type: string, what: readonly (keyof Condition)[]): boolean => {
    const [before, after] = [findCondition(old?.conditions, type), findCondition(next.conditions, type)];
    return what.some((field) => before?.[field] !== after?.[field]);
  };
  const urgent = ['Ready', 'PlansFound', 'NotifiersFound', 'Storm', 'Shed'].some((type) =>
    changed(type, ['status', 'reason', 'message']),
  );
  if (urgent || changed('Firing', ['status'])) return 0;
  if (changed('DataFresh', ['status'])) return firingEveryMs;
  return old?.targets?.firing === next.targets?.firing ? figuresEveryMs : firingEveryMs;
}

/** Whose frames the policy’s metrics come in. */
const producersOf = ({ spec }: DetectionPolicy): Set<Producer> =>
  new Set(spec.signals.flatMap(({ metric }) => metricNamed(metric)?.producer ?? []));
