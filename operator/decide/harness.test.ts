/**
 * The shell around the step function as the tests need it: it executes decisions against any `KubeApi`, lets a test
 * interrupt it between any two of them, and plays the controllers of Kubernetes. No tests here.
 */
import type { Guardrail, GuardrailSpec } from '../../crds/guardrail.ts';
import type { Remediation, RemediationSpec, RemediationStatus } from '../../crds/remediation.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import { validate } from '../../crds/validate.ts';
import { readKey, type Answer, type Read } from '../actions/live.ts';
import { ApiError, type KubeApi } from '../kube/api.ts';
import { writeAll } from '../controllers/remediation/requests.ts';
import { Deployment, Node, Pod, Remediation as RemediationResource } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import {
  controllerReference,
  deployment,
  node,
  pod,
  type NodeFixture,
  type WorkloadFixture,
} from '../testing/fixtures.ts';
import { isControlPlane } from './control-plane.ts';
import type {
  ClusterFacts,
  Decision,
  EventNote,
  NodeFacts,
  Outcome,
  PlanFacts,
  PolicyVerdict,
  World,
} from './decision.ts';
import { next } from './remediation.ts';

/** The answer to one question. */
export async function ask(
  api: KubeApi,
  { resource, namespace, name, fieldSelector, labelSelector }: Read,
): Promise<Answer> {
  try {
    if (name === undefined)
      return { is: 'List', items: (await api.list(resource, { namespace, fieldSelector, labelSelector })).items };
    return { is: 'Found', object: await api.get(resource, { namespace, name }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return { is: 'Absent' };
    return { is: 'Unreadable', message: String(error) };
  }
}

/** What is known of a cluster of nodes. */
export function nodesOnly(nodes: () => NodeFixture[]): ClusterFacts {
  const facts = (): NodeFacts[] =>
    nodes().map(({ metadata: { name, labels = {} }, spec }) => ({
      name,
      labels,
      healthy: spec.unschedulable !== true,
    }));
  return {
    node: (name) => facts().find((node) => node.name === name),
    health(names) {
      const counted = facts().filter(({ name }) => names?.has(name) !== false);
      return { total: counted.length, healthy: counted.filter(({ healthy }) => healthy).length };
    },
    controlPlane: () => facts().filter(isControlPlane),
    workload: () => undefined,
    isPodHealthy: () => false,
    owner: () => undefined,
  };
}

/** Thrown by a test's `interrupt`: the process dies here. */
export class Crash extends Error {}

/** A cluster with node `node-1`, deployment `shop/web` (2 replicas) and its pod `shop/web-1`, and one replica of us. */
export class Shell {
  readonly clock = new FakeClock();
  readonly server = new ApiServer({ clock: this.clock });
  readonly events: EventNote[] = [];
  /** What was decided, in words. */
  readonly trace: string[] = [];
  verdict: PolicyVerdict = {
    state: 'Firing',
    sinceMs: this.clock.now(),
    lastSampleMs: this.clock.now(),
    staleAfterSeconds: 15,
  };
  /** When the Incident was over. */
  resolvedMs: number | undefined;
  /** Whether samples keep arriving. */
  samples = true;
  plan: PlanFacts | undefined = {
    spec: { mode: 'Enforce', guards: { maxConcurrent: 10, maxAttempts: 3, cooldownSeconds: 300 } },
    matchedTargets: 10,
  };
  guardrails: Guardrail[] | undefined = [];
  /** Every node there is, ready unless cordoned. */
  cluster: ClusterFacts = nodesOnly(() => this.server.all<NodeFixture>(Node));
  settings: World['settings'] = { rootNamespace: 'homeostat-system', allowKubeSystem: false };
  /** May throw `Crash`. */
  interrupt: (decision: Decision, when: 'before' | 'after') => void = () => {};
  /** What this replica sees of all Remediations; a lagging one sees less. */
  snapshot: () => readonly Remediation[] | undefined = () => this.server.all<Remediation>(RemediationResource);

  constructor() {
    this.server.seed(Node, node({ uid: 'uid-node-1' }));
    this.server.seed(Deployment, deployment({ uid: 'uid-web', generation: 1 }));
    this.server.seed(Pod, webPod());
  }

  create(steps: readonly PlanStep['action'][], more: Partial<RemediationSpec> = {}, name = 'fix-1'): Remediation {
    return this.server.seed(RemediationResource, remediation(steps, more, name));
  }

  get(name = 'fix-1', namespace = 'homeostat-system'): Remediation {
    const found = this.server.find<Remediation>(RemediationResource, { namespace, name });
    if (found === undefined) throw new Error(`${namespace}/${name} is gone`);
    return found;
  }

  judge(state: PolicyVerdict['state']): void {
    this.verdict = { ...this.verdict, state, sinceMs: this.clock.now() };
  }

  /** One reconcile; the time at which it wants to be called again. Undefined also after a crash or a lost race. */
  async reconcile(name = 'fix-1', namespace = 'homeostat-system'): Promise<number | undefined> {
    let remediation = this.server.find<Remediation>(RemediationResource, { namespace, name });
    let [live, fresh, outcome] = [new Map<string, Answer>(), false, undefined as Outcome | undefined];
    let leaseProblem: string | undefined;
    for (let turn = 0; remediation !== undefined && turn < 50; turn++) {
      const nowMs = this.clock.now();
      const lastSampleMs = this.samples ? nowMs : this.verdict.lastSampleMs;
      const decision = next(remediation, {
        nowMs,
        settings: this.settings,
        verdict: { ...this.verdict, lastSampleMs },
        resolvedMs: this.resolvedMs,
        plan: this.plan,
        guardrails: this.guardrails,
        cluster: this.cluster,
        remediations: this.snapshot(),
        live,
        fresh,
        outcome,
        leaseProblem,
      });
      this.trace.push(decision.do === 'Write' ? `${decision.do} ${decision.purpose} ${decision.step}` : decision.do);
      this.interrupt(decision, 'before');
      switch (decision.do) {
        case 'Read':
          for (const read of decision.reads) live.set(readKey(read), await ask(this.server, read));
          break;
        case 'Reload':
          [remediation, fresh] = [this.server.find<Remediation>(RemediationResource, { namespace, name }), true];
          break;
        case 'Save': {
          const saved = await this.#save(remediation, decision.status);
          if (saved === undefined) return this.clock.now();
          [remediation, fresh, outcome] = [saved, true, undefined];
          this.events.push(...decision.events);
          break;
        }
        case 'Write': {
          if (decision.ahead !== undefined) {
            const saved = await this.#save(remediation, decision.ahead);
            if (saved === undefined) return this.clock.now();
            remediation = saved;
          }
          const user = decision.serviceAccountName;
          const api = user === undefined ? this.server : this.server.as(user);
          outcome = await writeAll(api, decision.requests, decision.dryRun);
          live = new Map();
          break;
        }
        case 'Lease': {
          const written = await writeAll(this.server, [decision.request], false);
          leaseProblem = written.ok || written.status === 409 ? undefined : written.message;
          live.delete(readKey(decision.request));
          break;
        }
        case 'Release':
          await this.server.patch(
            RemediationResource,
            { namespace, name },
            { type: 'merge', body: { metadata: { finalizers: null } } },
          );
          return undefined;
        case 'Wait':
          return decision.requeueAtMs;
      }
      this.interrupt(decision, 'after');
    }
    if (remediation === undefined) return undefined;
    throw new Error(`no end: ${this.trace.slice(-20).join(', ')}`);
  }

  /** Reconciles again and again, with the waits asked for, until it waits for longer than `ms` in total. */
  async settle(name = 'fix-1', ms = 2000): Promise<void> {
    const endMs = this.clock.now() + ms;
    for (let turn = 0; turn < 100; turn++) {
      const before = this.server.find(RemediationResource, { namespace: 'homeostat-system', name })?.metadata
        .resourceVersion;
      const atMs = await this.reconcile(name);
      this.playControllers();
      const after = this.server.find(RemediationResource, { namespace: 'homeostat-system', name })?.metadata
        .resourceVersion;
      if (before !== after) continue;
      if (atMs === undefined || atMs > endMs) return;
      await this.clock.advance(Math.max(1, atMs - this.clock.now()));
    }
    throw new Error(`does not settle: ${this.trace.slice(-20).join(', ')}`);
  }

  /** What the deployment controller would do: it has noticed the number of replicas, and the pods are there. */
  playControllers(): void {
    for (const workload of this.server.all<WorkloadFixture>(Deployment)) {
      const { replicas } = workload.spec;
      const observedGeneration = workload.metadata.generation ?? 1;
      if (workload.status.replicas === replicas && workload.status.observedGeneration === observedGeneration) continue;
      const status = { ...workload.status, observedGeneration, replicas, readyReplicas: replicas };
      this.server.seed(Deployment, { ...workload, status });
    }
  }

  async #save(remediation: Remediation, status: RemediationStatus): Promise<Remediation | undefined> {
    const problems = validate('Remediation', { ...remediation, status });
    if (problems.length > 0) throw new Error(`not a status: ${JSON.stringify(problems)}`);
    try {
      const { metadata } = remediation;
      return await this.server
        .replace<Remediation>(RemediationResource, { ...remediation, status } as Remediation, {
          subresource: 'status',
          fieldManager: 'homeostat',
        })
        .then((saved) => ({ ...saved, metadata: { ...metadata, ...saved.metadata } }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return undefined;
      throw error;
    }
  }
}

/** Pod `shop/web-1` of deployment `web`. */
export const webPod = (name = 'web-1', uid = 'uid-web-1') =>
  pod({
    name,
    uid,
    creationTimestamp: '2025-12-31T00:00:00Z',
    ownerReferences: [controllerReference('apps/v1', 'ReplicaSet', 'web-6d4cf56db6', 'uid-rs')],
  });

/** The targets of the harness's cluster. */
export const targets = {
  node: { kind: 'Node', name: 'node-1', uid: 'uid-node-1' },
  pod: {
    kind: 'Pod',
    namespace: 'shop',
    name: 'web-1',
    uid: 'uid-web-1',
    node: 'node-1',
    workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' },
  },
  workload: {
    kind: 'Workload',
    namespace: 'shop',
    name: 'web',
    uid: 'uid-web',
    workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' },
  },
} as const satisfies Record<string, RemediationSpec['target']>;

/** A Remediation in mode Enforce of a node, unless said otherwise. */
export function remediation(
  steps: readonly PlanStep['action'][],
  more: Partial<RemediationSpec> = {},
  name = 'fix-1',
): Remediation {
  return {
    apiVersion: 'homeostat.dev/v1alpha1',
    kind: 'Remediation',
    metadata: { namespace: 'homeostat-system', name, generation: 1, finalizers: ['homeostat.dev/undo'] },
    spec: {
      planRef: { name: 'fix', uid: 'uid-fix', generation: 1 },
      incidentRef: { name: 'trouble-1', uid: 'uid-trouble-1' },
      target: targets.node,
      mode: 'Enforce',
      attempt: 1,
      steps: steps.map((action, index) => ({ name: `step-${index + 1}`, action, timeoutSeconds: 60 })),
      verify: { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' },
      ...more,
    },
  };
}

/** A Guardrail for everything. */
export const guardrail = (spec: GuardrailSpec, name = 'all', namespace = 'homeostat-system'): Guardrail => ({
  apiVersion: 'homeostat.dev/v1alpha1',
  kind: 'Guardrail',
  metadata: { name, namespace },
  spec,
});
