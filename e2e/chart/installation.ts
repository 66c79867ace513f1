import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleOnce } from '../../hack/build/main.ts';
import { addImage, ClusterError, resolveCluster, type Cluster } from '../../hack/cluster/index.ts';
import { tool } from '../../hack/cluster/index.ts';

/** The arguments that name the chart with the values of this test. */
export const chart = ['charts/homeostat', '--values', 'e2e/chart/values.yaml'] as const;

/** Runs helm; resolves to its output, rejects with its error text. */
export type Helm = (...args: readonly string[]) => Promise<string>;

/** Helm for a namespace of the cluster of this kubeconfig. */
export const helmOf = async (kubeconfig: string, namespace: string): Promise<Helm> => {
  const binary = await tool('helm');
  return async (...args) => {
    const { stdout } = await promisify(execFile)(binary, [...args, '--namespace', namespace], {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  };
};

/** The cluster to install on. Throws what is missing when it is none of ours, or has no node that can run a pod. */
export const clusterForChart = (): Cluster => {
  const cluster = resolveCluster();
  if (cluster.directory === undefined)
    throw new ClusterError(
      'this test puts images on the nodes, which it can do on a cluster of hack/cluster only: run "make cluster-up", and leave KUBECONFIG unset',
    );
  if (!cluster.nodes.some((node) => node.real))
    throw new ClusterError(
      `the chart cannot be installed where no node runs pods, and cluster ${cluster.name} has none: ${cluster.obstacles.join('; ') || 'it was started with --nodes 0'}`,
    );
  return cluster;
};

/** Puts images of operator and agent, and of the cluster's own nats-server, on every real node: e2e/chart/values.yaml names them. */
export const buildImages = async (cluster: Cluster): Promise<void> => {
  const work = mkdtempSync(join(tmpdir(), 'homeostat-chart-'));
  try {
    await bundleOnce();
    for (const program of ['operator', 'agent'])
      await addImage(cluster, {
        name: `localhost/homeostat-${program}:chart`,
        content: { bundle: [`dist/${program}.cjs`] },
      });
    const rootfs = join(work, 'nats');
    mkdirSync(join(rootfs, 'tmp'), { recursive: true });
    copyFileSync(cluster.bin('nats-server'), join(rootfs, 'nats-server'));
    await addImage(cluster, { name: 'localhost/nats:chart', content: { rootfs, entrypoint: ['/nats-server'] } });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};
