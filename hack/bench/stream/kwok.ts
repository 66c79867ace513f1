/**
 * The stream once more with nodes and pods of a real control plane: API server, etcd, controller manager, scheduler and
 * broker are real, the nodes are simulated by kwok, what their agents say by the benchmark.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installKinds } from '../../../e2e/product/product.ts';
import { endsWithProcess } from '../../../e2e/product/site.ts';
import { kubectlOf } from '../../../e2e/runner/world.ts';
import { lineProgress, pidOf, up, type Cluster } from '../../cluster/index.ts';
import { connect } from '../../../operator/kube/http-api.ts';
import { DetectionPolicy } from '../../../operator/kube/resources.ts';
import { rounded } from '../compare.ts';
import { policies, rootNamespace } from './policies.ts';
import { measureStream, type Cost, type StreamFigures } from './stream.ts';
import { runPods } from './workload.ts';

/** Of a stream whose objects come from a control plane. */
export interface KwokFigures extends StreamFigures {
  /** From the first node that was asked for until all were ready; the start of kwok is in it. */
  readonly nodesReadySeconds: number;
  /** From the first deployment that was asked for until all pods were ready, and how many that is a second. */
  readonly podsReadySeconds: number;
  readonly podsReadyPerSecond: number;
  readonly controlPlane: Readonly<Record<Part, Cost>>;
}

type Part = (typeof parts)[number];
const parts = ['apiserver', 'etcd', 'controller-manager', 'scheduler', 'kwok'] as const;
const podsPerNode = 2;
/** Pods that are replaced each second. */
const churn = 5;

/** Brings up a cluster of that name, measures for so long, and removes it, also when this process is ended before. */
export const kwokBench = async (
  name: string,
  nodes: number,
  seconds: number,
  say: (words: string) => void,
): Promise<KwokFigures> => {
  if (process.env['KUBECONFIG'] !== undefined)
    throw new Error('it fills a control plane, so it brings up a cluster of its own: unset KUBECONFIG');
  const remove = endsWithProcess(name);
  const progress = lineProgress(say);
  const empty = { name, nodes: 0, fake: 0, profile: 'scale', progress } as const;
  try {
    const cluster = await up(empty);
    const [nodesReadySeconds] = await timed(() => up({ ...empty, fake: nodes }));
    const api = connect({ kubeconfig: cluster.kubeconfig });
    await installKinds({ kubectl: kubectlOf(cluster.bin('kubectl'), cluster.kubeconfig), rootNamespace });
    const pods = nodes * podsPerNode;
    const [podsReadySeconds] = await timed(() => runPods(api, pods, say));
    for (const policy of policies) await api.create(DetectionPolicy, policy);
    const directory = join(cluster.directory ?? '.', 'homeostat');
    mkdirSync(directory, { recursive: true });
    const { figures, costs } = await measureStream(
      {
        world: { kubeconfig: cluster.kubeconfig, nodes, podsPerNode, churn, natsUrl: cluster.natsUrl },
        processes: { broker: processOf(cluster, 'nats'), ...forEach((part) => processOf(cluster, part)) },
        directory,
      },
      seconds,
      say,
    );
    return {
      ...figures,
      nodesReadySeconds,
      podsReadySeconds,
      podsReadyPerSecond: rounded(pods / podsReadySeconds, 1),
      controlPlane: forEach((part) => costs[part]),
    };
  } finally {
    await remove();
  }
};

const forEach = <T>(of: (part: Part) => T): Record<Part, T> =>
  Object.fromEntries(parts.map((part) => [part, of(part)])) as Record<Part, T>;

const processOf = (cluster: Cluster, part: Part | 'nats'): number => {
  const pid = pidOf(cluster, part);
  if (pid === undefined) throw new Error(`${part} does not run`);
  return pid;
};

/** Seconds that some work takes, and what comes of it. */
const timed = async <T>(work: () => Promise<T>): Promise<readonly [seconds: number, result: T]> => {
  const begun = performance.now();
  const result = await work();
  return [rounded((performance.now() - begun) / 1000, 1), result];
};
