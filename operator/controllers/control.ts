/** All controllers, put together. Who is woken by what is for wake-ups.ts to say. */
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { VerdictChange } from '../../engine/evaluate/verdict.ts';
import type { ClusterFacts, Settings } from '../decide/decision.ts';
import type { KubeApi } from '../kube/api.ts';
import { runController, type Controller, type Reconcile } from '../kube/controller.ts';
import { Auditor } from './audit/auditor.ts';
import { AuditController } from './audit/controller.ts';
import { auditMetrics } from './audit/metrics.ts';
import type { NamespaceState } from './audit/namespaces.ts';
import type { Context } from './context.ts';
import { DetectionPolicyController, type PolicyView } from './detection-policy/controller.ts';
import type { Policies } from './detection-policy/policies.ts';
import { GuardrailController } from './guardrail/controller.ts';
import { IncidentController } from './incident/controller.ts';
import { IncidentRetention } from './incident/retention.ts';
import { incidentMetrics } from './incident/metrics.ts';
import { IncidentOpener } from './incident/opener.ts';
import type { Judge } from './judge.ts';
import { Loads } from './loads.ts';
import { RevisionsController, revisionsName, rollsBack, type RevisionsOptions } from './revisions/controller.ts';
import { RemediationController, type FaultPoint } from './remediation/controller.ts';
import { remediationMetrics } from './remediation/metrics.ts';
import { RemediationPlanController } from './remediation-plan/controller.ts';
import { PlanStormController } from './remediation-plan/storm.ts';
import { WakeUps, type Queues } from './wake-ups.ts';

export interface ControlOptions {
  readonly context: Context;
  /** The API server, for what acts and takes back: nobody holds it up. Default: as everybody asks it. */
  readonly pressing?: KubeApi | undefined;
  readonly policies: Policies;
  readonly judge: Judge;
  readonly view: PolicyView;
  readonly settings: Settings;
  /** What is watched of nodes and pods; undefined (also absent) while that is not known. */
  readonly cluster?: (() => ClusterFacts | undefined) | undefined;
  /** Which revisions were seen to be available; undefined (also absent) while that is not known. */
  readonly revisions?: RevisionsOptions['seen'] | undefined;
  /** Every Remediation as the watch last told it; undefined before it was complete. */
  readonly snapshot: () => readonly Remediation[] | undefined;
  /** Whether a namespace is there; undefined when that is not known. */
  readonly namespaceState?: ((name: string) => NamespaceState | undefined) | undefined;
  /** For tests that kill the process at a certain point. */
  readonly fault?: ((point: FaultPoint) => void) | undefined;
  /** In [0, 1); spreads retries. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** So many Remediations are worked on at once, each waiting for the API server most of the time. */
const remediationWorkers = 32;
/** When an Incident has ended, older ones are let go so much later, with whatever has ended by then. */
const letGoAfterMs = 1000;

export class Control {
  readonly #controllers: Readonly<Record<keyof Queues | 'retention' | 'revisions', Controller>>;
  readonly #wakeUps: WakeUps;

  constructor(options: ControlOptions) {
    const { context, policies, judge, view, settings, snapshot, fault, random } = options;
    const { clock, logger, registry } = context;
    const incidents = incidentMetrics(registry);
    const loads = new Loads({
      policies,
      counts: (id) => view.counts(id),
      targets: (id) => view.targets(id),
      isLive: () => judge.isLive,
      clock,
      rootNamespace: context.rootNamespace,
    });
    const outside = {
      context: { ...context, api: options.pressing ?? context.api },
      judge,
      policies,
      settings,
      snapshot,
      view: { verdicts: view.verdicts.bind(view) },
      loads,
      cluster: options.cluster ?? (() => undefined),
      isBusy: () => this.isBusy,
    };
    const run = (name: string, workers: number, reconcile: Reconcile): Controller =>
      runController({ name, reconcile, workers, clock, random, logger, registry });

    const opener = new IncidentOpener(context, judge, policies, incidents);
    const audited = auditMetrics(registry);
    const auditor = new Auditor(context, audited);
    const audit = new AuditController(context, auditor, audited, {
      stateOf: options.namespaceState,
      alsoVerify: (namespace) => this.#controllers.audit.add(namespace),
      onFinding: (namespace) => this.#wakeUps.chainFound(namespace),
    });
    const onResolved = (policyUid: string): void => this.#controllers.retention.addAfter(policyUid, letGoAfterMs);
    const plans = new RemediationPlanController(context, loads, auditor, audit.findingOf);
    const { isBusy } = outside;
    const { problemsOf } = plans;
    const incident = new IncidentController(context, judge, incidents, { onResolved, isBusy, problemsOf });
    const remediation = new RemediationController(outside, remediationMetrics(registry), auditor, fault);
    const revisions = new RevisionsController(context, {
      workloads: () => loads.workloadsOf([...context.kinds.plans.list()].filter(rollsBack)),
      seen: options.revisions ?? (() => undefined),
    });
    this.#controllers = {
      policies: run('detection-policy', 4, new DetectionPolicyController(context, policies, view).reconcile),
      audit: run('audit', 1, audit.reconcile),
      plans: run('remediation-plan', 2, plans.reconcile),
      planStorms: run('plan-storm', 2, new PlanStormController(context, loads).reconcile),
      guardrails: run('guardrail', 2, new GuardrailController(context, loads).reconcile),
      openings: run('incident-opener', 16, opener.reconcile),
      retention: run('incident-retention', 1, new IncidentRetention(context).reconcile),
      revisions: run('revisions', 1, revisions.reconcile),
      incidents: run('incident', 16, incident.reconcile),
      remediations: run('remediation', remediationWorkers, remediation.reconcile),
    };
    const missed = (namespace: string): void => audit.missed(namespace);
    this.#wakeUps = new WakeUps({ context, policies, judge, view, opener, missed }, this.#controllers);
  }

  /** To be called when all five kinds are known: before that, what is missing might only not have been seen yet. */
  start(): void {
    this.#wakeUps.start();
    this.#controllers.revisions.add(revisionsName);
  }

  /** A verdict has changed; to be called with every change, also while the stream is read again. */
  takeVerdict(change: VerdictChange): void {
    this.#wakeUps.takeVerdict(change);
  }

  /** This policy is shed, or judged again. */
  takeShedding(policy: DetectionPolicy): void {
    this.#wakeUps.takeShedding(policy);
  }

  /** Looks at everything anew: this process leads now, or the stream has been read up to the present. */
  resync(): void {
    this.#wakeUps.resync();
  }

  /** A pod of this node has changed, or is gone: to be called with every event of the pod watch. */
  takePod(node: string | undefined): void {
    this.#wakeUps.takePod(node);
  }

  /** Takes no more keys and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#wakeUps.stop();
    await Promise.all(Object.values(this.#controllers).map((controller) => controller.stop()));
  }

  /** Whether targets wait for their turn: what they do not wait for can wait as well, for a while. */
  get isBusy(): boolean {
    const { openings, remediations } = this.#controllers;
    return openings.depth + remediations.depth > 0 || remediations.active > remediationWorkers / 2;
  }
}
