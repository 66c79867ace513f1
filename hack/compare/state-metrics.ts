import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeApi, KubeObject } from '../../operator/kube/api.ts';
import { systemClock } from '../../operator/kube/clock.ts';
import { silentLogger } from '../../operator/kube/logger.ts';
import { Reflector, slim } from '../../operator/kube/reflector.ts';
import { Deployment, Node, Pod } from '../../operator/kube/resources.ts';

interface Terminated {
  readonly reason?: string;
}
/** What is read of pods, nodes and deployments. */
export interface StateObject extends KubeObject {
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly restartCount?: number;
      readonly state?: { readonly terminated?: Terminated };
      readonly lastState?: { readonly terminated?: Terminated };
    }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly unavailableReplicas?: number;
  };
}

const line = (name: string, labels: Readonly<Record<string, string>>, value: number): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  return `${name}{${pairs.join()}} ${value}`;
};

/** The series of a pod, as kube-state-metrics 2 names and labels them; those that the rules read. */
export const podSeries = ({ metadata, status }: StateObject): string[] => {
  const pod = { namespace: metadata.namespace ?? '', pod: metadata.name, uid: metadata.uid ?? '' };
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const owned = { owner_kind: owner?.kind ?? '', owner_name: owner?.name ?? '', owner_is_controller: 'true' };
  return [
    line('kube_pod_owner', { ...pod, ...owned }, 1),
    ...(status?.containerStatuses ?? []).flatMap(({ name, restartCount = 0, state, lastState }) => {
      const container = { ...pod, container: name };
      const ended = (metric: string, how: Terminated | undefined): string[] =>
        how === undefined ? [] : [line(metric, { ...container, reason: how.reason ?? '' }, 1)];
      return [line('kube_pod_container_status_restarts_total', container, restartCount)].concat(
        ended('kube_pod_container_status_terminated_reason', state?.terminated),
        ended('kube_pod_container_status_last_terminated_reason', lastState?.terminated),
      );
    }),
  ];
};

const nodeSeries = ({ metadata, status }: StateObject): string[] =>
  (status?.conditions ?? []).flatMap(({ type, status: now }) =>
    ['True', 'False', 'Unknown'].map((value) =>
      line(
        'kube_node_status_condition',
        { node: metadata.name, condition: type, status: value.toLowerCase() },
        now === value ? 1 : 0,
      ),
    ),
  );

const deploymentSeries = ({ metadata, status }: StateObject): string[] => [
  line(
    'kube_deployment_status_replicas_unavailable',
    { namespace: metadata.namespace ?? '', deployment: metadata.name },
    status?.unavailableReplicas ?? 0,
  ),
];

/**
 * Stands in for kube-state-metrics, whose Go module cannot be had everywhere: the six families that the rules read, by its
 * names and labels, from watches. It is never behind by more than the watch is.
 */
export class StateMetrics {
  readonly #server: Server;
  readonly #reflectors: readonly Reflector<StateObject>[];
  /** Pods that have been seen, by namespace. */
  readonly podsSeen = new Map<string, number>();

  constructor(api: KubeApi) {
    const of = (resource: typeof Pod): Reflector<StateObject> =>
      new Reflector<StateObject>({
        api,
        resource,
        transform: slim,
        clock: systemClock,
        random: Math.random,
        logger: silentLogger,
      });
    const [pods, nodes, deployments] = [of(Pod), of(Node), of(Deployment)];
    this.#reflectors = [pods, nodes, deployments];
    pods.onEvent(({ type, object: { metadata } }) => {
      const namespace = metadata.namespace ?? '';
      if (type === 'ADDED') this.podsSeen.set(namespace, (this.podsSeen.get(namespace) ?? 0) + 1);
    });
    this.#server = createServer((_request, response) => {
      const lines = [
        ...[...pods.store.list()].flatMap(podSeries),
        ...[...nodes.store.list()].flatMap(nodeSeries),
        ...[...deployments.store.list()].flatMap(deploymentSeries),
      ].toSorted();
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(`${lines.join('\n')}\n`);
    });
  }

  /** Resolves to `host:port` when everything is known. */
  async start(): Promise<string> {
    for (const reflector of this.#reflectors) reflector.start();
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced(60_000)));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }
}
