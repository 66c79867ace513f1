/**
 * What wakes whom: a change of one of our objects, a change of verdict, the end of another Remediation, a pod that is gone.
 * Every wake-up is a key; whoever is woken reads for itself what is the case now.
 */
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { Verdict, VerdictChange } from '../../engine/evaluate/verdict.ts';
import { isRemediation } from '../actions/ownership.ts';
import { needsSeal } from '../audit/seal.ts';
import { isClaiming, isFinished } from '../decide/budget.ts';
import type { Controller } from '../kube/controller.ts';
import { keyOf } from '../kube/store.ts';
import type { Context } from './context.ts';
import type { PolicyView } from './detection-policy/controller.ts';
import type { Policies } from './detection-policy/policies.ts';
import { followAfterMs } from './incident/controller.ts';
import type { IncidentOpener } from './incident/opener.ts';
import { isResolved } from './incident/progress.ts';
import type { Judge } from './judge.ts';
import {
  byIncident,
  byIncidentKey,
  byJudged,
  byManager,
  byPlanKey,
  byPolicy,
  byTarget,
  byWorkload,
  judgedKey,
} from './look-ups.ts';
import type { Change } from './records.ts';
import { Drains } from './remediation/drains.ts';
import { Line } from './remediation/line.ts';
import { namesOutsiders } from './remediation-plan/outsiders.ts';
import { targetKey } from './targets.ts';

/** Figures that follow from other objects (counts) are brought up to date so long after a change. */
const countAfterMs = 1000;
/** Pods of a node end one after the other: a drain looks at those together that end within so long. */
const podsAfterMs = 250;
/** What fires is told in the policy's status so much later: the way to the target goes first. */
const tellAfterMs = 250;
/** A storm under a guardrail is written down so much later; it holds from the moment when too much fires. */
const stormAfterMs = 50;
/** What has ended is sealed so much later, with what else has ended by then. */
const sealAfterMs = 500;
/** All sources tell everything within ten seconds; that a target is found as it was left is no change, and not told. */
const lookedAtAfterMs = 12_000;
/** That the record of a deletion is right is looked at so much later. */
const missedAfterMs = 10_000;

/** Takes the keys of those who are to look again. */
type Queue = Pick<Controller, 'add' | 'addAfter'>;

/** The queue of each controller that others wake. */
export interface Queues {
  readonly policies: Queue;
  readonly plans: Queue;
  readonly planStorms: Queue;
  readonly guardrails: Queue;
  readonly openings: Queue;
  readonly incidents: Queue;
  readonly remediations: Queue;
  readonly audit: Queue;
}

export interface WakeUpsOptions {
  readonly context: Context;
  readonly policies: Policies;
  readonly judge: Judge;
  readonly view: PolicyView;
  readonly opener: Pick<IncidentOpener, 'keyOf' | 'resync'>;
  /** Told the namespace of a Remediation that is gone. */
  readonly missed: (namespace: string) => void;
}

export class WakeUps {
  readonly #options: WakeUpsOptions;
  readonly #queues: Queues;
  readonly #unsubscribe: (() => void)[];
  readonly #line = new Line();
  readonly #drains = new Drains();
  readonly #changed: Verdict[] = [];
  #started = false;

  constructor(options: WakeUpsOptions, queues: Queues) {
    this.#options = options;
    this.#queues = queues;
    const { telling, kinds } = options.context;
    const started =
      <T>(changed: (key: string, change: Change, before: T | undefined) => void) =>
      (key: string, change: Change, before: T | undefined): void => {
        if (this.#started) changed(key, change, before);
      };
    // What we write ourselves is told here only where something waits for it.
    const seen = (changed: (key: string) => void) =>
      started((key, change) => {
        if (change === 'Seen') changed(key);
      });
    telling.onReport((key) => queues.incidents.add(key));
    telling.onChange(() => this.#notifiersChanged());
    this.#unsubscribe = [
      kinds.policies.onChange(seen((key) => this.#policyChanged(key))),
      kinds.plans.onChange(seen((key) => this.#planChanged(key))),
      kinds.guardrails.onChange(seen((key) => this.#guardrailChanged(key))),
      kinds.incidents.onChange(started((key, change, before) => this.#incidentTold(key, change, before))),
      kinds.remediations.onChange(started((key, change, before) => this.#remediationChanged(key, change, before))),
    ];
  }

  /** To be called when all five kinds are known: before that, what is missing might only not have been seen yet. */
  start(): void {
    const { policies, remediations } = this.#options.context.kinds;
    for (const policy of policies.list()) this.#options.policies.put(policy);
    for (const remediation of remediations.list()) {
      this.#line.changed(keyOf(remediation), remediation, 'Seen');
      this.#drains.changed(keyOf(remediation), remediation);
    }
    this.#started = true;
    this.resync();
  }

  /**
   * A verdict has changed; to be called with every change, also while the stream is read again. Changes that come
   * together are looked at together, once the caller is through: it may not be asked anything before that.
   */
  takeVerdict(change: VerdictChange): void {
    const { judge } = this.#options;
    judge.take(change);
    if (!judge.isLive) return;
    if (this.#changed.push(change.verdict) === 1) queueMicrotask(() => this.#wakeJudged(this.#changed.splice(0)));
  }

  /** Looks at everything anew: this process leads now, or the stream has been read up to the present. */
  resync(): void {
    if (!this.#started) return;
    const { kinds } = this.#options.context;
    this.#options.opener.resync();
    for (const policy of kinds.policies.list()) this.#queues.policies.add(keyOf(policy));
    for (const plan of kinds.plans.list()) this.#queues.plans.add(keyOf(plan));
    for (const guardrail of kinds.guardrails.list()) this.#queues.guardrails.add(keyOf(guardrail));
    for (const incident of kinds.incidents.list()) this.#queues.incidents.add(keyOf(incident));
    const namespaces = new Set([this.#options.context.rootNamespace]);
    for (const remediation of kinds.remediations.list()) {
      this.#queues.remediations.add(keyOf(remediation));
      // Also where there is no such plan any more: its records are let go all the same.
      this.#queues.plans.add(`${remediation.metadata.namespace}/${remediation.spec.planRef.name}`);
      namespaces.add(remediation.metadata.namespace ?? '');
    }
    for (const namespace of namespaces) this.#queues.audit.add(namespace);
    this.#openAll();
  }

  /** A pod of this node has changed, or is gone: to be called with every event of the pod watch. */
  takePod(node: string | undefined): void {
    for (const key of this.#drains.of(node)) this.#queues.remediations.addAfter(key, podsAfterMs);
  }

  /** This policy is shed, or judged again. */
  takeShedding(policy: DetectionPolicy): void {
    if (!this.#started) return;
    const { incidents, remediations } = this.#options.context.kinds;
    this.#queues.policies.add(keyOf(policy));
    for (const incident of incidents.where(byPolicy, policy.metadata.uid)) {
      if (!isResolved(incident)) this.#queues.incidents.addAfter(keyOf(incident), lookedAtAfterMs);
      for (const remediation of remediations.where(byIncident, incident.metadata.uid))
        if (!isFinished(remediation)) this.#queues.remediations.addAfter(keyOf(remediation), lookedAtAfterMs);
    }
  }

  /** Nothing wakes anybody any more. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #wakeJudged(verdicts: readonly Verdict[]): void {
    const { context, policies } = this.#options;
    const { incidents, remediations } = context.kinds;
    for (const policyId of new Set(verdicts.map((verdict) => verdict.policyId))) {
      const policy = policies.get(policyId)?.policy;
      if (policy !== undefined) this.#queues.policies.addAfter(keyOf(policy), tellAfterMs);
      if (policy !== undefined) this.#weighStorm(policy);
    }
    for (const verdict of verdicts) this.#open(verdict);
    for (const { policyId, target } of verdicts) {
      for (const incident of incidents.where(byJudged, judgedKey(policyId, target)))
        if (!isResolved(incident)) this.#queues.incidents.add(keyOf(incident));
      for (const remediation of remediations.where(byTarget, targetKey(target)))
        this.#queues.remediations.add(keyOf(remediation));
    }
    // After a restart the replacement speaks for the target: they have the workload in common.
    for (const workload of new Set(verdicts.map(({ target }) => target.workload?.uid)))
      for (const remediation of remediations.where(byWorkload, workload))
        this.#queues.remediations.add(keyOf(remediation));
  }

  /**
   * More or less fires than before: whether that is a storm is written down, so that a restart remembers it. That one begins
   * or ends is told before anything else that is written for those that fire, its numbers later.
   */
  #weighStorm({ metadata, spec }: DetectionPolicy): void {
    const { kinds, rootNamespace } = this.#options.context;
    for (const plan of new Set(spec.routes.map((route) => route.plan))) {
      const key = `${metadata.namespace}/${plan}`;
      if (kinds.plans.get(key)?.spec.guards.storm === undefined) continue;
      this.#queues.planStorms.add(key);
      this.#queues.plans.addAfter(key, countAfterMs);
    }
    for (const guardrail of kinds.guardrails.list()) {
      const { namespace } = guardrail.metadata;
      if (guardrail.spec.storm !== undefined && (namespace === rootNamespace || namespace === metadata.namespace))
        this.#queues.guardrails.addAfter(keyOf(guardrail), stormAfterMs);
    }
  }

  #open(verdict: Verdict): void {
    if (verdict.state === 'Firing') this.#queues.openings.add(this.#options.opener.keyOf(verdict));
  }

  #openAgain({ spec: { policyRef, target } }: Incident): void {
    const verdict = this.#options.judge.verdict(policyRef.uid, target);
    if (verdict !== undefined) this.#open(verdict);
  }

  #openAll(policyUid?: string): void {
    const { policies, judge, view } = this.#options;
    if (!judge.isLive) return;
    for (const { compiled } of policies.list())
      if (policyUid === undefined || compiled.id === policyUid)
        for (const verdict of view.unsettled(compiled.id, (_, state) => state === 'Firing')) this.#open(verdict);
  }

  /** A policy is in force, or is none any more, from here on; what depends on it is looked at after that. */
  #policyChanged(key: string): void {
    const { context, policies } = this.#options;
    const policy = context.kinds.policies.get(key);
    const isGone = policy === undefined || policy.metadata.deletionTimestamp !== undefined;
    const generation = policy === undefined ? undefined : policies.get(policy.metadata.uid ?? '')?.generation;
    const uid = isGone ? policies.remove(key) : policy.metadata.uid;
    if (!isGone) policies.put(policy);
    this.#queues.policies.add(key);
    if (uid === undefined || (!isGone && generation === policies.get(uid)?.generation)) return;
    for (const incident of context.kinds.incidents.where(byPolicy, uid)) {
      this.#queues.incidents.add(keyOf(incident));
      this.#wakeRemediationsOf(incident.metadata.uid);
    }
    this.#openAll(uid);
    // What a plan must be allowed to do depends on the kinds of targets that policies bring to it.
    for (const { plan } of policy?.spec.routes ?? [])
      if (plan !== undefined) this.#queues.plans.add(`${policy?.metadata.namespace}/${plan}`);
  }

  #planChanged(key: string): void {
    const { context, policies } = this.#options;
    const { kinds } = context;
    this.#queues.plans.add(key);
    for (const { policy } of policies.list())
      if (policy.spec.routes.some(({ plan }) => `${policy.metadata.namespace}/${plan}` === key))
        this.#queues.policies.add(keyOf(policy));
    for (const incident of kinds.incidents.list())
      if (!isResolved(incident) && `${incident.metadata.namespace}/${incident.spec.route.plan}` === key)
        this.#queues.incidents.add(keyOf(incident));
    for (const remediation of kinds.remediations.where(byPlanKey, key))
      this.#queues.remediations.add(keyOf(remediation));
  }

  /** The records of a namespace were verified: whether they are as they were sealed stands on the plans that they are of. */
  chainFound(namespace: string): void {
    for (const plan of this.#options.context.kinds.plans.list())
      if (plan.metadata.namespace === namespace) this.#queues.plans.add(keyOf(plan));
  }

  /** Who names a notifier says whether there is one. */
  #notifiersChanged(): void {
    const { policies, plans } = this.#options.context.kinds;
    if (!this.#started) return;
    for (const policy of policies.list())
      if (policy.spec.routes.some(({ notifier }) => notifier !== undefined)) this.#queues.policies.add(keyOf(policy));
    for (const plan of plans.list()) if (namesOutsiders(plan)) this.#queues.plans.add(keyOf(plan));
  }

  /** A pause holds from the next step on, and its end is noticed at once. */
  #guardrailChanged(key: string): void {
    const { kinds } = this.#options.context;
    this.#queues.guardrails.add(key);
    for (const remediation of kinds.remediations.list())
      if (!isFinished(remediation)) this.#queues.remediations.add(keyOf(remediation));
  }

  /** What an Incident's end sets free is begun at once: it is we who write that. */
  #incidentTold(key: string, change: Change, before: Incident | undefined): void {
    const incident = this.#options.context.kinds.incidents.get(key);
    // The target may have fired again while that it had recovered was being written.
    if (incident !== undefined && isResolved(incident)) this.#openAgain(incident);
    if (change === 'Seen') return this.#incidentChanged(key, before);
    if (change === 'Written' && incident !== undefined && isResolved(incident))
      for (const { name } of incident.status?.remediations ?? [])
        this.#queues.remediations.add(`${incident.metadata.namespace}/${name}`);
  }

  #incidentChanged(key: string, before: Incident | undefined): void {
    const { kinds } = this.#options.context;
    const incident = kinds.incidents.get(key);
    this.#queues.incidents.add(key);
    if (incident === undefined) {
      // If the target still fires, it gets a new one.
      if (before !== undefined) this.#openAgain(before);
      for (const remediation of kinds.remediations.where(byIncidentKey, key))
        this.#queues.remediations.add(keyOf(remediation));
      return;
    }
    const { namespace } = incident.metadata;
    this.#queues.policies.addAfter(`${namespace}/${incident.spec.policyRef.name}`, countAfterMs);
    for (const { name } of incident.status?.remediations ?? []) this.#queues.remediations.add(`${namespace}/${name}`);
  }

  #remediationChanged(key: string, change: Change, before: Remediation | undefined): void {
    const { kinds } = this.#options.context;
    const remediation = kinds.remediations.get(key);
    this.#drains.changed(key, remediation);
    for (const waiting of this.#line.changed(key, remediation, change)) this.#queues.remediations.add(waiting);
    // Who wrote goes on by itself; only a claim waits for its own echo.
    if (change === 'Seen') this.#queues.remediations.add(key);
    // It is the one that has least to do until its target is written.
    if (change === 'Echo' && remediation !== undefined && isClaiming(remediation))
      this.#queues.remediations.add(key, true);
    for (const guardrail of kinds.guardrails.list()) this.#queues.guardrails.addAfter(keyOf(guardrail), countAfterMs);
    if (remediation === undefined) return this.#remediationGone(key, before);
    const { namespace = '', finalizers = [] } = remediation.metadata;
    if (needsSeal(remediation)) this.#queues.audit.addAfter(namespace, sealAfterMs);
    // The finalizer stands until it is sealed.
    else if (change === 'Written' && isFinished(remediation) && finalizers.length > 0)
      this.#queues.remediations.add(key);
    this.#tellOf(remediation);
    if (change !== 'Written') this.#uncovered(remediation);
  }

  /** What it has taken back is again the value of whoever it replaced, who may have left it to this one. */
  #uncovered({ status }: Remediation): void {
    const { remediations } = this.#options.context.kinds;
    for (const { changes = [] } of status?.steps ?? [])
      for (const { undo, fromManagers = [] } of changes)
        if (undo?.state === 'Done')
          for (const below of remediations.where(byManager, fromManagers.find(isRemediation)))
            this.#queues.remediations.add(keyOf(below));
  }

  /** Those whose status says what became of a Remediation. */
  #tellOf({ metadata: { namespace }, spec }: Remediation): void {
    this.#queues.plans.addAfter(`${namespace}/${spec.planRef.name}`, countAfterMs);
    this.#queues.incidents.addAfter(`${namespace}/${spec.incidentRef.name}`, followAfterMs);
  }

  #remediationGone(key: string, before: Remediation | undefined): void {
    const [namespace = ''] = key.split('/', 1);
    this.#options.missed(namespace);
    this.#queues.audit.addAfter(namespace, missedAfterMs);
    if (before !== undefined) this.#tellOf(before);
  }

  #wakeRemediationsOf(incidentUid: string | undefined): void {
    for (const remediation of this.#options.context.kinds.remediations.where(byIncident, incidentUid))
      this.#queues.remediations.add(keyOf(remediation));
  }
}
