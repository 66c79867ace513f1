/**
 * One replica of the operator, from start to death: reflectors, records, controllers, queues and election are the real
 * ones; the stream, the engine and the machine are the simulation's.
 */
import { Registry } from 'prom-client';
import type { VerdictChange, VerdictState } from '../../engine/evaluate/verdict.ts';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Guardrail } from '../../crds/guardrail.ts';
import type { Incident } from '../../crds/incident.ts';
import type { RemediationPlan } from '../../crds/remediation-plan.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { Context } from '../controllers/context.ts';
import { existsIn, isCurrent } from '../cluster-view.ts';
import { ClusterView } from '../controllers/cluster-view.ts';
import { Control } from '../controllers/control.ts';
import { Latencies } from '../controllers/detection-policy/latencies.ts';
import { Policies } from '../controllers/detection-policy/policies.ts';
import { Judge } from '../controllers/judge.ts';
import { Records } from '../controllers/records.ts';
import { Snapshots } from '../controllers/snapshots.ts';
import { ingestReflectors } from '../ingest/reflectors.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { LeaderElection } from '../kube/lease.ts';
import type { Logger } from '../kube/logger.ts';
import { Reflector, slim } from '../kube/reflector.ts';
import * as resources from '../kube/resources.ts';
import { nobody } from '../notify/file.ts';
import { Outbox } from '../notify/outbox.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import { EngineView } from './engine-view.ts';
import { Process } from './process.ts';
import { hashOf, Random } from './random.ts';
import { leaseName, rootNamespace } from './slots.ts';
import type { Verdicts } from './verdicts.ts';
import type { VirtualTime } from './virtual-time.ts';
import { Wire } from './wire.ts';

/** People are told apart from all decisions, and that has tests of its own: here there is nobody to be told. */
const toNobody = (clock: Process): Outbox =>
  new Outbox({
    clock,
    random: () => 0.5,
    isLeader: () => false,
    file: { current: nobody, problem: undefined, onChange: () => {} },
    send: () => new Promise(() => {}),
    moment: () => ({ nowMs: clock.now(), hmac: () => '', subjectPrefix: 'homeostat' }),
    metrics: { told: () => {}, known: () => {} },
  });

/** Shorter than in production, so that leadership changes more often and a run is not spent on waiting for it. */
const lease = { leaseDurationMs: 8000, renewDeadlineMs: 5000, retryPeriodMs: 2000 };

/** What is around a replica. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly seed: number;
  readonly server: { serve(request: ApiRequest): Promise<unknown> };
  readonly verdicts: Verdicts;
  /** Whether it shares the Leases of nodes with others. */
  readonly nodeLeases: boolean;
  readonly onSend: (replica: Replica, request: ApiRequest) => void;
  readonly onLog: (level: 'warn' | 'error', message: string, fields: object | undefined) => void;
  readonly onKilled: (replica: Replica) => void;
}

export class Replica {
  /** Such as `operator-1/3`: the third process of the second replica. */
  readonly origin: string;
  readonly index: number;
  /** How long after its death the next process starts. */
  restartMs = 5000;
  readonly process: Process;
  readonly wire: Wire;
  readonly context: Context;
  readonly policies: Policies;
  readonly engine: EngineView;
  readonly snapshot: () => readonly Remediation[] | undefined;
  readonly #surroundings: Surroundings;
  readonly #reflectors: readonly Pick<Reflector<KubeObject>, 'start' | 'synced'>[];
  readonly #watched: ReturnType<typeof ingestReflectors>;
  readonly #control: Control;
  readonly #election: LeaderElection;

  constructor(surroundings: Surroundings, index: number, life: number, skewMs: number) {
    const { time, seed, server, verdicts, onSend, onKilled } = surroundings;
    this.#surroundings = surroundings;
    this.index = index;
    this.origin = `operator-${index}/${life}`;
    const random = new Random(hashOf(seed, this.origin));
    const process = new Process(time, skewMs);
    this.process = process;
    this.wire = new Wire({
      time,
      process,
      seed,
      origin: this.origin,
      server,
      onSend: (request) => onSend(this, request),
      onKilled: () => onKilled(this),
    });
    this.engine = new EngineView({ time, process, verdicts, seed, name: this.origin });
    const logger = this.#logger();
    const watching = { api: this.wire, clock: process, random: () => random.next(), logger };
    const own = <T extends KubeObject>(resource: Resource): Reflector<T> =>
      new Reflector<T>({ ...watching, resource, transform: slim });
    const policies = own<DetectionPolicy>(resources.DetectionPolicy);
    const plans = own<RemediationPlan>(resources.RemediationPlan);
    const guardrails = own<Guardrail>(resources.Guardrail);
    const incidents = own<Incident>(resources.Incident);
    const remediations = own<Remediation>(resources.Remediation);
    const cluster = ingestReflectors(watching);
    this.#watched = cluster;
    this.#reflectors = [policies, plans, guardrails, incidents, remediations, ...Object.values(cluster)];
    const snapshots = new Snapshots(remediations);
    this.snapshot = () => snapshots.latest();
    const registry = new Registry();
    this.context = {
      api: this.wire,
      clock: process,
      logger,
      registry,
      events: { record: () => {} },
      kinds: {
        policies: new Records(policies),
        plans: new Records(plans),
        guardrails: new Records(guardrails),
        incidents: new Records(incidents),
        remediations: new Records(remediations),
      },
      telling: toNobody(process),
      rootNamespace,
      isLeader: () => this.#election.isLeader(),
    };
    this.policies = new Policies({
      evaluator: { setPolicy: () => ({ restarted: [] }), removePolicy: (id) => this.engine.forget(id) },
      rootNamespace,
      namespaceLabels: () => ({}),
    });
    this.#control = this.#makeControl(random);
    cluster.pods.onEvent(({ object }) => this.#control.takePod(object.spec.nodeName));
    this.#election = new LeaderElection({
      api: this.wire,
      namespace: rootNamespace,
      name: leaseName,
      identity: this.origin,
      clock: process,
      random: () => random.next(),
      logger,
      onStartedLeading: () => this.#control.resync(),
      onStoppedLeading: () => {},
      ...lease,
    });
  }

  /** Whether it works on a node only while it holds the Lease of that. */
  get sharesLeases(): boolean {
    return this.#surroundings.nodeLeases;
  }

  get isLeader(): boolean {
    return this.process.isAlive && this.#election.isLeader();
  }

  /** Starts as `operator.ts` does: what exists, the controllers, the stream, the election. Does not wait. */
  start(): void {
    void (async () => {
      for (const reflector of this.#reflectors) reflector.start();
      await Promise.all(this.#reflectors.map((reflector) => reflector.synced()));
      this.#control.start();
      this.engine.begin({
        onVerdict: (change: VerdictChange) => this.#control.takeVerdict(change),
        onLive: () => this.#control.resync(),
      });
      this.#election.start();
    })();
  }

  #makeControl(random: Random): Control {
    const { context, policies, engine, snapshot, process } = this;
    const counts = (id: string): Record<VerdictState, number> => {
      const counted = { Inactive: 0, Pending: 0, Firing: 0, Clearing: 0, Unknown: 0 };
      for (const { state } of engine.verdicts(id)) counted[state]++;
      return counted;
    };
    const facts = new ClusterView(this.#watched, this.process);
    return new Control({
      context,
      policies,
      judge: new Judge({
        verdicts: engine,
        policies,
        exists: (target) => existsIn(this.#watched, target),
        isLive: () => engine.isLive,
        nowMs: () => process.now(),
      }),
      view: {
        counts,
        verdicts: (id, wanted) => engine.verdicts(id, wanted),
        unsettled: (id, wanted) => engine.verdicts(id, wanted),
        unknown: () => [],
        targets: (id) => engine.verdicts(id).map(({ target }) => target),
        expressionError: () => undefined,
        shed: () => undefined,
        notLive: () => (engine.isLive ? undefined : 'the stream is being read'),
        staleness: () => undefined,
        data: () => undefined,
        latencies: new Latencies(),
      },
      settings: { rootNamespace, allowKubeSystem: false, nodeLeases: this.sharesLeases },
      cluster: () => (isCurrent(this.#watched, process.now()) ? facts : undefined),
      revisions: () => (isCurrent(this.#watched, process.now()) ? facts : undefined),
      snapshot,
      random: () => random.next(),
    });
  }

  #logger(): Logger {
    const { onLog } = this.#surroundings;
    return {
      debug: () => {},
      info: () => {},
      warn: (message, fields) => onLog('warn', message, fields),
      error: (message, fields) => onLog('error', message, fields),
    };
  }
}
