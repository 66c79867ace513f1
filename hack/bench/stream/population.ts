/** The cluster whose nodes are spoken for: a deployment with all its pods on each node, one container a pod. */
import type { Keyframe, Row } from '../../../engine/frame/types.ts';
import type { MetricName } from '../../../engine/metrics.ts';
import { Deployment, Namespace, Node, Pod, ReplicaSet } from '../../../operator/kube/resources.ts';
import type { ApiServer } from '../../../operator/testing/api-server.ts';
import {
  controllerReference,
  deployment,
  node,
  pod,
  replicaSet,
  type PodFixture,
} from '../../../operator/testing/fixtures.ts';

/** What is measured of every container. */
export const measured = [
  'k8s.container.cpu.usage',
  'k8s.container.cpu.limit_utilization',
  'k8s.container.cpu.throttled',
  'k8s.container.memory.usage',
  'k8s.container.memory.working_set',
  'k8s.container.memory.limit',
  'k8s.container.memory.limit_utilization',
  'k8s.container.oom_kills',
  'k8s.container.processes',
  'k8s.container.pressure.memory',
] as const satisfies readonly MetricName[];

const namespace = 'shop';
export const nodeName = (index: number): string => `node-${index}`;

/** One node and the pods that are on it now. */
export class PopulatedNode {
  readonly name: string;
  readonly #server: ApiServer;
  readonly #index: number;
  readonly #pods: PodFixture[];
  #generation = 0;
  #made = 0;
  #keyframe: Keyframe;

  constructor(server: ApiServer, index: number, pods: number) {
    this.name = nodeName(index);
    this.#server = server;
    this.#index = index;
    const own = { namespace, name: `web-${index}`, uid: this.#uid('deployment') };
    server.seed(Node, node({ name: this.name, uid: this.#uid('node') }));
    server.seed(Deployment, deployment(own, { replicas: pods }));
    const ownerReferences = [controllerReference('apps/v1', 'Deployment', own.name, own.uid)];
    server.seed(ReplicaSet, replicaSet({ namespace, name: own.name, uid: this.#uid('set'), ownerReferences }));
    this.#pods = Array.from({ length: pods }, () => this.#newPod());
    this.#keyframe = this.#describe();
  }

  /** Which row is which container; another one after each replacement. */
  get keyframe(): Keyframe {
    return this.#keyframe;
  }

  /** Another pod instead of the oldest. */
  replaceOne(): void {
    const old = this.#pods.shift();
    if (old === undefined) return;
    void this.#server.delete(Pod, { namespace, name: old.metadata.name }, { gracePeriodSeconds: 0 });
    this.#pods.push(this.#newPod());
    this.#keyframe = this.#describe();
  }

  #newPod(): PodFixture {
    const number = this.#made++;
    const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', `web-${this.#index}`, this.#uid('set'))];
    const name = `web-${this.#index}-${number}`;
    const made = pod({ namespace, name, uid: this.#uid(`pod-${number}`), ownerReferences }, { nodeName: this.name });
    return this.#server.seed(Pod, made);
  }

  #describe(): Keyframe {
    const rows = this.#pods.map(({ metadata }): Row => ({
      scope: 'Container',
      uid: metadata.uid ?? '',
      container: 'app',
    }));
    return {
      kind: 'keyframe',
      source: { producer: 'agent', node: this.name, boot: this.#index.toString(16).padStart(32, '0') },
      generation: ++this.#generation,
      capturedMs: Date.now(),
      intervalMs: 1000,
      columns: measured.map((metric) => ({ metric, scope: 'Container' })),
      rows,
    };
  }

  #uid(what: string): string {
    return `uid-${this.#index}-${what}`;
  }
}

/** The namespaces; the nodes with their pods are made one by one. */
export const seedNamespaces = (server: ApiServer, rootNamespace: string): void => {
  for (const name of [namespace, rootNamespace])
    server.seed(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
};
