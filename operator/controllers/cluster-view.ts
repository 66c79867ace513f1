/** What the guards know of nodes and pods, from watches that ingest has anyway, kept so that no question costs a walk. */
import { isDeepStrictEqual } from 'node:util';
import { ChangeLog } from '../decide/change-log.ts';
import { isControlPlane } from '../decide/control-plane.ts';
import type { ClusterFacts, NodeFacts, OwnerFacts } from '../decide/decision.ts';
import { follow, type Reflectors } from '../ingest/reflectors.ts';
import { controllerOf, type NodeView, type PodView, type WorkloadView } from '../ingest/views.ts';
import type { Clock } from '../kube/clock.ts';
import { StableRevisions, type RevisionKey } from './revisions/stable-revisions.ts';

/** Of so many groups of nodes it is kept how many are healthy: of the plans that ask. */
const mostGroups = 64;

export class ClusterView implements ClusterFacts {
  readonly #reflectors: Reflectors;
  readonly #nodes = new Map<string, NodeFacts>();
  readonly #controlPlane = new Map<string, NodeFacts>();
  #healthy = 0;
  /** Of a group of nodes, by the group, the one that was asked for last at the end. */
  readonly #groups = new Map<ReadonlySet<string>, { total: number; healthy: number }>();
  readonly changes = new ChangeLog();
  /** The ReplicaSets of each Deployment. */
  readonly #replicaSets = new Map<string, Set<string>>();

  readonly #stable: StableRevisions;

  constructor(reflectors: Reflectors, clock: Clock) {
    this.#reflectors = reflectors;
    this.#stable = new StableRevisions(clock);
    follow(
      reflectors.nodes,
      (node) => this.#setNode(node),
      ({ metadata }) => this.#dropNode(metadata.name),
    );
    for (const pod of reflectors.pods.store.list()) this.#podChanged(undefined, pod);
    reflectors.pods.onEvent(({ type, object, old }) => this.#podChanged(old, type === 'DELETED' ? undefined : object));
    follow(
      reflectors.replicaSets,
      ({ metadata }) => enter(this.#replicaSets, controllerOf(metadata)?.uid, metadata.uid),
      ({ metadata }) => {
        leave(this.#replicaSets, controllerOf(metadata)?.uid, metadata.uid);
        this.#stable.forget(metadata.uid ?? '');
      },
    );
    for (const workloads of [reflectors.statefulSets, reflectors.daemonSets])
      workloads.onEvent(({ type, object }) => {
        if (type === 'DELETED') this.#stable.forget(object.metadata.uid ?? '');
      });
  }

  node(name: string): NodeFacts | undefined {
    return this.#nodes.get(name);
  }

  health(names?: ReadonlySet<string>): { readonly total: number; readonly healthy: number } {
    if (names === undefined) return { total: this.#nodes.size, healthy: this.#healthy };
    const counted = this.#groups.get(names) ?? this.#countAnew(names);
    this.#groups.delete(names);
    this.#groups.set(names, counted);
    for (const oldest of this.#groups.keys()) {
      if (this.#groups.size <= mostGroups) break;
      this.#groups.delete(oldest);
    }
    return counted;
  }

  #countAnew(names: ReadonlySet<string>): { total: number; healthy: number } {
    const nodes = [...names].flatMap((name) => this.#nodes.get(name) ?? []);
    return { total: nodes.length, healthy: nodes.filter(({ healthy }) => healthy).length };
  }

  controlPlane(): readonly NodeFacts[] {
    return [...this.#controlPlane.values()];
  }

  owner(uid: string): OwnerFacts | undefined {
    const replicaSet = this.#reflectors.replicaSets.store.byUid(uid)?.metadata;
    const metadata = replicaSet ?? this.#workload(uid)?.metadata;
    if (metadata === undefined) return undefined;
    const controller = controllerOf(metadata);
    // The labels of a ReplicaSet are not kept, and one of nobody may have labels of its own: it is read.
    if (replicaSet !== undefined && controller === undefined) return undefined;
    return { labels: metadata.labels ?? {}, controller };
  }

  workload(uid: string): { readonly total: number; readonly healthy: number } | undefined {
    const found = this.#workload(uid);
    if (found === undefined) return undefined;
    const controllers = [uid, ...(this.#replicaSets.get(uid) ?? [])];
    const healthy = controllers.reduce((sum, controller) => sum + this.#stable.ready(controller), 0);
    return { total: found.desired, healthy };
  }

  wasAvailable(controllerUid: string, hash: string): boolean {
    return this.#stable.has([controllerUid, hash]);
  }

  /** The revisions of a workload that were available; undefined when there is no such workload. */
  stableOf(uid: string): RevisionKey[] | undefined {
    if (this.#workload(uid) === undefined) return undefined;
    return [uid, ...(this.#replicaSets.get(uid) ?? [])].flatMap((controller) => this.#stable.of(controller));
  }

  /** Takes over what another process has seen. */
  restoreStable(key: RevisionKey): void {
    this.#stable.restore(key);
  }

  isPodHealthy(uid: string): boolean {
    const pod = this.#reflectors.pods.store.byUid(uid);
    return pod !== undefined && isAvailable(pod);
  }

  #workload(uid: string): WorkloadView | undefined {
    const { deployments, statefulSets, daemonSets } = this.#reflectors;
    const stores = [deployments, statefulSets, daemonSets];
    return stores.map(({ store }) => store.byUid(uid)).find((workload) => workload !== undefined);
  }

  #setNode({ metadata, spec, status }: NodeView): void {
    const { name, labels = {}, deletionTimestamp } = metadata;
    const isReady = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
    const healthy = isReady && spec.unschedulable !== true && deletionTimestamp === undefined;
    this.#put(name, { name, labels, healthy });
  }

  #dropNode(name: string): void {
    this.#put(name, undefined);
  }

  #put(name: string, node: NodeFacts | undefined): void {
    const before = this.#nodes.get(name);
    if (node === undefined) this.#nodes.delete(name);
    else this.#nodes.set(name, node);
    if (node !== undefined && isControlPlane(node)) this.#controlPlane.set(name, node);
    else this.#controlPlane.delete(name);
    const total = Number(node !== undefined) - Number(before !== undefined);
    const healthy = Number(node?.healthy === true) - Number(before?.healthy === true);
    if (total === 0 && healthy === 0) return;
    this.#healthy += healthy;
    for (const [names, counted] of this.#groups)
      if (names.has(name)) {
        counted.total += total;
        counted.healthy += healthy;
      }
    this.changes.note(name);
  }

  #podChanged(old: PodView | undefined, now: PodView | undefined): void {
    const [before, after] = [revisionOf(old), revisionOf(now)];
    if (isDeepStrictEqual(before, after)) return;
    if (after !== undefined) this.#stable.podReady(after);
    if (before !== undefined) this.#stable.podUnready(before);
  }
}

/** Those whose end is watched: what is known of their pods is forgotten then. Jobs, of which more and more come, are none. */
const watchedControllers = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet']);

/** Of which revision a pod is that counts as available; undefined: it is of no controller that is watched, or does not. */
function revisionOf(pod: PodView | undefined): RevisionKey | undefined {
  if (pod === undefined || !isAvailable(pod)) return undefined;
  const { metadata } = pod;
  const { apiVersion, kind = '', uid = '' } = controllerOf(metadata) ?? {};
  if (apiVersion !== 'apps/v1' || !watchedControllers.has(kind)) return undefined;
  return [uid, metadata.labels?.['controller-revision-hash'] ?? ''];
}

/** A pod that ends is none to count on any more, although it is still ready. */
const isAvailable = ({ metadata, status }: PodView): boolean =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

function enter(map: Map<string, Set<string>>, key: string | undefined, value: string | undefined): void {
  if (key === undefined || value === undefined) return;
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}

function leave(map: Map<string, Set<string>>, key: string | undefined, value: string | undefined): void {
  if (key === undefined || value === undefined) return;
  const known = map.get(key);
  known?.delete(value);
  if (known?.size === 0) map.delete(key);
}
