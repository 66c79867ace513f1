/**
 * Opens an Incident for every episode: never a second one of a policy and a target while one is active, and never again
 * for an episode that ended, also when the stream is read again. An episode that outlasts a policy's time in mode Observe
 * has one for each time in which the policy is enforced.
 *
 * It is named after those that went before. Whoever takes the same ones for all that there were asks for the same name: of
 * two leaders, one of which is no more and whose request arrives late, only one is heard, whatever episode each is about.
 */
import type { Incident } from '../../../crds/incident.ts';
import type { Verdict } from '../../../engine/evaluate/verdict.ts';
import { hasReason } from '../../kube/api.ts';
import { findCondition } from '../../kube/conditions.ts';
import { listAll } from '../../kube/list.ts';
import { DetectionPolicy, Incident as IncidentResource } from '../../kube/resources.ts';
import { keyOf } from '../../kube/store.ts';
import type { Context } from '../context.ts';
import type { Policies, PolicyInForce } from '../detection-policy/policies.ts';
import { routeOf } from '../detection-policy/routing.ts';
import type { Judge } from '../judge.ts';
import { byJudged, judgedKey } from '../look-ups.ts';
import { nameFor } from '../names.ts';
import { aboutObject, aboutTarget } from '../references.ts';
import { describeTarget, referenceOf, targetKey, type TargetReference } from '../targets.ts';
import { describeEvidence, evidenceOf } from './evidence.ts';
import type { IncidentMetrics } from './metrics.ts';
import { isResolved, resolvedMs } from './progress.ts';

interface Waiting {
  readonly policyUid: string;
  readonly target: TargetReference;
}

export class IncidentOpener {
  readonly #context: Context;
  readonly #judge: Judge;
  readonly #policies: Policies;
  readonly #metrics: IncidentMetrics;
  /** Targets that a verdict was heard of, by the key under which they wait. */
  readonly #waiting = new Map<string, Waiting>();
  #othersKnown: Promise<void> | undefined;

  constructor(context: Context, judge: Judge, policies: Policies, metrics: IncidentMetrics) {
    this.#context = context;
    this.#judge = judge;
    this.#policies = policies;
    this.#metrics = metrics;
  }

  /** The key under which this verdict is to be looked at. */
  keyOf({ policyId, target }: Verdict): string {
    const key = judgedKey(policyId, target);
    this.#waiting.set(key, { policyUid: policyId, target: referenceOf(target) });
    return key;
  }

  /** To be called when this process begins to lead: what others have opened is looked up, so that nobody waits for it later. */
  resync(): void {
    this.#othersKnown = undefined;
    // What fails is tried again by whoever needs it.
    if (this.#context.isLeader()) this.#learnOthers().catch(() => {});
  }

  readonly reconcile = async (key: string): Promise<void> => {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    // Who does not lead, or does not know the present yet, looks at everything that fires when that has changed.
    if (waiting === undefined || !this.#context.isLeader() || !this.#judge.isLive) return;
    try {
      await this.#learnOthers();
      if (this.#context.isLeader()) await this.#look(waiting);
    } catch (error) {
      this.#waiting.set(key, waiting);
      throw error;
    }
  };

  async #look({ policyUid, target }: Waiting): Promise<void> {
    const inForce = this.#policies.get(policyUid);
    const verdict = this.#judge.verdict(policyUid, target);
    if (inForce === undefined || verdict?.state !== 'Firing') return;
    const ended = this.#endedBefore(verdict, target);
    if (ended === undefined) return;
    const unheardOf = await this.#open(inForce, verdict, target, ended);
    if (unheardOf !== undefined && isResolved(unheardOf)) await this.#look({ policyUid, target });
  }

  /**
   * Those that another process has opened, once each time that this one begins to lead: the watch may not have told of the
   * last ones yet, and a second one would be opened for a target that has recovered and fired again meanwhile.
   */
  #learnOthers(): Promise<void> {
    const list = async (): Promise<void> => {
      const { api, kinds } = this.#context;
      try {
        for (const incident of await listAll<Incident>(api, IncidentResource)) kinds.incidents.wrote(incident);
      } catch (error) {
        this.#othersKnown = undefined;
        throw error;
      }
    };
    return (this.#othersKnown ??= list());
  }

  /**
   * The Incidents of this policy and target, when all have ended; undefined when one is active, or ended after this episode
   * had begun, unless that was because the policy was to observe only for a while.
   */
  #endedBefore({ policyId, firstSampleMs }: Verdict, target: TargetReference): Incident[] | undefined {
    const ended = this.#context.kinds.incidents.where(byJudged, judgedKey(policyId, target));
    for (const incident of ended) {
      if (!isResolved(incident)) return undefined;
      if (firstSampleMs > (resolvedMs(incident) ?? -Infinity)) continue;
      if (!endedByObserving(incident)) return undefined;
    }
    return ended;
  }

  /** Answers with the Incident that was there already under its name, if this process had not heard of that. */
  async #open(
    inForce: PolicyInForce,
    verdict: Verdict,
    target: TargetReference,
    ended: readonly Incident[],
  ): Promise<Incident | undefined> {
    const { api, clock, kinds, logger } = this.#context;
    const { policy, generation } = inForce;
    const { severity, mode } = policy.spec;
    const { route: way, problems } = routeOf(inForce, verdict);
    for (const problem of problems)
      this.#tell(policy, target, 'Warning', 'RouteFailed', `${problem}; the next route was taken`);
    if (way === undefined) {
      const because = mode === 'Observe' ? 'mode is Observe' : 'no route matches';
      this.#tell(
        policy,
        target,
        'Normal',
        'Firing',
        `${describeTarget(target)} fires; nothing follows: ${because}${evidence(verdict)}`,
      );
      return undefined;
    }
    const { namespace, name, uid = '' } = policy.metadata;
    const before = ended.map(({ metadata }) => metadata.uid ?? '').toSorted();
    const incident: Incident = {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'Incident',
      metadata: {
        name: nameFor(name, uid, targetKey(target), ...before),
        ...(namespace === undefined ? {} : { namespace }),
      },
      spec: {
        policyRef: { name, uid, generation },
        target,
        openedTime: new Date(clock.now()).toISOString(),
        severity,
        route: way,
      },
    };
    try {
      kinds.incidents.wrote(await api.create<Incident>(IncidentResource, incident, { fieldManager: 'homeostat' }));
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const found = await api.get<Incident>(IncidentResource, incident.metadata);
      const isKnown = kinds.incidents.get(keyOf(found)) !== undefined;
      kinds.incidents.wrote(found);
      return isKnown ? undefined : found;
    }
    this.#metrics.opened(severity);
    this.#metrics.detection(clock.now() - verdict.firstSampleMs);
    logger.info('incident opened', { incident: keyOf(incident), target: describeTarget(target), route: way });
    return undefined;
  }

  #tell(
    policy: KubeObjectOfPolicy,
    target: TargetReference,
    type: 'Normal' | 'Warning',
    reason: string,
    note: string,
  ): void {
    const regarding = aboutObject(DetectionPolicy, policy);
    this.#context.events.record({ regarding, related: aboutTarget(target), type, reason, action: 'Judge', note });
  }
}

const endedByObserving = ({ status }: Incident): boolean =>
  findCondition(status?.conditions, 'Resolved')?.reason === 'PolicyObserves';

type KubeObjectOfPolicy = PolicyInForce['policy'];

const evidence = (verdict: Verdict): string => {
  const firing = verdict.evidence.filter((item) => item.firing).map((item) => describeEvidence(evidenceOf(item)));
  return firing.length === 0 ? '' : `; ${firing.join('; ')}`;
};
