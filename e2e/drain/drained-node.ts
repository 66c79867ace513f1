import { readFileSync } from 'node:fs';
import type { Remediation } from '../../crds/remediation.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import { findCondition } from '../../operator/kube/conditions.ts';
import * as resources from '../../operator/kube/resources.ts';
import { Witness } from '../chaos/witness.ts';
import type { Program } from '../product/process.ts';
import { installKinds, operatorReady, startOperator, type Site } from '../product/product.ts';
import { openSite } from '../product/site.ts';
import { Recorder, recordedKinds } from '../runner/recorder.ts';
import { SpokenAgents, type SpokenAgent } from '../runner/spoken-agent.ts';
import { patienceMs, until, type World } from '../runner/world.ts';

/** Load averages. */
const [healthy, loaded] = [1, 1000];
const namespace = 'e2e-drain';
/** Whoever is killed comes back under this name, and need not wait until the Lease has run out. */
const asBefore = ['--identity', 'e2e-drain'];

/** A real node with three pods, a policy and a plan by which it is drained, and an agent that says how the node is. */
export class DrainedNode {
  readonly site: Site;
  readonly node: string;
  readonly recorder: Recorder;
  /** What was seen since the pods ran. */
  witness: Witness;
  readonly #world: World;
  readonly #agents: SpokenAgents;
  readonly #agent: SpokenAgent;

  private constructor(site: Site, world: World, node: string, recorder: Recorder) {
    this.site = site;
    this.node = node;
    this.recorder = recorder;
    this.witness = new Witness(recorder, Date.now());
    this.#world = world;
    this.#agents = new SpokenAgents(site.natsUrl);
    this.#agent = this.#agents.add(node, 'system.cpu.load_average.1m', healthy);
  }

  /** Installs the kinds, the policy and the plan, and begins to speak for the node; no operator runs yet. */
  static async open(): Promise<DrainedNode> {
    const { site, world } = await openSite(process.env['HOMEOSTAT_CLUSTER'] ?? 'dev');
    const node = site.realNodes.at(-1);
    if (node === undefined) throw new Error('this test drains a real node: bring up a cluster that has one');
    if (site.fakeNodes.length === 0) throw new Error('the pods need another node: bring up the cluster with --fake 1');
    await installKinds(site);
    // The test itself speaks for the node.
    await site.kubectl(['delete', 'daemonset', 'homeostat-agent', '-n', site.rootNamespace, '--ignore-not-found']);
    // Just installed, a kind is refused for some moments.
    const served = () => Promise.all(recordedKinds.map((kind) => world.api.list(kind)));
    await until('the kinds to be served', patienceMs, served);
    const recorder = new Recorder(world.api);
    await recorder.start(recordedKinds);
    const drained = new DrainedNode(site, world, node, recorder);
    await drained.#apply('e2e/drain/policy.yaml', site.rootNamespace);
    const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await site.kubectl(['apply', '-f', '-'], JSON.stringify(manifest));
    return drained;
  }

  /** Ends what speaks and watches, and takes away policy, plan and pods. */
  async close(): Promise<void> {
    await this.#agents.stop();
    await this.recorder.stop();
    const { kubectl, rootNamespace } = this.site;
    await this.uncordon();
    const own = ['detectionpolicy/drain', 'remediationplan/drain'];
    await kubectl(['delete', ...own, '-n', rootNamespace, '--ignore-not-found', '--wait=false']);
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=30s']);
  }

  /**
   * Resolves when three pods run on the node, which their budget does not let go. What a test before has left does not
   * matter: the node takes pods again, and those that went elsewhere meanwhile come back.
   */
  async populate(): Promise<void> {
    await this.#apply('e2e/drain/workload.yaml', namespace);
    await this.uncordon();
    await this.#removePods(({ spec }) => spec?.nodeName !== this.node);
    const run = async () => (await this.podsHere()).length === 3 || undefined;
    await until('three pods to run on the node', patienceMs, run);
    await this.allow(0);
    this.witness = new Witness(this.recorder, Date.now());
  }

  /** Heals the node and forgets everything; each test begins anew, and does not wait for what an undo still waits for. */
  async clear(): Promise<void> {
    this.heal();
    const { kubectl, rootNamespace } = this.site;
    await until('every incident to be over', patienceMs, async () => {
      const { items } = await this.#world.api.list<Judged>(resources.Incident, { namespace: rootNamespace });
      return items.every(({ status }) => findCondition(status?.conditions, 'Resolved')?.status === 'True') || undefined;
    });
    // The guards remember what is on record.
    for (const name of this.witness.created('Remediation')) {
      await this.#patch(`remediation/${name}`, rootNamespace, { metadata: { finalizers: null } });
      await kubectl(['delete', 'remediation', name, '-n', rootNamespace, '--ignore-not-found']);
    }
    await this.uncordon();
    await this.#removePods(() => true);
  }

  /** Others come at once, on the node. */
  async #removePods(which: (pod: Pod) => boolean): Promise<void> {
    const { items } = await this.#world.api.list<Pod>(resources.Pod, { namespace, labelSelector: 'app=web' });
    const names = items.filter(which).map(({ metadata }) => metadata.name);
    if (names.length === 0) return;
    const now = ['--ignore-not-found', '--grace-period=0', '--force'];
    await this.site.kubectl(['delete', 'pods', '-n', namespace, ...now, ...names]);
  }

  /** Starts an operator; `crashAt` as HOMEOSTAT_CRASH_AT. */
  operator(crashAt?: string): Program {
    return startOperator(this.site, crashAt === undefined ? {} : { HOMEOSTAT_CRASH_AT: crashAt }, asBefore);
  }

  /** Resolves when the operator is ready. */
  operatorReady(): Promise<boolean> {
    return operatorReady(`http://127.0.0.1:${this.site.metricsPort}`);
  }

  /** The node says that it is loaded, and the policy fires. */
  load(): void {
    this.#agent.say(loaded);
  }

  /** The node says that it is well. */
  heal(): void {
    this.#agent.say(healthy);
  }

  uncordon(): Promise<string> {
    return this.site.kubectl(['uncordon', this.node]);
  }

  /** Lets so many pods be away at once; resolves when the budget has been counted. */
  async allow(maxUnavailable: number): Promise<void> {
    await this.#patch('pdb/web', namespace, { spec: { maxUnavailable } });
    await until('the budget to be counted', patienceMs, async () => {
      const budget = await this.#world.api.get<Budget>(resources.PodDisruptionBudget, { namespace, name: 'web' });
      const { observedGeneration, disruptionsAllowed } = budget.status ?? {};
      const isCounted = observedGeneration === budget.metadata.generation;
      return (isCounted && disruptionsAllowed === maxUnavailable) || undefined;
    });
  }

  /** Gives the drain so many seconds. */
  limit(timeoutSeconds: number): Promise<string> {
    const step = { name: 'drain', action: { drain: { gracePeriodSeconds: 1 } }, undo: { when: 'Recovered' } };
    return this.#patch('remediationplan/drain', this.site.rootNamespace, {
      spec: { steps: [{ ...step, timeoutSeconds }] },
    });
  }

  /** Names of the pods that run on the node. */
  async podsHere(): Promise<string[]> {
    const { items } = await this.#world.api.list<Pod>(resources.Pod, { namespace, labelSelector: 'app=web' });
    return items
      .filter(({ spec, status }) => spec?.nodeName === this.node && status?.phase === 'Running')
      .map(({ metadata }) => metadata.name);
  }

  /** The fewest pods that the Deployment had at any time since they ran. */
  leastAvailable(): number {
    const seen = this.recorder.observations.filter(
      ({ kind, atMs, object }) =>
        kind === 'Deployment' && object.metadata.name === 'web' && atMs >= this.witness.sinceMs,
    );
    return Math.min(...seen.map(({ object }) => (object as Deployment).status?.availableReplicas ?? 0));
  }

  #apply(file: string, where: string): Promise<string> {
    const manifest = readFileSync(file, 'utf8').replaceAll('$NODE', this.node);
    return this.site.kubectl(['apply', '-n', where, '-f', '-'], manifest);
  }

  #patch(what: string, where: string, body: object): Promise<string> {
    return this.site.kubectl(['patch', what, '-n', where, '--type=merge', '-p', JSON.stringify(body)]);
  }
}

/** The changes of the drain. */
export const changesOf = ({ status }: Remediation) => status?.steps?.[0]?.changes ?? [];

type Judged = KubeObject & { status?: Remediation['status'] };
type Pod = KubeObject & { spec?: { nodeName?: string }; status?: { phase?: string } };
type Deployment = KubeObject & { status?: { availableReplicas?: number } };
type Budget = KubeObject & { status?: { observedGeneration?: number; disruptionsAllowed?: number } };
