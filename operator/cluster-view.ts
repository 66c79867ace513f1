import type { DetectionPolicy } from '../crds/detection-policy.ts';
import type { Target } from '../engine/evaluate/target.ts';
import { metricNamed } from '../engine/metrics.ts';
import type { TargetReference } from './controllers/targets.ts';
import type { Ingest } from './ingest/pipeline.ts';
import type { ingestReflectors } from './ingest/reflectors.ts';
import * as resources from './kube/resources.ts';
import { kindCheck } from './observe/kinds.ts';
import type { ReadinessCheck } from './observe/server.ts';

type Watched = ReturnType<typeof ingestReflectors>;

const resourceOf = {
  pods: resources.Pod,
  nodes: resources.Node,
  replicaSets: resources.ReplicaSet,
  deployments: resources.Deployment,
  statefulSets: resources.StatefulSet,
  daemonSets: resources.DaemonSet,
} as const;

/** Readiness of all that is watched of the cluster. */
export const clusterChecks = (watched: Watched): ReadinessCheck[] =>
  Object.entries(watched).map(([name, reflector]) => kindCheck(resourceOf[name as keyof Watched], reflector));

/** Whether the cluster has this object; undefined for a kind of workload that is not watched. */
export function existsIn(watched: Watched, { kind, uid, workload }: TargetReference): boolean | undefined {
  const { nodes, pods, deployments, statefulSets, daemonSets } = watched;
  if (kind === 'Node') return nodes.store.byUid(uid) !== undefined;
  if (kind === 'Pod' || kind === 'Container') return pods.store.byUid(uid) !== undefined;
  const stores = new Map([
    ['Deployment', deployments],
    ['StatefulSet', statefulSets],
    ['DaemonSet', daemonSets],
  ]);
  const workloads = stores.get(workload?.kind ?? '');
  return workloads && workloads.store.byUid(uid) !== undefined;
}

const mostPlaces = 3;

/**
 * What is wrong with the sources of targets that a policy judges unknown, if that is known: where most of them are first,
 * such as `agent of node-1: no frame for 42 s (9 targets)`.
 */
export function whyUnknown(
  policy: DetectionPolicy | undefined,
  targets: Iterable<Target>,
  ingest: Pick<Ingest, 'whyUnknown'>,
): string | undefined {
  if (policy === undefined) return undefined;
  const producers = new Set(policy.spec.signals.flatMap(({ metric }) => metricNamed(metric)?.producer ?? []));
  const staleAfterMs = policy.spec.staleAfterSeconds * 1000;
  const places = Map.groupBy(targets, ({ node = '' }) => node);
  const wrong = [...places.values()]
    .toSorted((a, b) => b.length - a.length)
    .slice(0, mostPlaces)
    .flatMap((of) => {
      const why = of[0] && ingest.whyUnknown({ target: of[0], producers, staleAfterMs });
      return why === undefined
        ? []
        : [places.size === 1 ? why : `${why} (${of.length === 1 ? '1 target' : `${of.length} targets`})`];
    });
  if (wrong.length === 0) return undefined;
  const others = places.size - mostPlaces;
  return `${wrong.join('; ')}${others > 0 ? `; and ${others === 1 ? '1 other node' : `${others} other nodes`}` : ''}`;
}

/** A watch that has failed for so long tells the past. */
const longestGapMs = 30_000;

/** Whether what is watched of the cluster may be relied upon: known, and not cut off for long. */
export const isCurrent = (watched: Watched, nowMs: number): boolean =>
  Object.values(watched).every(
    ({ hasSynced, failingSinceMs }) =>
      hasSynced && (failingSinceMs === undefined || nowMs - failingSinceMs < longestGapMs),
  );
