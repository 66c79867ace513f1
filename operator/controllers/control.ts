/**
 * All controllers and what wakes them: a change of one of our objects, a change of verdict, the end of another
 * Remediation. Every wake-up is a key; whoever is woken reads for itself what is the case now.
 */
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { Verdict, VerdictChange } from '../../engine/evaluate/verdict.ts';
import { isClaiming, isFinished } from '../decide/budget.ts';
import type { ClusterFacts, Settings } from '../decide/decision.ts';
import { runController, type Controller, type Reconcile } from '../kube/controller.ts';
import { isRemediation } from '../actions/ownership.ts';
import { needsSeal } from '../audit/seal.ts';
import { Auditor } from './audit/auditor.ts';
import { AuditController } from './audit/controller.ts';
import { auditMetrics } from './audit/metrics.ts';
import type { NamespaceState } from './audit/namespaces.ts';
import type { Context } from './context.ts';
import { DetectionPolicyController, type PolicyView } from './detection-policy/controller.ts';
import type { Policies } from './detection-policy/policies.ts';
import { GuardrailController } from './guardrail/controller.ts';
import { followAfterMs, IncidentController } from './incident/controller.ts';
import { IncidentRetention } from './incident/retention.ts';
import { incidentMetrics } from './incident/metrics.ts';
import { IncidentOpener } from './incident/opener.ts';
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
import { Loads } from './loads.ts';
import { RemediationController, type FaultPoint } from './remediation/controller.ts';
import { Drains } from './remediation/drains.ts';
import { Line } from './remediation/line.ts';
import { remediationMetrics } from './remediation/metrics.ts';
import { RemediationPlanController } from './remediation-plan/controller.ts';
import { namesOutsiders } from './remediation-plan/outsiders.ts';
import type { Change } from './records.ts';
import { targetKey } from './targets.ts';

export interface ControlOptions {
  readonly context: Context;
  readonly policies: Policies;
  readonly judge: Judge;
  readonly view: PolicyView;
  readonly settings: Settings;
  /** What is watched of nodes and pods; undefined (also absent) while that is not known. */
  readonly cluster?: (() => ClusterFacts | undefined) | undefined;
  /** Every Remediation as the watch last told it; undefined before it was complete. */
  readonly snapshot: () => readonly Remediation[] | undefined;
  /** Whether a namespace is there; undefined when that is not known. */
  readonly namespaceState?: ((name: string) => NamespaceState | undefined) | undefined;
  /** For tests that kill the process at a certain point. */
  readonly fault?: ((point: FaultPoint) => void) | undefined;
  /** In [0, 1); spreads retries. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Figures that follow from other objects (counts) are brought up to date so long after a change. */
const countAfterMs = 1000;
/** Pods of a node end one after the other: a drain looks at those together that end within so long. */
const podsAfterMs = 250;
/** What fires is told in the policy's status so much later: the way to the target goes first. */
const tellAfterMs = 250;
/** A storm is written down so much later; it holds from the moment when too much fires. */
const stormAfterMs = 50;

/** So many Remediations are worked on at once, each waiting for the API server most of the time. */
const remediationWorkers = 32;
/** When an Incident has ended, older ones are let go so much later, with whatever has ended by then. */
const letGoAfterMs = 1000;
/** What has ended is sealed so much later, with what else has ended by then. */
const sealAfterMs = 500;
/** That the record of a deletion is right is looked at so much later. */
const missedAfterMs = 10_000;

export class Control {
  readonly #options: ControlOptions;
  readonly #opener: IncidentOpener;
  readonly #policies: Controller;
  readonly #plans: Controller;
  readonly #guardrails: Controller;
  readonly #openings: Controller;
  readonly #incidents: Controller;
  readonly #retention: Controller;
  readonly #remediations: Controller;
  readonly #audit: Controller;
  readonly #missed: (namespace: string) => void;
  readonly #unsubscribe: (() => void)[];
  readonly #line = new Line();
  readonly #drains = new Drains();
  readonly #changed: Verdict[] = [];
  #started = false;

  constructor(options: ControlOptions) {
    this.#options = options;
    const { context, policies, judge, view, settings, snapshot, fault, random } = options;
    const { clock, logger, registry, kinds } = context;
    const incidents = incidentMetrics(registry);
    const loads = new Loads({
      policies,
      counts: (id) => view.counts(id),
      verdicts: (id) => view.verdicts(id),
      isLive: () => judge.isLive,
      clock,
      rootNamespace: context.rootNamespace,
    });
    const outside = {
      context,
      judge,
      policies,
      settings,
      snapshot,
      view: { verdicts: view.verdicts.bind(view) },
      loads,
      cluster: options.cluster ?? (() => undefined),
      isBusy: () => this.#isBusy,
    };
    const run = (name: string, workers: number, reconcile: Reconcile): Controller =>
      runController({ name, reconcile, workers, clock, random, logger, registry });

    this.#opener = new IncidentOpener(context, judge, policies, incidents);
    this.#policies = run('detection-policy', 4, new DetectionPolicyController(context, policies, view).reconcile);
    const audited = auditMetrics(registry);
    const auditor = new Auditor(context, audited);
    const audit = new AuditController(context, auditor, audited, {
      stateOf: options.namespaceState,
      alsoVerify: (namespace) => this.#audit.add(namespace),
      onFinding: (namespace) => this.#chainFound(namespace),
    });
    this.#audit = run('audit', 1, audit.reconcile);
    this.#missed = (namespace) => audit.missed(namespace);
    this.#plans = run(
      'remediation-plan',
      2,
      new RemediationPlanController(context, loads, auditor, audit.findingOf).reconcile,
    );
    this.#guardrails = run('guardrail', 2, new GuardrailController(context, loads).reconcile);
    this.#openings = run('incident-opener', 16, this.#opener.reconcile);
    const retention = run('incident-retention', 1, new IncidentRetention(context).reconcile);
    this.#retention = retention;
    const onResolved = (policyUid: string): void => retention.addAfter(policyUid, letGoAfterMs);
    this.#incidents = run(
      'incident',
      16,
      new IncidentController(context, judge, incidents, { onResolved, isBusy: outside.isBusy }).reconcile,
    );
    this.#remediations = run(
      'remediation',
      remediationWorkers,
      new RemediationController(outside, remediationMetrics(registry), auditor, fault).reconcile,
    );
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
    context.telling.onReport((key) => this.#incidents.add(key));
    context.telling.onChange(() => this.#notifiersChanged());
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
      this.#line.changed(keyOf(remediation), remediation);
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
    for (const policy of kinds.policies.list()) this.#policies.add(keyOf(policy));
    for (const plan of kinds.plans.list()) this.#plans.add(keyOf(plan));
    for (const guardrail of kinds.guardrails.list()) this.#guardrails.add(keyOf(guardrail));
    for (const incident of kinds.incidents.list()) this.#incidents.add(keyOf(incident));
    const namespaces = new Set([this.#options.context.rootNamespace]);
    for (const remediation of kinds.remediations.list()) {
      this.#remediations.add(keyOf(remediation));
      // Also where there is no such plan any more: its records are let go all the same.
      this.#plans.add(`${remediation.metadata.namespace}/${remediation.spec.planRef.name}`);
      namespaces.add(remediation.metadata.namespace ?? '');
    }
    for (const namespace of namespaces) this.#audit.add(namespace);
    this.#openAll();
  }

  /** A pod of this node has changed, or is gone: to be called with every event of the pod watch. */
  takePod(node: string | undefined): void {
    for (const key of this.#drains.of(node)) this.#remediations.addAfter(key, podsAfterMs);
  }

  /** Takes no more keys and resolves when what runs has ended. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    const all = [
      this.#policies,
      this.#plans,
      this.#guardrails,
      this.#openings,
      this.#incidents,
      this.#retention,
      this.#remediations,
      this.#audit,
    ];
    await Promise.all(all.map((controller) => controller.stop()));
  }

  /** Whether targets wait for their turn: what they do not wait for can wait as well, for a while. */
  get #isBusy(): boolean {
    const waiting = this.#openings.depth + this.#remediations.depth;
    return waiting > 0 || this.#remediations.active > remediationWorkers / 2;
  }

  #wakeJudged(verdicts: readonly Verdict[]): void {
    const { context, policies } = this.#options;
    const { incidents, remediations } = context.kinds;
    for (const verdict of verdicts) this.#open(verdict);
    for (const policyId of new Set(verdicts.map((verdict) => verdict.policyId))) {
      const policy = policies.get(policyId)?.policy;
      if (policy !== undefined) this.#policies.addAfter(keyOf(policy), tellAfterMs);
      if (policy !== undefined) this.#weighStorm(policy);
    }
    for (const { policyId, target } of verdicts) {
      for (const incident of incidents.where(byJudged, judgedKey(policyId, target)))
        if (!isResolved(incident)) this.#incidents.add(keyOf(incident));
      for (const remediation of remediations.where(byTarget, targetKey(target)))
        this.#remediations.add(keyOf(remediation));
    }
    // After a restart the replacement speaks for the target: they have the workload in common.
    for (const workload of new Set(verdicts.map(({ target }) => target.workload?.uid)))
      for (const remediation of remediations.where(byWorkload, workload)) this.#remediations.add(keyOf(remediation));
  }

  /** More or less fires than before: whether that is a storm is written down soon, so that a restart remembers it. */
  #weighStorm({ metadata, spec }: DetectionPolicy): void {
    const { kinds, rootNamespace } = this.#options.context;
    for (const { plan } of spec.routes) {
      const key = `${metadata.namespace}/${plan}`;
      if (kinds.plans.get(key)?.spec.guards.storm !== undefined) this.#plans.addAfter(key, stormAfterMs);
    }
    for (const guardrail of kinds.guardrails.list()) {
      const { namespace } = guardrail.metadata;
      if (guardrail.spec.storm !== undefined && (namespace === rootNamespace || namespace === metadata.namespace))
        this.#guardrails.addAfter(keyOf(guardrail), stormAfterMs);
    }
  }

  #open(verdict: Verdict): void {
    if (verdict.state === 'Firing') this.#openings.add(this.#opener.keyOf(verdict));
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
        for (const verdict of view.verdicts(compiled.id)) this.#open(verdict);
  }

  /** A policy is in force, or is none any more, from here on; what depends on it is looked at after that. */
  #policyChanged(key: string): void {
    const { context, policies } = this.#options;
    const policy = context.kinds.policies.get(key);
    const isGone = policy === undefined || policy.metadata.deletionTimestamp !== undefined;
    const generation = policy === undefined ? undefined : policies.get(policy.metadata.uid ?? '')?.generation;
    const uid = isGone ? policies.remove(key) : policy.metadata.uid;
    if (!isGone) policies.put(policy);
    this.#policies.add(key);
    if (uid === undefined || (!isGone && generation === policies.get(uid)?.generation)) return;
    for (const incident of context.kinds.incidents.where(byPolicy, uid)) {
      this.#incidents.add(keyOf(incident));
      this.#wakeRemediationsOf(incident.metadata.uid);
    }
    this.#openAll(uid);
    // What a plan must be allowed to do depends on the kinds of targets that policies bring to it.
    for (const { plan } of policy?.spec.routes ?? [])
      if (plan !== undefined) this.#plans.add(`${policy?.metadata.namespace}/${plan}`);
  }

  #planChanged(key: string): void {
    const { context, policies } = this.#options;
    const { kinds } = context;
    this.#plans.add(key);
    for (const { policy } of policies.list())
      if (policy.spec.routes.some(({ plan }) => `${policy.metadata.namespace}/${plan}` === key))
        this.#policies.add(keyOf(policy));
    for (const incident of kinds.incidents.list())
      if (!isResolved(incident) && `${incident.metadata.namespace}/${incident.spec.route.plan}` === key)
        this.#incidents.add(keyOf(incident));
    for (const remediation of kinds.remediations.where(byPlanKey, key)) this.#remediations.add(keyOf(remediation));
  }

  /** Whether the records are as they were sealed stands on the plans that they are of. */
  #chainFound(namespace: string): void {
    for (const plan of this.#options.context.kinds.plans.list())
      if (plan.metadata.namespace === namespace) this.#plans.add(keyOf(plan));
  }

  /** Who names a notifier says whether there is one. */
  #notifiersChanged(): void {
    const { policies, plans } = this.#options.context.kinds;
    if (!this.#started) return;
    for (const policy of policies.list())
      if (policy.spec.routes.some(({ notifier }) => notifier !== undefined)) this.#policies.add(keyOf(policy));
    for (const plan of plans.list()) if (namesOutsiders(plan)) this.#plans.add(keyOf(plan));
  }

  /** A pause holds from the next step on, and its end is noticed at once. */
  #guardrailChanged(key: string): void {
    const { kinds } = this.#options.context;
    this.#guardrails.add(key);
    for (const remediation of kinds.remediations.list())
      if (!isFinished(remediation)) this.#remediations.add(keyOf(remediation));
  }

  /** What an Incident's end sets free is begun at once: it is we who write that. */
  #incidentTold(key: string, change: Change, before: Incident | undefined): void {
    const incident = this.#options.context.kinds.incidents.get(key);
    // The target may have fired again while that it had recovered was being written.
    if (incident !== undefined && isResolved(incident)) this.#openAgain(incident);
    if (change === 'Seen') return this.#incidentChanged(key, before);
    if (change === 'Written' && incident !== undefined && isResolved(incident))
      for (const { name } of incident.status?.remediations ?? [])
        this.#remediations.add(`${incident.metadata.namespace}/${name}`);
  }

  #incidentChanged(key: string, before: Incident | undefined): void {
    const { kinds } = this.#options.context;
    const incident = kinds.incidents.get(key);
    this.#incidents.add(key);
    if (incident === undefined) {
      // If the target still fires, it gets a new one.
      if (before !== undefined) this.#openAgain(before);
      for (const remediation of kinds.remediations.where(byIncidentKey, key))
        this.#remediations.add(keyOf(remediation));
      return;
    }
    const { namespace } = incident.metadata;
    this.#policies.addAfter(`${namespace}/${incident.spec.policyRef.name}`, countAfterMs);
    for (const { name } of incident.status?.remediations ?? []) this.#remediations.add(`${namespace}/${name}`);
  }

  #remediationChanged(key: string, change: Change, before: Remediation | undefined): void {
    const { kinds } = this.#options.context;
    const remediation = kinds.remediations.get(key);
    this.#drains.changed(key, remediation);
    for (const waiting of this.#line.changed(key, remediation)) this.#remediations.add(waiting);
    // Who wrote goes on by itself; only a claim waits for its own echo.
    if (change === 'Seen') this.#remediations.add(key);
    // It is the one that has least to do until its target is written.
    if (change === 'Echo' && remediation !== undefined && isClaiming(remediation)) this.#remediations.add(key, true);
    for (const guardrail of kinds.guardrails.list()) this.#guardrails.addAfter(keyOf(guardrail), countAfterMs);
    if (remediation === undefined) return this.#remediationGone(key, before);
    const { namespace = '', finalizers = [] } = remediation.metadata;
    if (needsSeal(remediation)) this.#audit.addAfter(namespace, sealAfterMs);
    // The finalizer stands until it is sealed.
    else if (change === 'Written' && isFinished(remediation) && finalizers.length > 0) this.#remediations.add(key);
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
            this.#remediations.add(keyOf(below));
  }

  /** Those whose status says what became of a Remediation. */
  #tellOf({ metadata: { namespace }, spec }: Remediation): void {
    this.#plans.addAfter(`${namespace}/${spec.planRef.name}`, countAfterMs);
    this.#incidents.addAfter(`${namespace}/${spec.incidentRef.name}`, followAfterMs);
  }

  #remediationGone(key: string, before: Remediation | undefined): void {
    const [namespace = ''] = key.split('/', 1);
    this.#missed(namespace);
    this.#audit.addAfter(namespace, missedAfterMs);
    if (before !== undefined) this.#tellOf(before);
  }

  #wakeRemediationsOf(incidentUid: string | undefined): void {
    for (const remediation of this.#options.context.kinds.remediations.where(byIncident, incidentUid))
      this.#remediations.add(keyOf(remediation));
  }
}

const keyOf = ({ metadata }: { metadata: { namespace?: string; name: string } }): string =>
  `${metadata.namespace}/${metadata.name}`;
