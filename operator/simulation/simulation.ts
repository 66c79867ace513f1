/**
 * One run: two replicas of the operator over one API server, a cluster around them, and everything of the scenario at its
 * time; then calm, everybody asks for everything to be taken back, and it is looked what is left. The first rule that is
 * broken ends it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Remediation } from '../../crds/remediation.ts';
import { definitionOf, type KindName } from '../../crds/kinds.ts';
import { valueAt } from '../actions/json.ts';
import { ApiError, type KubeObject, type Resource } from '../kube/api.ts';
import { Guardrail, HorizontalPodAutoscaler, Remediation as Remediations } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import type { Change } from '../testing/object-store.ts';
import { Cluster } from './cluster.ts';
import { completed, problemOfStatus, problemsOf } from './completed.ts';
import { wishedFields } from './field-changes.ts';
import { commitOf, History, managerIn } from './history.ts';
import { preconditionOf } from './precondition.ts';
import { Replica } from './replica.ts';
import type { Rule, RuleMaker, Violation } from './rule.ts';
import { rules as allRules } from './rules/registry.ts';
import type { Scenario } from './scenario.ts';
import { seedOwnObjects } from './own-objects.ts';
import { rootNamespace } from './slots.ts';
import { apply } from './steps.ts';
import { describeCommit, describeStep } from './trace.ts';
import { isTarget, subjectOf } from './targets.ts';
import { Verdicts } from './verdicts.ts';
import { VirtualTime } from './virtual-time.ts';

/** What came of a run. */
export interface Report {
  readonly violation: Violation | undefined;
  /** What happened, line by line, when it was asked for. */
  readonly trace: readonly string[];
  /** Writes of ours to targets, and Remediations: so that it can be seen whether the run was about anything. */
  readonly targetWrites: number;
  readonly remediations: number;
  readonly virtualMs: number;
}

export interface RunOptions {
  readonly rules?: readonly RuleMaker[];
  readonly traced?: boolean;
}

/** The longest time until everything must have been taken back. */
const restMs = 240_000;

/** So long nothing fails before it is looked whether everything that fires is followed; and at most, while it is not. */
const calmMs = 15_000;
const settledMs = 90_000;

/** More timers than this go off in no run that comes to rest. */
const mostMoments = 300_000;

type Broken = Pick<Violation, 'rule' | 'message'>;

/** Runs a scenario; the same scenario gives the same report. */
export const runScenario = (scenario: Scenario, options: RunOptions = {}): Promise<Report> =>
  new Simulation(scenario, options).run();

export class Simulation {
  readonly scenario: Scenario;
  readonly time = new VirtualTime();
  readonly history = new History();
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly verdicts: Verdicts;
  readonly replicas: Replica[] = [];
  readonly #rules: readonly Rule[];
  readonly #trace: string[] = [];
  readonly #traced: boolean;
  readonly #startMs = this.time.now();
  readonly #unreadable = new Set<string>();
  #lives = 0;
  #moments = 0;
  #isCalm = false;
  #targetWrites = 0;
  #violation: Violation | undefined;

  constructor(scenario: Scenario, { rules = allRules, traced = false }: RunOptions) {
    this.scenario = scenario;
    this.#rules = rules.map((make) => make());
    this.#traced = traced;
    this.server = new ApiServer({
      clock: this.time,
      onCommit: (change, request) => this.#committed(change, request),
      validate: (resource, object) => this.#validate(resource, object),
      // Whose the fields of our own objects are is asked by nobody here.
      tracksOwners: ({ group }) => group !== 'homeostat.dev',
      shared: true,
    });
    this.cluster = new Cluster(this.server, this.time, (slot) => this.verdicts.replaced(slot));
    this.cluster.populate();
    if (scenario.autoscaled) this.server.seed(HorizontalPodAutoscaler, autoscaler);
    const policies = seedOwnObjects(this.server, scenario);
    this.verdicts = new Verdicts(this.time, this.cluster, policies);
  }

  async run(): Promise<Report> {
    this.verdicts.begin();
    this.spawn(0);
    this.time.after(1500, () => this.spawn(1));
    for (const step of this.scenario.steps)
      this.time.after(step.atMs, () => {
        if (this.#traced) this.say(describeStep(step));
        apply(step, this);
      });
    await this.#until(this.#startMs + this.scenario.endMs);
    if (this.#violation === undefined) await this.#takeEverythingBack();
    for (const replica of this.replicas) replica.process.kill();
    return {
      violation: this.#violation,
      trace: this.#trace,
      targetWrites: this.#targetWrites,
      remediations: this.history.all.size,
      virtualMs: this.time.now() - this.#startMs,
    };
  }

  /** A new process of a replica. */
  spawn(index: number): void {
    const replica = new Replica(
      {
        time: this.time,
        seed: this.scenario.seed,
        server: this.server,
        verdicts: this.verdicts,
        nodeLeases: this.scenario.nodeLeases,
        onSend: (sender, request) => this.#sent(sender, request),
        onLog: (level, message, fields) => this.#ask((rule) => rule.log?.({ level, message, fields })),
        onKilled: (killed) => this.killed(killed, killed.restartMs),
      },
      index,
      ++this.#lives,
      this.replicas[index]?.process.skewMs ?? 0,
    );
    this.replicas[index] = replica;
    this.say(`${replica.origin} starts`);
    replica.start();
  }

  /** A process is dead; another one follows. */
  killed({ origin, index }: Replica, afterMs: number): void {
    this.say(`${origin} is killed`);
    this.time.after(this.#isCalm ? 0 : afterMs, () => {
      if (this.replicas[index]?.origin === origin) this.spawn(index);
    });
  }

  /** A line of the trace. */
  say(line: string): void {
    if (this.#traced) this.#trace.push(`${((this.time.now() - this.#startMs) / 1000).toFixed(3).padStart(8)}  ${line}`);
  }

  /** Lets time pass; ends at once when a rule is broken. */
  #until(ms: number): Promise<void> {
    return this.time.runUntil(ms, () => {
      if (++this.#moments > mostMoments) this.#violate('12 robust', 'the operator goes round in circles');
      return this.#violation !== undefined;
    });
  }

  /** Calm: nothing fails any more (but what can never be read), nothing is ill, and everything is to be taken back. */
  async #takeEverythingBack(): Promise<void> {
    const { paused, unreadable } = this.scenario.end;
    this.say('calm returns');
    this.#isCalm = true;
    for (const replica of this.replicas) {
      replica.wire.calm();
      replica.engine.stalledUntilMs = 0;
      if (replica.process.isAlive) replica.process.resume();
      else this.spawn(replica.index);
    }
    if (unreadable !== undefined) this.#unreadable.add(unreadable);
    this.server.faults = ({ verb, name, resource }) =>
      verb === 'get' && name !== undefined && this.#unreadable.has(name) && isTarget(resource, name)
        ? { kind: 'error', error: new ApiError('cannot be read', { status: 500, reason: 'InternalError' }) }
        : undefined;
    await this.#settle();
    this.verdicts.heal();
    if (paused) this.server.seed(Guardrail, completed('Guardrail', freeze).object);
    const endMs = this.time.now() + restMs;
    while (this.time.now() < endMs && this.#violation === undefined) {
      this.#wishForUndo();
      await this.#until(this.time.now() + 5000);
      if (this.time.now() > endMs - restMs + 15_000 && this.#atEnd() === undefined) return;
    }
    const broken = this.#atEnd();
    if (broken !== undefined) this.#violate(broken.rule, broken.message);
  }

  /** What failed before is tried again, after as long as the longest back-off: until then not everything is followed. */
  async #settle(): Promise<void> {
    const endMs = this.time.now() + settledMs;
    for (let unsettled: Broken | 'not asked' | undefined = 'not asked'; unsettled !== undefined;) {
      await this.#until(this.time.now() + calmMs);
      const leader = this.replicas.find(({ isLeader }) => isLeader);
      if (this.#violation !== undefined) return;
      unsettled = leader && this.#firstOf((rule) => rule.calm?.({ history: this.history, leader }));
      if (unsettled !== undefined && this.time.now() >= endMs) return this.#violate(unsettled.rule, unsettled.message);
    }
  }

  #wishForUndo(): void {
    for (const { metadata, spec } of this.history.remediations.values()) {
      if (spec.undoRequested !== undefined || metadata.deletionTimestamp !== undefined) continue;
      const body = { spec: { undoRequested: { by: 'alice', reason: 'the end' } } };
      const options = { fieldManager: 'kubectl-edit' };
      this.server.patch(Remediations, metadata, { type: 'merge', body }, options).catch(() => {});
    }
  }

  #atEnd(): Broken | undefined {
    return this.#firstOf((rule) => rule.end?.({ history: this.history, unreadable: this.#unreadable }));
  }

  #firstOf(question: (rule: Rule) => string | undefined): Broken | undefined {
    for (const rule of this.#rules) {
      const message = question(rule);
      if (message !== undefined) return { rule: rule.name, message };
    }
    return undefined;
  }

  #committed(change: Change, request: ApiRequest | undefined): void {
    const commit = commitOf(change, request, this.time.now());
    const { resource } = change;
    if (commit.origin !== undefined && isTarget(resource, change.object.metadata.name)) this.#targetWrites++;
    this.#ask((rule) => rule.commit?.(commit, this.history));
    if (this.#traced && resource.kind !== 'Lease') this.say(describeCommit(commit));
    this.history.note(commit);
    this.cluster.react(change);
  }

  #sent(replica: Replica, request: ApiRequest): void {
    const { resource, name = '', namespace } = request;
    const before = resource.kind === 'Remediation' ? this.server.peek(resource, { name, namespace }) : undefined;
    if (before !== undefined) this.#ownWrite(replica, request, before as Remediation);
    if (!isTarget(resource, name)) return;
    const object = this.server.peek(resource, { name, namespace });
    const stored = object?.metadata;
    const { uid = stored?.uid, resourceVersion = stored?.resourceVersion } = preconditionOf(request);
    // It is for another object of this name, or for one that is gone, and is refused: what is stored now it does not change.
    if (stored?.uid !== uid) return;
    const isOutdated = stored !== undefined && stored.resourceVersion !== resourceVersion;
    const subject = subjectOf(resource, name, object);
    const attributions = this.history
      .detailed(subject, wishedFields(request, object))
      .map((field) => this.history.attribute(subject, field, managerIn(request)))
      .filter((found) => found !== undefined);
    this.#ask((rule) => rule.targetWrite?.({ replica, request, object, isOutdated, attributions }, this.history));
  }

  #ownWrite(replica: Replica, request: ApiRequest, before: Remediation): void {
    const { patch, subresource } = request;
    if (patch?.type !== 'merge' || subresource !== 'status') return;
    const { status } = patch.body as Pick<Remediation, 'status'>;
    const after: Remediation = { ...before, status: { ...before.status, ...status } };
    this.#ask((rule) => rule.ownWrite?.({ replica, request, before, after }, this.history));
  }

  #validate(resource: Resource, object: KubeObject): void {
    const definition = definitionOf(resource.kind);
    if (definition === undefined) return;
    const stored = this.server.peek(resource, object.metadata);
    // As the API server does: what was stored already may stay as it is.
    const isOld = isDeepStrictEqual(valueAt(stored, '/spec'), valueAt(object, '/spec'));
    // The rules of a spec are asked when it changes; of a status, which is written all the time, only the structure is.
    const first = isOld
      ? problemOfStatus(definition, statusOf(object), statusOf(stored))
      : problemsOf(definition.kind as KindName, object, stored)[0];
    if (first === undefined) return;
    const why = `${first.path} ${first.message}`;
    const request = this.server.executing;
    if (request?.origin !== undefined) this.#ask((rule) => rule.refused?.(request, why));
    throw new ApiError(why, { status: 422, reason: 'Invalid' });
  }

  #ask(question: (rule: Rule) => string | undefined): void {
    const broken = this.#firstOf(question);
    if (broken !== undefined) this.#violate(broken.rule, broken.message);
  }

  #violate(rule: string, message: string): void {
    if (this.#violation !== undefined) return;
    this.#violation = { rule, message, atMs: this.time.now() - this.#startMs };
    this.say(`BROKEN: ${rule}: ${message}`);
  }
}

const statusOf = (object: (KubeObject & { status?: object }) | undefined) => ({ ...object?.status });

const freeze = {
  apiVersion: 'homeostat.dev/v1alpha1',
  kind: 'Guardrail',
  metadata: { name: 'freeze', namespace: rootNamespace },
  spec: { paused: [{ reason: 'freeze', by: 'alice' }], maxMode: 'Observe', maxConcurrent: 1 },
};

const autoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 10 },
};
