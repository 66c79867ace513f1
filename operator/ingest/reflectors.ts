import type { KubeObject, Resource } from '../kube/api.ts';
import { Reflector, type ReflectorOptions } from '../kube/reflector.ts';
import { DaemonSet, Deployment, Node, Pod, ReplicaSet, StatefulSet } from '../kube/resources.ts';
import { PackedPod } from './packed-pod.ts';
import { sharing } from './share.ts';
import {
  daemonSetView,
  deploymentView,
  nodeView,
  podView,
  replicaSetView,
  statefulSetView,
  type NodeView,
  type PodView,
  type ReplicaSetView,
  type WorkloadView,
} from './views.ts';

/** The part of a reflector that is used here. */
export type Watched<T extends KubeObject> = Pick<
  Reflector<T>,
  'store' | 'synced' | 'onEvent' | 'problem' | 'failingSinceMs'
>;

/** What ingest watches of the cluster. */
export interface Reflectors {
  readonly pods: Watched<PodView>;
  readonly nodes: Watched<NodeView>;
  readonly replicaSets: Watched<ReplicaSetView>;
  readonly deployments: Watched<WorkloadView>;
  readonly statefulSets: Watched<WorkloadView>;
  readonly daemonSets: Watched<WorkloadView>;
}

/** Reflectors of all that ingest watches, in every namespace, not started. */
export function ingestReflectors(options: Omit<ReflectorOptions<KubeObject>, 'resource' | 'transform'>) {
  const reflect = <T extends KubeObject>(
    resource: Resource,
    transform: (object: KubeObject) => T,
  ): Reflector<T, KubeObject> => new Reflector<T, KubeObject>({ ...options, resource, transform });
  const share = sharing();
  return {
    pods: reflect<PodView>(Pod, (raw) => new PackedPod(podView(raw), share)),
    nodes: reflect(Node, nodeView),
    replicaSets: reflect(ReplicaSet, replicaSetView),
    deployments: reflect(Deployment, deploymentView),
    statefulSets: reflect(StatefulSet, statefulSetView),
    daemonSets: reflect(DaemonSet, daemonSetView),
  } as const;
}

/** Calls `set` for every object of the store now and later, `remove` for those that go. The result ends that. */
export function follow<T extends KubeObject>(
  watched: Watched<T>,
  set: (object: T) => void,
  remove: (object: T) => void,
): () => void {
  for (const object of watched.store.list()) set(object);
  return watched.onEvent(({ type, object }) => (type === 'DELETED' ? remove(object) : set(object)));
}
