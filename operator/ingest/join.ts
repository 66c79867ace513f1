/**
 * Says whom the rows of a keyframe concern. An agent sees a pod's cgroup often before the API server shows the pod, and
 * knows only its UID: such a row is bound later. So this remembers which source has rows of which object, and answers
 * which sources must be bound again after an object has changed; a change that does not touch any identity (a status,
 * mostly) touches no source.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RowIdentity, Target } from '../../engine/evaluate/target.ts';
import type { Keyframe, Row, SourceId } from '../../engine/frame/types.ts';
import {
  containerNamed,
  nodeTarget,
  ownerOf,
  podIdentity,
  rowNamesOf,
  workloadReference,
  workloadTarget,
  type PodIdentity,
  type WorkloadReference,
} from './identity.ts';
import { controllerOf, type NodeView, type PodView, type ReplicaSetView, type WorkloadView } from './views.ts';

interface KnownPod {
  readonly view: PodView;
  readonly identity: PodIdentity;
}

export class Join {
  readonly #pods = new Map<string, KnownPod>();
  /** UIDs of static pods by the UID that the kubelet gave them. */
  readonly #staticPods = new Map<string, string>();
  /** By UID: the controller of each ReplicaSet, or itself when it has none. */
  readonly #replicaSets = new Map<string, WorkloadReference>();
  readonly #workloads = new Map<string, Target>();
  readonly #nodes = new Map<string, Target>();
  /** UIDs of pods by what their identity depends on. */
  readonly #dependents = { replicaSet: new Sets(), workload: new Sets(), node: new Sets() };
  /** Keys of sources by what their rows name: UIDs, but for nodes, which have a name. */
  readonly #sources = { Pod: new Sets(), Workload: new Sets(), Node: new Sets() };
  readonly #rowsOf = new Map<string, readonly Row[]>();
  readonly #touched = new Set<string>();

  /** A pod appeared or changed. */
  setPod(view: PodView): void {
    const { uid } = view.metadata;
    if (uid === undefined) return;
    const old = this.#pods.get(uid);
    const identity = this.#identityOf(view);
    const isSame = old !== undefined && isDeepStrictEqual(old.identity, identity);
    // What is bound already is not kept twice.
    const known = { view, identity: isSame ? old.identity : identity };
    this.#pods.set(uid, known);
    for (const what of dependedOn) {
      const [before, now] = [old && dependencies[what](old), dependencies[what](known)];
      if (before === now) continue;
      if (before !== undefined) this.#dependents[what].remove(before, uid);
      if (now !== undefined) this.#dependents[what].add(now, uid);
    }
    if (view.kubeletUid !== undefined) this.#staticPods.set(view.kubeletUid, uid);
    if (!isSame || !isDeepStrictEqual(rowNamesOf(old.view), rowNamesOf(view))) this.#touchPod(view);
  }

  deletePod(uid: string): void {
    const old = this.#pods.get(uid);
    if (old === undefined) return;
    for (const what of dependedOn) this.#dependents[what].remove(dependencies[what](old) ?? '', uid);
    this.#pods.delete(uid);
    if (old.view.kubeletUid !== undefined && this.#staticPods.get(old.view.kubeletUid) === uid)
      this.#staticPods.delete(old.view.kubeletUid);
    this.#touchPod(old.view);
  }

  setReplicaSet({ metadata }: ReplicaSetView): void {
    const { uid, name } = metadata;
    if (uid === undefined) return;
    const owner = controllerOf(metadata);
    const workload = owner ?? { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid };
    const reference = { apiVersion: workload.apiVersion, kind: workload.kind, name: workload.name, uid: workload.uid };
    if (isDeepStrictEqual(this.#replicaSets.get(uid), reference)) return;
    this.#replicaSets.set(uid, reference);
    this.#again('replicaSet', uid);
  }

  deleteReplicaSet(uid: string): void {
    if (this.#replicaSets.delete(uid)) this.#again('replicaSet', uid);
  }

  setWorkload(view: WorkloadView): void {
    const { uid, namespace = '', labels = {} } = view.metadata;
    if (uid === undefined) return;
    const target = workloadTarget(namespace, workloadReference(view), labels);
    this.#setTarget('Workload', uid, target);
  }

  deleteWorkload(uid: string): void {
    this.#setTarget('Workload', uid, undefined);
  }

  setNode(view: NodeView): void {
    const { name } = view.metadata;
    this.#setTarget('Node', name, nodeTarget(view));
  }

  deleteNode(name: string): void {
    this.#setTarget('Node', name, undefined);
  }

  /** The identities of a keyframe's rows, as they are now. From now on changes of them touch the source. */
  bind(sourceKey: string, { source, rows }: Keyframe): (RowIdentity | undefined)[] {
    this.#name(sourceKey, rows);
    return rows.map((row) => this.#identify(source, row));
  }

  /** The source has no rows any more. */
  release(sourceKey: string): void {
    this.#name(sourceKey, []);
    this.#rowsOf.delete(sourceKey);
  }

  /** The sources whose identities have changed since they were bound, or since this was asked. */
  takeTouched(): string[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  get hasTouched(): boolean {
    return this.#touched.size > 0;
  }

  /** Nobody but the agent of a pod's own node may speak of it. */
  #identify({ producer, node }: SourceId, { scope, uid, container }: Row): RowIdentity | undefined {
    if (scope === 'Node') {
      const target = uid === node ? this.#nodes.get(uid) : undefined;
      return target && { Node: target };
    }
    if (scope === 'Workload') {
      const target = this.#workloads.get(uid);
      return target && { Workload: target };
    }
    const pod = this.#pods.get(uid) ?? this.#pods.get(this.#staticPods.get(uid) ?? '');
    if (pod === undefined || (producer === 'agent' && pod.view.spec.nodeName !== node)) return undefined;
    if (scope === 'Pod') return pod.identity.pod;
    return containerNamed(pod.view, pod.identity, container ?? '');
  }

  #identityOf(view: PodView): PodIdentity {
    const owner = ownerOf(view);
    const top = owner?.kind === 'ReplicaSet' ? this.#replicaSets.get(owner.uid) : owner;
    const workload = top && (this.#workloads.get(top.uid) ?? workloadTarget(view.metadata.namespace ?? '', top, {}));
    const { nodeName } = view.spec;
    const node = nodeName === undefined ? undefined : this.#nodes.get(nodeName);
    return podIdentity(view, workload, node);
  }

  #setTarget(kind: 'Workload' | 'Node', id: string, target: Target | undefined): void {
    const targets = kind === 'Node' ? this.#nodes : this.#workloads;
    if (isDeepStrictEqual(targets.get(id), target)) return;
    if (target === undefined) targets.delete(id);
    else targets.set(id, target);
    this.#touch(kind, id);
    this.#again(kind === 'Node' ? 'node' : 'workload', id);
  }

  /** Makes the identities of the pods that depend on something anew. */
  #again(what: Dependency, id: string): void {
    // A copy: setPod removes and adds what is iterated over.
    for (const uid of Array.from(this.#dependents[what].of(id))) {
      const pod = this.#pods.get(uid);
      if (pod !== undefined) this.setPod(pod.view);
    }
  }

  #touchPod({ metadata, kubeletUid }: PodView): void {
    this.#touch('Pod', metadata.uid ?? '');
    if (kubeletUid !== undefined) this.#touch('Pod', kubeletUid);
  }

  #touch(kind: 'Pod' | 'Workload' | 'Node', id: string): void {
    for (const key of this.#sources[kind].of(id)) this.#touched.add(key);
  }

  #name(sourceKey: string, rows: readonly Row[]): void {
    const old = this.#rowsOf.get(sourceKey) ?? [];
    const names = new Set(rows.map(({ uid }) => uid));
    for (const row of old) if (!names.has(row.uid)) this.#sources[namedBy(row)].remove(row.uid, sourceKey);
    for (const row of rows) this.#sources[namedBy(row)].add(row.uid, sourceKey);
    this.#rowsOf.set(sourceKey, rows);
    this.#touched.delete(sourceKey);
  }
}

const dependedOn = ['replicaSet', 'workload', 'node'] as const;
type Dependency = (typeof dependedOn)[number];

/** What the identity of a pod was made of besides the pod: UIDs, but for the node, which has a name. */
const dependencies: Record<Dependency, (pod: KnownPod) => string | undefined> = {
  replicaSet({ view }) {
    const owner = ownerOf(view);
    return owner?.kind === 'ReplicaSet' ? owner.uid : undefined;
  },
  workload: ({ identity }) => identity.pod.Workload?.uid,
  node: ({ view }) => view.spec.nodeName,
};

const namedBy = ({ scope }: Row): 'Pod' | 'Workload' | 'Node' => (scope === 'Container' ? 'Pod' : scope);

/** A set of texts for each key. Empty ones take no room, and few of them little: most have one or two. */
class Sets {
  readonly #sets = new Map<string, string | string[] | Set<string>>();

  of(key: string): Iterable<string> {
    const set = this.#sets.get(key) ?? [];
    return typeof set === 'string' ? [set] : set;
  }

  add(key: string, value: string): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, value);
    else if (typeof set === 'string') {
      if (set !== value) this.#sets.set(key, [set, value]);
    } else if (set instanceof Set) set.add(value);
    else if (set.includes(value)) return;
    else if (set.length < mostListed) set.push(value);
    else this.#sets.set(key, new Set([...set, value]));
  }

  remove(key: string, value: string): void {
    const set = this.#sets.get(key);
    if (set === value) this.#sets.delete(key);
    else if (set instanceof Set) {
      if (set.delete(value) && set.size === 0) this.#sets.delete(key);
    } else if (Array.isArray(set) && set.includes(value)) {
      const left = set.filter((each) => each !== value);
      if (left.length === 0) this.#sets.delete(key);
      else this.#sets.set(key, left);
    }
  }
}

const mostListed = 8;
