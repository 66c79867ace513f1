/**
 * A cluster in memory with operators on it, for the tests of all controllers. Time is the test's, verdicts are what the
 * test says, everything else is real: reflectors, queues, records, step function, and every write of ours is held to the
 * schema of its kind. No tests here.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DetectionPolicy, DetectionPolicySpec } from '../../crds/detection-policy.ts';
import type { Guardrail, GuardrailSpec } from '../../crds/guardrail.ts';
import type { Incident } from '../../crds/incident.ts';
import { definitionOf, type KindName } from '../../crds/kinds.ts';
import type { RemediationPlan, RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { complete } from '../../crds/validate.ts';
import type { Target } from '../../engine/evaluate/target.ts';
import {
  flawless,
  type Verdict,
  type VerdictChange,
  type VerdictState,
  type Wanted,
} from '../../engine/evaluate/verdict.ts';
import type { ClusterFacts } from '../decide/decision.ts';
import { nodesOnly } from '../decide/harness.test.ts';
import type { Shed } from '../ingest/pressure/shedder.ts';
import { ApiError, type KubeApi, type KubeObject, type Resource } from '../kube/api.ts';
import { findCondition } from '../kube/conditions.ts';
import * as resources from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { node, pod, type NodeFixture } from '../testing/fixtures.ts';
import { nobody, parseOutsiders, type Outsiders } from '../notify/file.ts';
import type { Message } from '../notify/notifier.ts';
import type { Delivery } from '../notify/post.ts';
import { Operator, rootNamespace } from './process.test.ts';
import type { PolicyData } from './detection-policy/status.ts';
import type { UsualSource } from './incident/usual.ts';
import type { FaultPoint } from './remediation/controller.ts';
import { targetKey } from './targets.ts';

export { rootNamespace };

/** A node that fires. */
export const nodeTarget = (name = 'node-1'): Target => ({
  kind: 'Node',
  key: `Node/uid-${name}`,
  uid: `uid-${name}`,
  namespace: '',
  name,
  node: name,
  labels: { 'kubernetes.io/hostname': name },
});

/** A pod of deployment `shop/web` that fires. */
export const podTarget = (name = 'web-1'): Target => ({
  kind: 'Pod',
  key: `Pod/uid-${name}`,
  uid: `uid-${name}`,
  namespace: 'shop',
  name,
  node: 'node-1',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' },
  labels: { app: 'web' },
});

/** Thrown into an operator that is dead: nothing it asks is done. */
const dead = (): ApiError => new ApiError('the process is gone', { status: 0, reason: 'Unreachable' });

export class Cluster {
  readonly clock = new FakeClock();
  readonly server = new ApiServer({
    clock: this.clock,
    validate: (resource, object) => this.#validate(resource, object),
  });
  /** What the watches tell of nodes; nothing of workloads. */
  readonly facts: ClusterFacts = {
    ...nodesOnly(() => this.server.all<NodeFixture>(resources.Node)),
    node: (name) => {
      const found = this.server.peek(resources.Node, { name }) as NodeFixture | undefined;
      return found && { name, labels: found.metadata.labels ?? {}, healthy: found.spec.unschedulable !== true };
    },
  };
  expressionError: string | undefined;
  /** What is wrong with the samples of every policy. */
  data: PolicyData | undefined;
  /** By the UID of the policy. */
  readonly shed = new Map<string, Shed>();
  /** Whether samples of everything arrive. */
  samples = true;
  /** Who knows what is usual; for operators that start after it was set. */
  usual: UsualSource | undefined;
  operator: Operator;
  readonly #verdicts = new Map<string, Map<string, Verdict>>();
  /** The notifiers file, as `configure` has set it. */
  readonly notifiers = new TestFile();
  /** What was sent to notifiers, and how that was counted. */
  readonly sent: Message[] = [];
  readonly told: string[] = [];
  /** What a notifier answers. */
  answer: (message: Message) => Delivery = () => ({ is: 'Accepted', answer: 'ok' });
  /** Problems of writes of ours; a test that ends with one has failed. */
  readonly refused: string[] = [];
  /** Kinds whose watches stand still: what happens is told by none that is open, however long it is. */
  readonly stalled = new Set<string>();
  /** Asked before each write of an operator; true kills it before, and 'after' after it was made. */
  crash: (write: { verb: string; kind: string; subresource?: string | undefined }) => boolean | 'after' = () => false;

  constructor() {
    this.server.seed(resources.Node, node({ name: 'node-1', uid: 'uid-node-1' }));
    this.server.seed(resources.Node, node({ name: 'node-2', uid: 'uid-node-2' }));
    this.server.seed(resources.Pod, pod({ name: 'web-1', uid: 'uid-web-1' }));
    this.operator = new Operator(this);
  }

  /** The API as one operator has it: gone once that is dead. */
  clientOf(isAlive: () => boolean, api: KubeApi = this.server): KubeApi {
    const guarded = async <T>(
      verb: string,
      resource: Resource,
      ask: () => Promise<T>,
      subresource?: string,
    ): Promise<T> => {
      if (!isAlive()) throw dead();
      const crash = verb !== 'read' && this.crash({ verb, kind: resource.kind, subresource });
      if (crash === true) this.operator.isAlive = false;
      if (crash === true) throw dead();
      const answer = await ask();
      if (crash === 'after') this.operator.isAlive = false;
      if (crash === 'after' || !isAlive()) throw dead();
      return answer;
    };
    return {
      get: (resource, ...more) => guarded('read', resource, () => api.get(resource, ...more)),
      list: (resource, ...more) => guarded('read', resource, () => api.list(resource, ...more)),
      watch: (resource, ...more) => this.#unlessStalled(resource, api.watch(resource, ...more)),
      create: (resource, ...more) => guarded('create', resource, () => api.create(resource, ...more)),
      replace: (resource, ...more) => guarded('replace', resource, () => api.replace(resource, ...more)),
      patch: (resource, name, patch, options) =>
        guarded('patch', resource, () => api.patch(resource, name, patch, options), options?.subresource),
      delete: (resource, ...more) => guarded('delete', resource, () => api.delete(resource, ...more)),
      as: (user) => this.clientOf(isAlive, api.as(user)),
    };
  }

  async *#unlessStalled<T>(resource: Resource, events: AsyncIterable<T>): AsyncIterable<T> {
    for await (const event of events) if (!this.stalled.has(resource.kind)) yield event;
  }

  async start(): Promise<this> {
    const started = this.operator.start();
    await this.clock.advance(0);
    await started;
    await this.settle();
    return this;
  }

  /** A new process instead of the present one, which may be dead already. */
  async restart(fault?: (point: FaultPoint) => void): Promise<void> {
    await this.operator.die();
    this.crash = () => false;
    this.operator = new Operator(this, fault);
    await this.start();
  }

  /** Lets everything happen that needs no time to speak of. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await this.clock.advance(5);
  }

  async seconds(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000);
    await this.settle();
  }

  policy(spec: Partial<DetectionPolicySpec> = {}, name = 'hung', namespace = rootNamespace): DetectionPolicy {
    const object = {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'DetectionPolicy',
      metadata: { name, namespace },
      spec: {
        target: { kind: 'Node' },
        signals: [
          {
            name: 'silent',
            metric: 'k8s.node.kubelet.probe.failures',
            detect: { threshold: { above: '2' } },
          },
        ],
        routes: [{ to: 'Remediate', plan: 'fence' }],
        ...spec,
      },
    };
    return this.#seed(resources.DetectionPolicy, object as unknown as DetectionPolicy);
  }

  plan(spec: Partial<RemediationPlanSpec> = {}, name = 'fence', namespace = rootNamespace): RemediationPlan {
    const object = {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'RemediationPlan',
      metadata: { name, namespace },
      spec: {
        mode: 'Enforce',
        steps: [{ name: 'cordon', action: { cordon: {} }, undo: { when: 'Recovered' } }],
        verify: { stabilizationSeconds: 10, timeoutSeconds: 60, onFailure: 'Undo' },
        ...spec,
      },
    };
    return this.#seed(resources.RemediationPlan, object as unknown as RemediationPlan);
  }

  guardrail(spec: GuardrailSpec, name = 'limits'): Guardrail {
    const metadata = { name, namespace: rootNamespace };
    return this.#seed(resources.Guardrail, {
      apiVersion: 'homeostat.dev/v1alpha1',
      kind: 'Guardrail',
      metadata,
      spec,
    } as unknown as Guardrail);
  }

  async deliver(message: Message): Promise<Delivery> {
    this.sent.push(message);
    return this.answer(message);
  }

  /** Changes a stored object as a person would. */
  async edit(
    resource: Resource,
    name: string,
    body: object,
    namespace: string | undefined = rootNamespace,
  ): Promise<void> {
    await this.server.patch(resource, { namespace, name }, { type: 'merge', body }, { fieldManager: 'kubectl-edit' });
    await this.settle();
  }

  async remove(resource: Resource, name: string, namespace: string | undefined = rootNamespace): Promise<void> {
    await this.server.delete(resource, { namespace, name });
    await this.settle();
  }

  /** The engine says how a policy judges a target from now on. */
  async judged(policy: KubeObject, target: Target, state: VerdictState, episode: Partial<Verdict> = {}): Promise<void> {
    this.setVerdict(policy, target, state, episode);
    await this.settle();
  }

  /** The same, without waiting for what follows. */
  setVerdict(policy: KubeObject, target: Target, state: VerdictState, episode: Partial<Verdict> = {}): void {
    const nowMs = this.clock.now();
    const policyId = policy.metadata.uid ?? '';
    const of = this.#verdicts.get(policyId) ?? new Map<string, Verdict>();
    const before = of.get(targetKey(target));
    const isEpisode = state !== 'Inactive' && state !== 'Unknown';
    const verdict: Verdict = {
      policyId,
      revision: '1',
      target,
      state,
      sinceMs: nowMs,
      firstSampleMs: isEpisode
        ? Number.isFinite(before?.firstSampleMs)
          ? (before?.firstSampleMs ?? nowMs)
          : nowMs - 400
        : NaN,
      lastSampleMs: nowMs,
      confidence: isEpisode ? 1 : 0,
      evidence: [
        {
          signal: 'silent',
          metric: 'k8s.node.kubelet.probe.failures',
          aggregate: 'Last',
          windowSeconds: 0,
          value: isEpisode ? 3 : 0,
          threshold: '> 2',
          finding: '',
          firing: isEpisode,
          confidence: isEpisode ? 1 : 0,
          sinceMs: nowMs,
          samples: 1,
          quality: flawless,
          source: 'agent/node-1',
          fromSequence: 4,
          toSequence: 4,
        },
      ],
      ...episode,
    };
    of.set(targetKey(target), verdict);
    this.#verdicts.set(policyId, of);
    this.#tell({ verdict, from: before?.state ?? 'Inactive', atMs: nowMs, cause: 'Judged' });
  }

  /** The policy is judged again, and an inactive target found as it was left, which nobody is told. */
  judgedAgain(policy: DetectionPolicy, target: Target): void {
    const of = this.#verdicts.get(policy.metadata.uid ?? '');
    const verdict = of?.get(targetKey(target));
    if (verdict === undefined) throw new Error('never judged');
    of?.set(targetKey(target), { ...verdict, sinceMs: this.clock.now(), lastSampleMs: this.clock.now() });
    this.shed.delete(policy.metadata.uid ?? '');
    this.operator.control.takeShedding(policy);
  }

  /** No source speaks of the target any more. */
  async gone(policy: KubeObject, target: Target): Promise<void> {
    const of = this.#verdicts.get(policy.metadata.uid ?? '');
    const verdict = of?.get(targetKey(target));
    if (verdict === undefined) throw new Error('never judged');
    of?.delete(targetKey(target));
    this.#tell({ verdict, from: verdict.state, atMs: this.clock.now(), cause: 'TargetGone' });
    await this.settle();
  }

  verdict(policyId: string, key: string): Verdict | undefined {
    const verdict = this.#verdicts.get(policyId)?.get(key);
    if (verdict !== undefined && this.shed.has(policyId)) return { ...verdict, state: 'Unknown' };
    return verdict && (this.samples ? { ...verdict, lastSampleMs: this.clock.now() } : verdict);
  }

  verdicts(policyId: string, wanted: Wanted = () => true): Verdict[] {
    return [...(this.#verdicts.get(policyId)?.keys() ?? [])]
      .flatMap((key) => this.verdict(policyId, key) ?? [])
      .filter(({ target, state }) => wanted(target, state));
  }

  counts(policyId: string): Record<VerdictState, number> {
    const counts = { Inactive: 0, Pending: 0, Firing: 0, Clearing: 0, Unknown: 0 };
    for (const { state } of this.verdicts(policyId)) counts[state]++;
    return counts;
  }

  forgetPolicy(policyId: string): void {
    this.#verdicts.delete(policyId);
  }

  exists(name: string): boolean {
    const all = [...this.server.all(resources.Node), ...this.server.all(resources.Pod)];
    return all.some(({ metadata }) => metadata.name === name);
  }

  get incidents(): Incident[] {
    return this.server.all<Incident>(resources.Incident);
  }

  get remediations(): Remediation[] {
    return this.server.all<Remediation>(resources.Remediation);
  }

  /** The only one there is. */
  get incident(): Incident {
    return only(this.incidents);
  }

  get remediation(): Remediation {
    return only(this.remediations);
  }

  isCordoned(name = 'node-1'): boolean {
    return this.server.find<NodeFixture>(resources.Node, { name })?.spec.unschedulable === true;
  }

  /** Writes to targets, dry runs not counted. */
  get targetWrites(): string[] {
    return this.server.writes
      .filter(({ resource }) => resource.kind === 'Node' || resource.kind === 'Pod')
      .map(({ verb, resource, name }) => `${verb} ${resource.kind} ${name}`);
  }

  /** Reasons of the events on a kind of object, in order. */
  eventsOn(kind: string): string[] {
    return this.operator.events.filter(({ regarding }) => regarding.kind === kind).map(({ reason }) => reason);
  }

  #tell(change: VerdictChange): void {
    this.operator.control.takeVerdict(change);
  }

  #seed<T extends KubeObject>(resource: Resource, object: T): T {
    return this.server.seed(resource, complete(resource.kind as KindName, object).object);
  }

  #validate(resource: Resource, object: KubeObject): void {
    if (definitionOf(resource.kind) === undefined) return;
    const stored = this.server.find<KubeObject & { spec: unknown }>(resource, object.metadata);
    // As the API server does: what was stored already may stay as it is.
    const isOld = isDeepStrictEqual(stored?.spec, (object as KubeObject & { spec?: unknown }).spec);
    const { problems } = complete(resource.kind as KindName, object);
    const first = problems.find(({ path }) => !isOld || path.startsWith('status'));
    if (first === undefined) return;
    this.refused.push(`${resource.kind} ${first.path} ${first.message}`);
    throw new ApiError(`${first.path} ${first.message}`, { status: 422, reason: 'Invalid' });
  }
}

/** A notifiers file in memory. */
class TestFile {
  current: Outsiders = nobody;
  problem: string | undefined;
  readonly #listeners: (() => void)[] = [];

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  configure(text: string): void {
    const found = parseOutsiders(text);
    this.problem = 'problem' in found ? found.problem : undefined;
    if (!('problem' in found)) this.current = found;
    for (const listener of this.#listeners) listener();
  }
}

function only<T>(all: readonly T[]): T {
  const [first] = all;
  if (first === undefined || all.length > 1) throw new Error(`there are ${all.length}, not one`);
  return first;
}

/** `True Recovered`, or undefined when there is no such condition. */
export const condition = (
  object: { status?: { conditions?: Parameters<typeof findCondition>[0] & object } } | undefined,
  type: string,
): string | undefined => {
  const found = findCondition(object?.status?.conditions, type);
  return found && `${found.status} ${found.reason}`;
};
