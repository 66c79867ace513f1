import type { Join } from './join.ts';
import { follow, type Reflectors } from './reflectors.ts';

/** Tells the join of every object that the reflectors know, now and later. The result ends that. */
export function feedJoin(join: Join, reflectors: Reflectors): () => void {
  const { pods, nodes, replicaSets, deployments, statefulSets, daemonSets } = reflectors;
  const stops = [
    follow(
      nodes,
      (node) => join.setNode(node),
      ({ metadata }) => join.deleteNode(metadata.name),
    ),
    follow(
      replicaSets,
      (replicaSet) => join.setReplicaSet(replicaSet),
      ({ metadata }) => join.deleteReplicaSet(metadata.uid ?? ''),
    ),
    ...[deployments, statefulSets, daemonSets].map((workloads) =>
      follow(
        workloads,
        (workload) => join.setWorkload(workload),
        ({ metadata }) => join.deleteWorkload(metadata.uid ?? ''),
      ),
    ),
    follow(
      pods,
      (pod) => join.setPod(pod),
      ({ metadata }) => join.deletePod(metadata.uid ?? ''),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
