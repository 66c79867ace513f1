/** A population in this process: an API server of ours with the objects of a large cluster, served over HTTP. */
import { Deployment, DetectionPolicy, Namespace, Node, Pod, ReplicaSet } from '../../../operator/kube/resources.ts';
import { ApiServer } from '../../../operator/testing/api-server.ts';
import { controllerReference, deployment, node, pod, replicaSet } from '../../../operator/testing/fixtures.ts';
import { HttpServer } from '../../../operator/testing/http-server.ts';
import { serveApi } from '../../../operator/testing/served-api.ts';
import { systemClock } from '../../../wire/clock.ts';
import { policies, rootNamespace } from './policies.ts';
import { container, namespace, SpokenNode, type Population } from './population.ts';

/** So many nodes, on each a deployment with so many pods of one container. */
export const ownPopulation = async (count: number, podsPerNode: number): Promise<Population> => {
  const server = new ApiServer({
    clock: systemClock,
    tracksOwners: ({ group }) => group === 'homeostat.dev',
    shared: true,
    podTerminationMs: 0,
  });
  for (const name of [namespace, rootNamespace])
    server.seed(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const policy of policies) server.seed(DetectionPolicy, policy);
  const nodes = Array.from({ length: count }, (_, index) => new SeededNode(server, index, podsPerNode));
  const http = new HttpServer();
  serveApi(http, server, 'operator');
  await http.start();
  let replaced = 0;
  return {
    kubeconfig: http.kubeconfig(),
    nodes: nodes.map(({ spoken }) => spoken),
    get replaced() {
      return replaced;
    },
    replace: (wanted) => {
      for (let each = 0; each < wanted; each++) nodes[replaced++ % count]?.replaceOne();
    },
    stop: () => http.stop(),
  };
};

/** One node and its objects. */
class SeededNode {
  readonly spoken: SpokenNode;
  readonly #server: ApiServer;
  readonly #index: number;
  /** The oldest first. */
  readonly #pods: { readonly name: string; readonly uid: string }[];
  #made = 0;

  constructor(server: ApiServer, index: number, pods: number) {
    this.spoken = new SpokenNode(`node-${index}`, index);
    this.#server = server;
    this.#index = index;
    const own = { namespace, name: `web-${index}`, uid: this.#uid('deployment') };
    server.seed(Node, node({ name: this.spoken.name, uid: this.#uid('node') }));
    server.seed(Deployment, deployment(own, { replicas: pods }));
    const ownerReferences = [controllerReference('apps/v1', 'Deployment', own.name, own.uid)];
    server.seed(ReplicaSet, replicaSet({ namespace, name: own.name, uid: this.#uid('set'), ownerReferences }));
    this.#pods = Array.from({ length: pods }, () => this.#newPod());
  }

  /** Another pod instead of the oldest. */
  replaceOne(): void {
    const old = this.#pods.shift();
    if (old === undefined) return;
    void this.#server.delete(Pod, { namespace, name: old.name }, { gracePeriodSeconds: 0 });
    this.spoken.remove(old.uid);
    this.#pods.push(this.#newPod());
  }

  #newPod(): { name: string; uid: string } {
    const number = this.#made++;
    const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', `web-${this.#index}`, this.#uid('set'))];
    const [name, uid] = [`web-${this.#index}-${number}`, this.#uid(`pod-${number}`)];
    const containers = [{ name: container, image: 'registry.example/web:1' }];
    this.#server.seed(Pod, pod({ namespace, name, uid, ownerReferences }, { nodeName: this.spoken.name, containers }));
    this.spoken.add(uid);
    return { name, uid };
  }

  #uid(what: string): string {
    return `uid-${this.#index}-${what}`;
  }
}
