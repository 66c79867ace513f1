/**
 * Says whom the rows of a keyframe concern. An agent sees a pod's cgroup often before the API server shows the pod, and
 * knows only its UID: such a row is bound later. So this remembers which source has rows of which object, and answers
 * which sources must be bound again after an object has changed; a change that does not touch any identity (a status,
 * mostly) touches no source.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RowIdentity, Target } from '../../engine/evaluate/target.ts';
import type { Keyframe, Row, SourceId } from '../../engine/frame/types.ts';
import { hashOf, Keyed } from '../../engine/keyed/keyed.ts';
import {
  nodeTarget,
  ownerOf,
  rowNamesOf,
  workloadReference,
  workloadTarget,
  type WorkloadReference,
} from './identity.ts';
import { PodTarget } from './pod-target.ts';
import { sourceKey } from './sources.ts';
import { controllerOf, type NodeView, type PodView, type ReplicaSetView, type WorkloadView } from './views.ts';

export class Join {
  readonly #pods = new Keyed<PodTarget>(({ uid }) => uid);
  /** UIDs of static pods by the UID that the kubelet gave them. */
  readonly #staticPods = new Map<string, string>();
  /** By UID: the controller of each ReplicaSet, or itself when it has none. */
  readonly #replicaSets = new Map<string, WorkloadReference>();
  readonly #workloads = new Map<string, Target>();
  readonly #nodes = new Map<string, Target>();
  /** Pods by what their identity depends on: the UID of their ReplicaSet, of the workload above it, the name of their node. */
  readonly #dependents = { replicaSet: new Pods(), workload: new Pods(), node: new Pods() };
  /** By the key of a source: hashes of what its rows name, UIDs, but for nodes, which have a name. */
  readonly #named = new Map<string, Int32Array>();
  readonly #touched = new Set<string>();

  /** A pod appeared or changed. */
  setPod(view: PodView): void {
    const { uid } = view.metadata;
    if (uid === undefined) return;
    const old = this.#pods.get(uid);
    const now = this.#targetOf(view);
    const isSame = old?.equals(now) === true;
    const isNamedAlike = isSame && isDeepStrictEqual(rowNamesOf(old.view), rowNamesOf(view));
    if (old !== undefined) this.#undepend(old);
    // What is bound already is not kept twice.
    const known = isSame ? old.knowing(now) : now;
    if (!isSame) this.#pods.set(known);
    for (const what of dependedOn) this.#dependents[what].add(dependencies[what](known), known);
    if (view.kubeletUid !== undefined) this.#staticPods.set(view.kubeletUid, uid);
    if (!isNamedAlike) this.#touchPod(view);
  }

  deletePod(uid: string): void {
    const old = this.#pods.delete(uid);
    if (old === undefined) return;
    this.#undepend(old);
    const { kubeletUid } = old.view;
    if (kubeletUid !== undefined && this.#staticPods.get(kubeletUid) === uid) this.#staticPods.delete(kubeletUid);
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
  bind(key: string, { source, rows }: Keyframe): (RowIdentity | undefined)[] {
    this.#named.set(
      key,
      Int32Array.from(rows, ({ uid }) => hashOf(uid)),
    );
    this.#touched.delete(key);
    return rows.map((row) => this.#identify(source, row));
  }

  /** The source has no rows any more. */
  release(key: string): void {
    this.#named.delete(key);
    this.#touched.delete(key);
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
    if (pod === undefined || (producer === 'agent' && pod.node !== node)) return undefined;
    return scope === 'Pod' ? pod : pod.containerNamed(container ?? '');
  }

  #targetOf(view: PodView): PodTarget {
    const owner = ownerOf(view);
    const top = owner?.kind === 'ReplicaSet' ? this.#replicaSets.get(owner.uid) : owner;
    const workload = top && (this.#workloads.get(top.uid) ?? workloadTarget(view.metadata.namespace ?? '', top, {}));
    const { nodeName } = view.spec;
    const node = nodeName === undefined ? undefined : this.#nodes.get(nodeName);
    return new PodTarget(view, workload, node);
  }

  #setTarget(kind: 'Workload' | 'Node', id: string, target: Target | undefined): void {
    const targets = kind === 'Node' ? this.#nodes : this.#workloads;
    if (isDeepStrictEqual(targets.get(id), target)) return;
    if (target === undefined) targets.delete(id);
    else targets.set(id, target);
    this.#touch(id, kind === 'Node' ? id : '');
    this.#again(kind === 'Node' ? 'node' : 'workload', id);
  }

  /** Makes the identities of the pods that depend on something anew. */
  #again(what: Dependency, id: string): void {
    // A copy: setPod removes and adds what is iterated over.
    for (const { view } of this.#dependents[what].of(id).slice()) this.setPod(view);
  }

  #undepend(pod: PodTarget): void {
    for (const what of dependedOn) this.#dependents[what].remove(dependencies[what](pod), pod);
  }

  /** Who may speak of a pod is on its node, or on none while the pod is. */
  #touchPod({ metadata: { uid = '' }, kubeletUid, spec: { nodeName = '' } }: PodView): void {
    for (const id of kubeletUid === undefined ? [uid] : [uid, kubeletUid]) {
      this.#touch(id, nodeName);
      if (nodeName !== '') this.#touch(id, '');
    }
  }

  /** Touches the sources of a node that name something. */
  #touch(id: string, node: string): void {
    const hash = hashOf(id);
    for (const producer of ['agent', 'state'] as const) {
      const key = sourceKey({ producer, node });
      if (this.#named.get(key)?.includes(hash) === true) this.#touched.add(key);
    }
  }
}

const dependedOn = ['replicaSet', 'workload', 'node'] as const;
type Dependency = (typeof dependedOn)[number];

/** What the identity of a pod was made of besides the pod: UIDs, but for the node, which has a name. */
const dependencies: Record<Dependency, (pod: PodTarget) => string | undefined> = {
  replicaSet({ view }) {
    const owner = ownerOf(view);
    return owner?.kind === 'ReplicaSet' ? owner.uid : undefined;
  },
  workload: ({ Workload }) => Workload?.uid,
  node: ({ node }) => node,
};

/** Some pods for each text. */
class Pods {
  readonly #pods = new Map<string, PodTarget[]>();

  of(key: string): readonly PodTarget[] {
    return this.#pods.get(key) ?? [];
  }

  add(key: string | undefined, pod: PodTarget): void {
    if (key === undefined) return;
    const pods = this.#pods.get(key);
    if (pods === undefined) this.#pods.set(key, [pod]);
    else pods.push(pod);
  }

  remove(key: string | undefined, pod: PodTarget): void {
    const pods = this.#pods.get(key ?? '') ?? [];
    const at = pods.lastIndexOf(pod);
    const last = at < 0 ? undefined : pods.pop();
    if (last !== undefined && last !== pod) pods[at] = last;
    if (pods.length === 0) this.#pods.delete(key ?? '');
  }
}
