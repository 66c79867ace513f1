/**
 * The operator put together: what is watched, read, judged, decided and shown, in the order in which it starts and stops.
 * Every process computes; only the holder of the Lease writes.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Registry } from 'prom-client';
import { Evaluator } from '../engine/evaluate/evaluator.ts';
import { clusterChecks, existsIn, isCurrent, whyUnknown } from './cluster-view.ts';
import { apiBreaker } from './breaking-api.ts';
import { ClusterView } from './controllers/cluster-view.ts';
import { namespaceState } from './controllers/audit/namespaces.ts';
import { Control } from './controllers/control.ts';
import type { Producer } from './controllers/detection-policy/controller.ts';
import { Latencies } from './controllers/detection-policy/latencies.ts';
import { lookBackMs } from './controllers/detection-policy/look-back.ts';
import { policyMetrics } from './controllers/detection-policy/metrics.ts';
import { Policies } from './controllers/detection-policy/policies.ts';
import { Judge } from './controllers/judge.ts';
import type { FaultPoint } from './controllers/remediation/controller.ts';
import { History } from './history/history.ts';
import { Broker } from './ingest/broker.ts';
import { ShedSource } from './ingest/pressure/shed-source.ts';
import { Shedder } from './ingest/pressure/shedder.ts';
import { slowed } from './ingest/pressure/slow.ts';
import { Ingest } from './ingest/pipeline.ts';
import { LineageSource } from './ingest/lineage/lineage-source.ts';
import { KinSource } from './ingest/scoring/kin-source.ts';
import { ScoringWishes } from './ingest/scoring/scoring-wishes.ts';
import { ingestReflectors } from './ingest/reflectors.ts';
import { sourcesPage } from './ingest/sources-page.ts';
import { statePublisher } from './ingest/state/publisher.ts';
import { StateSource } from './ingest/state/state-source.ts';
import { Warnings, warningMetrics } from './ingest/state/warnings.ts';
import type { KubeApi, KubeObject } from './kube/api.ts';
import { countedApi } from './kube/counted-api.ts';
import { systemClock as clock } from './kube/clock.ts';
import { EventRecorder } from './kube/events.ts';
import { HookedApi } from './kube/hooked-api.ts';
import { LeaderElection } from './kube/lease.ts';
import type { Logger } from './kube/logger.ts';
import { reflectorMetrics } from './kube/reflector-metrics.ts';
import { jetStreamEvents } from './notify/event-bus.ts';
import { EventFeed } from './notify/event-feed.ts';
import { withCalls } from './notify/calls.ts';
import { Speaker } from './notify/speaker.ts';
import { createRegistry } from './observe/metrics.ts';
import { serve, type ObserveServer, type ReadinessCheck } from './observe/server.ts';
import type { Options } from './options.ts';
import { OwnKinds } from './own-kinds.ts';
import { PermissionCheck } from './permissions.ts';
import { tracing, type Tracing } from './trace/tracing.ts';

export interface OperatorParts {
  readonly options: Options;
  readonly api: KubeApi;
  readonly logger: Logger;
  readonly version: string;
  /** Called at certain points of acting; tests kill the process there. */
  readonly fault?: ((point: FaultPoint, write?: string) => void) | undefined;
  /** So many milliseconds more are taken for each frame and policy that judges it; tests overload the process so. */
  readonly slowMs?: number | undefined;
}

const random = Math.random;
/** A policy that is judged again is watched for so long before the next one is. */
const holdMs = 10_000;
/** Many namespaces may change at once. */
const rematchAfterMs = 100;

export class Operator {
  readonly registry: Registry;
  readonly #options: Options;
  readonly #logger: Logger;
  readonly #api: KubeApi;
  readonly #kinds: OwnKinds;
  readonly #cluster: ReturnType<typeof ingestReflectors>;
  readonly #events: EventRecorder;
  readonly #broker: Broker;
  readonly #policies: Policies;
  readonly #ingest: Ingest;
  readonly #evaluator: Evaluator;
  readonly #warnings: Warnings;
  /** What only the leader tells on NATS. */
  readonly #told: readonly { setActive(active: boolean): void }[];
  readonly #history: History | undefined;
  readonly #shedder: Shedder;
  readonly #shedTold: ShedSource;
  readonly #control: Control;
  readonly #election: LeaderElection;
  readonly #speaker: Speaker;
  readonly #feed: EventFeed;
  readonly #tracing: Tracing | undefined;
  readonly #permissions = new PermissionCheck();
  #server: ObserveServer | undefined;
  #stopping = false;
  #rematching = false;
  #hasBeenLive = false;

  constructor({ options, api: server, logger, version, fault, slowMs }: OperatorParts) {
    const { namespace: rootNamespace, subjectPrefix: prefix, identity, leaseName, natsUrl, streamMaxBytes } = options;
    const registry = createRegistry(version);
    const counted = countedApi(server, registry);
    const hooked =
      fault === undefined ? counted : new HookedApi(counted, (when, write) => fault(`${when}Write`, write));
    const breaker = apiBreaker(clock, registry);
    const api = breaker.patient(hooked);
    const watching = { api: breaker.pressing(hooked), clock, random, logger, metrics: reflectorMetrics(registry) };
    const kinds = new OwnKinds(watching, options);
    const cluster = ingestReflectors(watching);
    const events = new EventRecorder({
      api,
      clock,
      logger,
      registry,
      controller: 'homeostat.dev/operator',
      instance: identity,
      isBusy: () => this.#control.isBusy,
    });

    const evaluator = new Evaluator({ onVerdict: (change) => this.#control.takeVerdict(change) });
    const warnings = Warnings.of(watching);
    const policies = new Policies({
      evaluator,
      onInForce: ({ signals }) => {
        if (signals.some(({ metric }) => warningMetrics.has(metric.name))) warnings.start();
      },
      rootNamespace,
      namespaceLabels: (name) => kinds.namespaces.store.get(name)?.metadata.labels,
    });
    const latencies = new Latencies<Producer>();
    const broker = new Broker({ url: natsUrl, name: `homeostat operator ${identity}`, logger });
    const lineage = new LineageSource({ reflectors: cluster, bus: broker.bus, prefix, clock, logger, random });
    const kin = new KinSource({ bus: broker.bus, prefix, clock, logger, random });
    const { historyDays: days, historyMaxBytes: maxBytes, historyMetrics: metrics } = options;
    const history =
      days === 0
        ? undefined
        : new History({
            broker,
            store: { prefix, maxBytes, days },
            metrics,
            readByPolicies: () => policies.metrics(),
            nowMs: () => this.#ingest.nowMs,
            clock,
            logger,
            registry,
            random,
          });
    const ingest = new Ingest({
      broker,
      stream: { maxBytes: streamMaxBytes, prefix },
      evaluator:
        slowMs === undefined
          ? (history?.beside(evaluator) ?? evaluator)
          : slowed(
              history?.beside(evaluator) ?? evaluator,
              () => slowMs * ([...policies.list()].length - this.#shedder.list().length),
            ),
      reflectors: cluster,
      lookBackMs: () => lookBackMs(policies.list()),
      clock,
      logger,
      registry,
      onLive: (live) => live && this.#becameLive(),
      onBound: (key, keyframe, atMs, identities) => {
        lineage.bound(key, keyframe, atMs);
        kin.bound(key, keyframe, identities);
      },
      onEvaluated: (producer, ms) => latencies.observe(producer, ms),
      between: (atMs) => this.#shedder.between(atMs),
      onSkipped: (skipped) => this.#shedTold.changed(skipped.beforeMs, skipped),
    });
    const shedder = new Shedder({
      policies: () => Array.from(policies.list(), ({ compiled: { id }, policy }) => ({ id, policy })),
      lagMs: () => ingest.ownLagMs(),
      suspendOnly: (ids, atMs) => evaluator.suspendOnly(ids, atMs),
      skip: () => ingest.skip(),
      limits: { lagMs: options.shedLagMilliseconds, skipLagMs: options.skipLagMilliseconds, holdMs },
      clock,
      logger,
      registry,
      onChange: (changed, atMs) => {
        for (const { policy } of changed) this.#control.takeShedding(policy);
        this.#shedTold.changed(atMs);
        history?.rest(shedder.list().length > 0);
      },
    });
    this.#shedTold = new ShedSource({
      bus: broker.bus,
      prefix,
      clock,
      logger,
      random,
      shed: () => shedder.list().map(({ policy: { metadata } }) => `${metadata.namespace}/${metadata.name}`),
      atMs: () => shedder.atMs,
    });
    const isLeader = (): boolean => this.#election.isLeader();
    const bus = jetStreamEvents({ broker, prefix, clock, registry });
    const speaker = new Speaker({
      path: options.notifiersFile,
      subjectPrefix: prefix,
      bus,
      isLeader,
      clock,
      random,
      logger,
      registry,
    });
    const view = new ClusterView(cluster, clock);

    this.registry = registry;
    this.#options = options;
    this.#logger = logger;
    this.#api = api;
    this.#kinds = kinds;
    this.#cluster = cluster;
    this.#events = events;
    this.#broker = broker;
    this.#policies = policies;
    this.#ingest = ingest;
    this.#evaluator = evaluator;
    this.#history = history;
    this.#shedder = shedder;
    const wishes = new ScoringWishes({ broker, prefix, clock, logger, random, wanted: () => policies.scorings() });
    this.#speaker = speaker;
    const { incidents, remediations } = kinds.records;
    const changing = { incidents, remediations };
    this.#feed = new EventFeed({ kinds: changing, bus, subjectPrefix: prefix, isLeader, clock, registry });
    this.#tracing = tracing({
      settings: options,
      kinds: kinds.records,
      isLeader,
      identity,
      namespace: rootNamespace,
      version,
      clock,
      logger,
      registry,
    });
    this.#warnings = warnings;
    const state = new StateSource({
      reflectors: cluster,
      warnings,
      publisher: statePublisher({ broker, prefix, logger, registry }),
      clock,
      logger,
      random,
    });
    this.#told = [state, lineage, wishes, kin, this.#shedTold, ...(history === undefined ? [] : [history])];
    this.#control = new Control({
      context: {
        api: withCalls(api, speaker.caller),
        clock,
        logger,
        registry,
        events,
        kinds: kinds.records,
        telling: speaker.outbox,
        usual: history,
        rootNamespace,
        isLeader,
      },
      pressing: withCalls(breaker.pressing(hooked), speaker.caller),
      policies,
      judge: new Judge({
        verdicts: evaluator,
        policies,
        exists: (target) => existsIn(cluster, target),
        isLive: () => ingest.live,
        isShed: (policyId) => shedder.shed(policyId) !== undefined,
        nowMs: () => clock.now(),
      }),
      view: {
        counts: (policyId) => evaluator.counts(policyId),
        verdicts: (policyId, wanted) => evaluator.verdicts(policyId, wanted),
        unsettled: (policyId, wanted) => evaluator.unsettled(policyId, wanted),
        unknown: (policyId) => evaluator.unknown(policyId),
        targets: (policyId) => evaluator.targets(policyId),
        expressionError: (policyId) => evaluator.faults(policyId)?.expressionError,
        notLive: () => ingest.notLive(),
        shed: (policyId) => shedder.shed(policyId),
        staleness: (policyId, targets) => whyUnknown(policies.get(policyId)?.policy, targets, ingest),
        data: (policyId) => ({
          faults: evaluator.faults(policyId),
          stuck: [...evaluator.stuck(policyId)],
          starved: evaluator.starved(policyId),
        }),
        latencies,
      },
      settings: { rootNamespace, allowKubeSystem: options.allowKubeSystem, nodeLeases: options.nodeLeases },
      cluster: () => (isCurrent(cluster, clock.now()) ? view : undefined),
      revisions: () => (isCurrent(cluster, clock.now()) ? view : undefined),
      snapshot: () => kinds.snapshot(),
      namespaceState: (name) =>
        kinds.namespaces.hasSynced ? namespaceState(kinds.namespaces.store.get(name)) : undefined,
      fault,
    });
    cluster.pods.onEvent(({ object }) => this.#control.takePod(object.spec.nodeName));
    this.#election = new LeaderElection({
      api: breaker.pressing(counted),
      namespace: rootNamespace,
      name: leaseName,
      identity,
      clock,
      random,
      logger,
      onStartedLeading: () => {
        this.#speak();
        this.#control.resync();
        this.#feed.resync();
        this.#tracing?.resync();
      },
      onStoppedLeading: async () => {
        this.#tell(false);
        // While stopping, the Lease is given away only when nothing runs any more.
        if (this.#stopping) await this.#control.stop();
      },
    });
    policyMetrics(registry, { policies, evaluator, isLeader });
  }

  /** What /readyz asks: the kinds known, the cluster known, our own writes allowed, the stream read, somebody leading. */
  get checks(): readonly ReadinessCheck[] {
    return [
      ...this.#kinds.checks,
      ...clusterChecks(this.#cluster),
      { name: 'permissions', missing: () => this.#permissions.missing },
      this.#speaker.check,
      { name: 'stream', missing: () => this.#ingest.notLive() },
      { name: 'lease', missing: () => this.#withoutLeader() },
    ];
  }

  /** The port of /metrics, /healthz and /readyz, once started. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  /**
   * Listens, and begins to look at the cluster. Resolves once it listens; rejects when it cannot. What is absent (API
   * server, NATS, CRDs, permissions) is waited for, and /readyz says what it is.
   */
  async start(): Promise<void> {
    const { metricsPort: port, metricsAddress: address, namespace } = this.#options;
    this.#server = await serve({ port, address }, this.registry, this.checks, {
      '/sources': () =>
        sourcesPage(this.#ingest.sources, this.#ingest.nowMs, (key) => this.#evaluator.sourceFaults(key)),
    });
    this.#logger.info('listening', { port: this.#server.port, namespace });
    this.#kinds.start();
    for (const reflector of Object.values(this.#cluster)) reflector.start();
    void this.#permissions.run(this.#api, namespace, clock, this.#logger);
  }

  /** Begins to judge when all objects are known, and to seek leadership then. Resolves also when it is stopped before. */
  async run(): Promise<void> {
    try {
      await this.#kinds.synced();
      this.#kinds.namespaces.onEvent(({ object, old }) => this.#namespaceChanged(object, old));
      await this.#speaker.start();
      this.#control.start();
      await this.#ingest.start();
      if (!this.#stopping) this.#shedder.start();
    } catch (error) {
      if (this.#stopping) return;
      throw error;
    }
    if (!this.#stopping) this.#election.start();
  }

  /** Ends what runs, gives the Lease away, and closes everything; each gets the time that is set for it. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const ms = this.#options.stopMilliseconds;
    await atMost(ms, Promise.all([this.#election.stop(), this.#control.stop()]));
    this.#tell(false);
    this.#permissions.stop();
    this.#shedder.stop();
    await atMost(
      ms,
      Promise.all([
        this.#ingest.stop(),
        this.#events.stop(2000),
        this.#speaker.stop(),
        this.#feed.stop(),
        this.#history?.stop(),
        this.#tracing?.stop(),
      ]),
    );
    const watches = Object.values(this.#cluster).map((reflector) => reflector.stop());
    await atMost(ms, Promise.all([this.#kinds.stop(), this.#warnings.stop(), ...watches]));
    await atMost(ms, Promise.all([this.#broker.stop(), this.#server?.close()]));
  }

  /** The stream has been read up to now: what fires then has consequences. */
  #becameLive(): void {
    this.#hasBeenLive = true;
    this.#speak();
    this.#control.resync();
  }

  /** The leader tells what the API server says, once there is a stream to tell it to. */
  #speak(): void {
    if (!this.#hasBeenLive || !this.#election.isLeader()) return;
    this.#tell(true);
  }

  #tell(active: boolean): void {
    for (const told of this.#told) told.setActive(active);
  }

  /** Whom a policy with a namespace selector selects may have changed. */
  #namespaceChanged({ metadata }: KubeObject, old: KubeObject | undefined): void {
    if (this.#rematching || isDeepStrictEqual(metadata.labels, old?.metadata.labels)) return;
    this.#rematching = true;
    clock.after(rematchAfterMs, () => {
      this.#rematching = false;
      this.#policies.rematch();
    });
  }

  /** Standing by is ready; that nobody leads is not, for then nothing is done. */
  #withoutLeader(): string | undefined {
    if (this.#election.isLeader() || this.#election.holder !== undefined) return undefined;
    const { namespace, leaseName } = this.#options;
    return `nobody leads: Lease ${leaseName} cannot be had yet; if this lasts, create namespace ${namespace}, and grant create, get and update on leases there`;
  }
}

/** Waits for `work`, but not longer than `ms`; what fails while stopping is of no interest any more. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(ms, late.resolve);
  await Promise.race([work.catch(() => {}), late.promise]);
  cancel();
}
