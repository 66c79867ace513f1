/** One operator process of the in-memory cluster: everything but the stream and the engine is real. No tests here. */
import { Registry } from 'prom-client';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Guardrail } from '../../crds/guardrail.ts';
import type { Incident } from '../../crds/incident.ts';
import type { RemediationPlan } from '../../crds/remediation-plan.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import type { EventRecord } from '../kube/events.ts';
import { silentLogger } from '../kube/logger.ts';
import { Reflector, slim } from '../kube/reflector.ts';
import * as resources from '../kube/resources.ts';
import type { Context } from './context.ts';
import { Control } from './control.ts';
import { Latencies } from './detection-policy/latencies.ts';
import { Policies } from './detection-policy/policies.ts';
import type { Cluster } from './harness.test.ts';
import { Judge } from './judge.ts';
import { Records } from './records.ts';
import { Snapshots } from './snapshots.ts';
import { Caller, withCalls } from '../notify/calls.ts';
import { Outbox } from '../notify/outbox.ts';
import type { FaultPoint } from './remediation/controller.ts';

export const rootNamespace = 'homeostat-system';

export class Operator {
  readonly registry = new Registry();
  readonly events: EventRecord[] = [];
  readonly policies: Policies;
  readonly judge: Judge;
  readonly control: Control;
  readonly context: Context;
  isAlive = true;
  isLeader = true;
  isLive = true;
  readonly #reflectors: Reflector<KubeObject>[];

  readonly outbox: Outbox;

  constructor(cluster: Cluster, fault?: (point: FaultPoint) => void) {
    const { clock } = cluster;
    const api = withCalls(
      cluster.clientOf(() => this.isAlive),
      new Caller({ file: cluster.notifiers, clock, send: (message) => cluster.deliver(message) }),
    );
    const watch = <T extends KubeObject>(resource: Resource) =>
      new Reflector<T>({ api, resource, transform: slim, clock, random: () => 0.5, logger: silentLogger });
    this.outbox = new Outbox({
      clock,
      random: () => 0.5,
      isLeader: () => this.isAlive && this.isLeader,
      file: cluster.notifiers,
      send: (message) => (this.isAlive ? cluster.deliver(message) : new Promise(() => {})),
      moment: () => ({ nowMs: clock.now(), hmac: () => 'signed', subjectPrefix: 'homeostat' }),
      metrics: { told: (notifier, result) => void cluster.told.push(`${notifier} ${result}`), known: () => {} },
    });
    const policies = watch<DetectionPolicy>(resources.DetectionPolicy);
    const plans = watch<RemediationPlan>(resources.RemediationPlan);
    const guardrails = watch<Guardrail>(resources.Guardrail);
    const incidents = watch<Incident>(resources.Incident);
    const remediations = watch<Remediation>(resources.Remediation);
    const snapshots = new Snapshots(remediations);
    this.#reflectors = [policies, plans, guardrails, incidents, remediations] as unknown as Reflector<KubeObject>[];
    this.context = {
      api,
      clock,
      logger: silentLogger,
      registry: this.registry,
      events: { record: (event) => void this.events.push(event) },
      kinds: {
        policies: new Records(policies),
        plans: new Records(plans),
        guardrails: new Records(guardrails),
        incidents: new Records(incidents),
        remediations: new Records(remediations),
      },
      telling: this.outbox,
      usual: cluster.usual,
      rootNamespace,
      isLeader: () => this.isAlive && this.isLeader,
    };
    const evaluator = {
      setPolicy: () => ({ restarted: [] }),
      removePolicy: (id: string) => cluster.forgetPolicy(id),
    };
    this.policies = new Policies({ evaluator, rootNamespace, namespaceLabels: () => ({}) });
    this.judge = new Judge({
      verdicts: { verdict: (id, key) => cluster.verdict(id, key) },
      isShed: (id) => cluster.shed.has(id),
      policies: this.policies,
      exists: (target) => cluster.exists(target.name),
      isLive: () => this.isLive,
      nowMs: () => clock.now(),
    });
    this.control = new Control({
      context: this.context,
      policies: this.policies,
      judge: this.judge,
      view: {
        counts: (id) => cluster.counts(id),
        verdicts: (id, wanted) => cluster.verdicts(id, wanted),
        unsettled: (id, wanted) => cluster.verdicts(id, wanted),
        unknown: (id) => cluster.verdicts(id, (_, state) => state === 'Unknown').map(({ target }) => target),
        targets: (id) => cluster.verdicts(id).map(({ target }) => target),
        notLive: () => (this.isLive ? undefined : 'the stream is being read'),
        staleness: () => undefined,
        data: () => cluster.data,
        expressionError: () => cluster.expressionError,
        shed: (policyId) => cluster.shed.get(policyId),
        latencies: new Latencies(),
      },
      settings: { rootNamespace, allowKubeSystem: false },
      cluster: () => cluster.facts,
      snapshot: () => snapshots.latest(),
      fault,
    });
  }

  async start(): Promise<void> {
    for (const reflector of this.#reflectors) reflector.start();
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced()));
    this.control.start();
  }

  /** What is on its way is lost; nothing is done any more. */
  async die(): Promise<void> {
    this.isAlive = false;
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
    void this.control.stop();
  }
}
