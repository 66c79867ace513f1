/** The cluster around the operator: nodes, workloads, pods, and the controllers of Kubernetes as far as they matter here. */
import type { KubeObject, Resource } from '../kube/api.ts';
import { Deployment, HorizontalPodAutoscaler, Job, Namespace, Node, Pod, ReplicaSet } from '../kube/resources.ts';
import type { ApiServer } from '../testing/api-server.ts';
import {
  condition,
  controllerReference,
  deployment,
  node,
  pod,
  replicaSet,
  type NodeFixture,
} from '../testing/fixtures.ts';
import type { WorkloadFixture } from '../testing/fixtures.ts';
import type { Change } from '../testing/object-store.ts';
import { nodeUnder, rootNamespace, slots, workloadOf, type Occupant, type Slot } from './slots.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A controller acts so long after what it reacts to. */
const reactionMs = 300;

export class Cluster {
  readonly #server: ApiServer;
  readonly #time: VirtualTime;
  readonly #occupants = new Map<string, Occupant>();
  readonly #onReplaced: (slot: Slot) => void;
  #made = 0;
  #jobs = 0;

  /** `onReplaced` is told of every place with a new occupant, or without one. */
  constructor(server: ApiServer, time: VirtualTime, onReplaced: (slot: Slot) => void) {
    this.#server = server;
    this.#time = time;
    this.#onReplaced = onReplaced;
  }

  /** Who stands in a place; undefined between two pods. */
  occupant(slot: Slot): Occupant | undefined {
    return this.#occupants.get(slot.name);
  }

  /** Everything that is there in the beginning. */
  populate(): void {
    for (const name of [rootNamespace, 'shop', 'kube-system'])
      this.#server.seed(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const slot of slots) {
      if (slot.kind === 'Node') this.makeNode(slot);
      else if (slot.kind === 'Workload')
        this.#occupants.set(slot.name, { name: 'web', uid: 'uid-shop-web', createdMs: 0 });
      if (slot.kind === 'Pod') this.#makeWorkload(slot);
    }
    for (const slot of slots) if (slot.kind === 'Pod') this.#makePod(slot);
  }

  /** A node of this name, new in every other way. */
  makeNode({ name }: Slot): void {
    const uid = `uid-${name}-${++this.#made}`;
    const role = name === 'node-3' ? { 'node-role.kubernetes.io/control-plane': '' } : {};
    const labels = { pool: 'a', 'topology.kubernetes.io/zone': name === 'node-2' ? 'b' : 'a', ...role };
    this.#server.seed(Node, node({ name, uid, labels }));
    this.#occupants.set(name, { name, uid, createdMs: this.#time.now() });
  }

  /** To be told of every change that is stored: what the controllers of Kubernetes do about it. */
  react({ type, resource, object, old }: Change): void {
    if (resource.kind === 'Pod' && type === 'DELETED') this.#replacePod(object);
    if (resource.kind === 'Node' && type === 'DELETED') this.#replaceNode(object);
    if (resource.kind === 'Job' && type === 'ADDED') this.#time.after(2000, () => this.#endJob(object));
    if (resource.kind === 'HorizontalPodAutoscaler' || (resource.kind === 'Deployment' && type === 'MODIFIED'))
      this.#later(() => this.#autoscale());
    if (type !== 'MODIFIED' || old === undefined) return;
    if (resource.kind === 'Node' && unschedulable(object) !== unschedulable(old))
      this.#later(() => this.#taint(object.metadata.name));
    if (resource.kind === 'Deployment' && object.metadata.generation !== old.metadata.generation)
      this.#later(() => this.#follow(Deployment, object));
  }

  #makeWorkload(slot: Slot): void {
    const workload = workloadOf(slot);
    if (workload === undefined) return;
    const { namespace } = slot;
    const { name, uid } = workload;
    if (this.#server.find(Deployment, { namespace, name }) !== undefined) return;
    this.#server.seed(Deployment, deployment({ namespace, name, uid, generation: 1 }));
    const ownerReferences = [controllerReference('apps/v1', 'Deployment', name, uid)];
    const annotations = { 'deployment.kubernetes.io/revision': '1' };
    const set = { namespace, name: `${name}-1`, uid: `${uid}-1`, ownerReferences, annotations, generation: 1 };
    this.#server.seed(ReplicaSet, replicaSet(set));
  }

  #makePod(slot: Slot): void {
    const workload = workloadOf(slot);
    if (workload === undefined) return;
    const number = ++this.#made;
    const [name, uid] = [`${workload.name}-1-${number}`, `uid-pod-${number}`];
    const owner = controllerReference('apps/v1', 'ReplicaSet', `${workload.name}-1`, `${workload.uid}-1`);
    const meta = { namespace: slot.namespace, name, uid, ownerReferences: [owner] };
    this.#server.seed(Pod, pod(meta, { nodeName: nodeUnder(slot) }));
    this.#occupants.set(slot.name, { name, uid, createdMs: this.#time.now() });
  }

  #replacePod({ metadata }: KubeObject): void {
    const slot = slots.find((each) => this.#occupants.get(each.name)?.uid === metadata.uid);
    if (slot === undefined) return;
    this.#occupants.delete(slot.name);
    this.#onReplaced(slot);
    this.#time.after(1000, () => {
      this.#makePod(slot);
      this.#onReplaced(slot);
    });
  }

  /** A node that goes comes back at once, as another one. */
  #replaceNode({ metadata }: KubeObject): void {
    const slot = slots.find((each) => each.kind === 'Node' && each.name === metadata.name);
    if (slot === undefined) return;
    this.#occupants.delete(slot.name);
    this.#onReplaced(slot);
    this.#later(() => {
      this.makeNode(slot);
      this.#onReplaced(slot);
    });
  }

  /** Every other job fails. */
  #endJob({ metadata: { name, namespace } }: KubeObject): void {
    const type = ++this.#jobs % 2 === 0 ? 'Failed' : 'Complete';
    const counts = type === 'Complete' ? { succeeded: 1 } : { failed: 1 };
    const conditions = [condition(type, type === 'Complete' ? 'CompletionsReached' : 'BackoffLimitExceeded')];
    this.#write(Job, { name, namespace }, { status: { ...counts, conditions } }, 'status');
  }

  #taint(name: string): void {
    const found = this.#server.find<NodeFixture>(Node, { name });
    if (found === undefined) return;
    const key = 'node.kubernetes.io/unschedulable';
    const { taints = [] } = found.spec;
    const others = taints.filter((taint) => taint.key !== key);
    const wanted = found.spec.unschedulable === true ? [...others, { key, effect: 'NoSchedule' }] : others;
    if (wanted.length !== taints.length)
      this.#write(Node, { name }, { spec: { taints: wanted.length === 0 ? null : wanted } });
  }

  #follow(resource: Resource, { metadata: { name, namespace } }: KubeObject): void {
    const found = this.#server.find<WorkloadFixture>(resource, { name, namespace });
    if (found === undefined) return;
    const { replicas } = found.spec;
    const { generation: observedGeneration = 1 } = found.metadata;
    const counts = { replicas, readyReplicas: replicas, availableReplicas: replicas, updatedReplicas: replicas };
    this.#write(resource, { name, namespace }, { status: { ...counts, observedGeneration } }, 'status');
  }

  /** An autoscaler whose metrics say nothing keeps its workload within its limits. */
  #autoscale(): void {
    for (const { metadata, spec } of this.#server.all<AutoscalerFixture>(HorizontalPodAutoscaler)) {
      const name = { namespace: metadata.namespace, name: spec.scaleTargetRef.name };
      const now = this.#server.find<WorkloadFixture>(Deployment, name)?.spec.replicas;
      if (now === undefined) continue;
      const replicas = Math.min(Math.max(now, spec.minReplicas), spec.maxReplicas);
      const options = { fieldManager: 'horizontal-pod-autoscaler', subresource: 'scale' as const };
      if (replicas !== now)
        this.#server.patch(Deployment, name, { type: 'merge', body: { spec: { replicas } } }, options).catch(() => {});
    }
  }

  #write(
    resource: Resource,
    name: { name: string; namespace?: string | undefined },
    body: object,
    subresource?: 'status',
  ): void {
    const options = { fieldManager: 'kube-controller-manager', subresource };
    this.#server.patch(resource, name, { type: 'merge', body }, options).catch(() => {});
  }

  #later(f: () => void): void {
    this.#time.after(reactionMs, f);
  }
}

interface AutoscalerFixture extends KubeObject {
  spec: { scaleTargetRef: { name: string }; minReplicas: number; maxReplicas: number };
}

const unschedulable = (object: KubeObject): boolean => (object as NodeFixture).spec.unschedulable === true;
