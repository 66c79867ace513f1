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
  nodeTarget,
  ownerOf,
  podIdentity,
  workloadReference,
  workloadTarget,
  type PodIdentity,
  type WorkloadReference,
} from './identity.ts';
import { controllerOf, type NodeView, type PodView, type ReplicaSetView, type WorkloadView } from './views.ts';

interface KnownPod {
  readonly view: PodView;
  readonly identity: PodIdentity;
  /** What the identity was made of besides the pod: `ReplicaSet/uid`, `Workload/uid`, `Node/name`. */
  readonly dependencies: readonly string[];
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
  readonly #dependents = new Sets<string>();
  /** Keys of sources by what their rows name: `Pod/uid`, `Workload/uid`, `Node/name`. */
  readonly #sources = new Sets<string>();
  readonly #rowsOf = new Map<string, ReadonlySet<string>>();
  readonly #touched = new Set<string>();

  /** A pod appeared or changed. */
  setPod(view: PodView): void {
    const { uid } = view.metadata;
    if (uid === undefined) return;
    const old = this.#pods.get(uid);
    const known = this.#known(view);
    this.#pods.set(uid, known);
    for (const dependency of old?.dependencies ?? []) this.#dependents.remove(dependency, uid);
    for (const dependency of known.dependencies) this.#dependents.add(dependency, uid);
    if (view.kubeletUid !== undefined) this.#staticPods.set(view.kubeletUid, uid);
    if (!isDeepStrictEqual(old?.identity, known.identity)) this.#touchPod(known.view);
  }

  deletePod(uid: string): void {
    const old = this.#pods.get(uid);
    if (old === undefined) return;
    for (const dependency of old.dependencies) this.#dependents.remove(dependency, uid);
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
    this.#again(`ReplicaSet/${uid}`);
  }

  deleteReplicaSet(uid: string): void {
    if (this.#replicaSets.delete(uid)) this.#again(`ReplicaSet/${uid}`);
  }

  setWorkload(view: WorkloadView): void {
    const { uid, namespace = '', labels = {} } = view.metadata;
    if (uid === undefined) return;
    const target = workloadTarget(namespace, workloadReference(view), labels);
    this.#set(this.#workloads, uid, target, `Workload/${uid}`);
  }

  deleteWorkload(uid: string): void {
    this.#set(this.#workloads, uid, undefined, `Workload/${uid}`);
  }

  setNode(view: NodeView): void {
    const { name } = view.metadata;
    this.#set(this.#nodes, name, nodeTarget(view), `Node/${name}`);
  }

  deleteNode(name: string): void {
    this.#set(this.#nodes, name, undefined, `Node/${name}`);
  }

  /** The identities of a keyframe's rows, as they are now. From now on changes of them touch the source. */
  bind(sourceKey: string, { source, rows }: Keyframe): (RowIdentity | undefined)[] {
    this.#name(sourceKey, new Set(rows.map(named)));
    return rows.map((row) => this.#identify(source, row));
  }

  /** The source has no rows any more. */
  release(sourceKey: string): void {
    this.#name(sourceKey, new Set());
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
    return scope === 'Pod' ? pod.identity.pod : pod.identity.containers.get(container ?? '');
  }

  #known(view: PodView): KnownPod {
    const owner = ownerOf(view);
    const dependencies: string[] = [];
    let workload: Target | undefined;
    if (owner !== undefined) {
      let top: WorkloadReference | undefined = owner;
      if (owner.kind === 'ReplicaSet') {
        dependencies.push(`ReplicaSet/${owner.uid}`);
        top = this.#replicaSets.get(owner.uid);
      }
      if (top !== undefined) {
        dependencies.push(`Workload/${top.uid}`);
        workload = this.#workloads.get(top.uid) ?? workloadTarget(view.metadata.namespace ?? '', top, {});
      }
    }
    const { nodeName } = view.spec;
    if (nodeName !== undefined) dependencies.push(`Node/${nodeName}`);
    const node = nodeName === undefined ? undefined : this.#nodes.get(nodeName);
    return { view, identity: podIdentity(view, workload, node), dependencies };
  }

  #set(targets: Map<string, Target>, id: string, target: Target | undefined, name: string): void {
    if (isDeepStrictEqual(targets.get(id), target)) return;
    if (target === undefined) targets.delete(id);
    else targets.set(id, target);
    this.#touch(name);
    this.#again(name);
  }

  /** Makes the identities of the pods that depend on something anew. */
  #again(dependency: string): void {
    // A copy: setPod removes and adds what is iterated over.
    for (const uid of Array.from(this.#dependents.of(dependency))) {
      const pod = this.#pods.get(uid);
      if (pod !== undefined) this.setPod(pod.view);
    }
  }

  #touchPod({ metadata, kubeletUid }: PodView): void {
    this.#touch(`Pod/${metadata.uid ?? ''}`);
    if (kubeletUid !== undefined) this.#touch(`Pod/${kubeletUid}`);
  }

  #touch(name: string): void {
    for (const key of this.#sources.of(name)) this.#touched.add(key);
  }

  #name(sourceKey: string, names: ReadonlySet<string>): void {
    const old = this.#rowsOf.get(sourceKey) ?? new Set();
    for (const name of old) if (!names.has(name)) this.#sources.remove(name, sourceKey);
    for (const name of names) if (!old.has(name)) this.#sources.add(name, sourceKey);
    this.#rowsOf.set(sourceKey, names);
    this.#touched.delete(sourceKey);
  }
}

const named = ({ scope, uid }: Row): string => (scope === 'Container' ? `Pod/${uid}` : `${scope}/${uid}`);

/** A set for each key; empty ones take no room. */
class Sets<T> {
  readonly #sets = new Map<string, Set<T>>();

  of(key: string): ReadonlySet<T> {
    return this.#sets.get(key) ?? new Set();
  }

  add(key: string, value: T): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  remove(key: string, value: T): void {
    const set = this.#sets.get(key);
    if (set?.delete(value) === true && set.size === 0) this.#sets.delete(key);
  }
}
