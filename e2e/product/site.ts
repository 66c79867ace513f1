import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOnce } from '../../hack/build/main.ts';
import {
  addImage,
  down,
  lineProgress,
  pause,
  resolveCluster,
  resume,
  up,
  type Cluster,
  type ProfileName,
} from '../../hack/cluster/index.ts';
import { connect } from '../../operator/kube/http-api.ts';
import * as resources from '../../operator/kube/resources.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import { freePort } from '../../wire/testing/free-port.ts';
import { kubectlOf, type World } from '../runner/world.ts';
import { exitOnSignals } from './process.ts';
import type { Site } from './product.ts';

const agentImage = 'localhost/homeostat-agent:e2e';
const rootNamespace = 'homeostat-system';

/** Where to run Homeostat, and the world in which scenarios break things. */
export interface OpenSite {
  readonly site: Site;
  readonly world: World;
  /** The cluster of this machine, absent when KUBECONFIG names another. */
  readonly cluster: Cluster | undefined;
}

/**
 * Opens the cluster of KUBECONFIG, or brings up the machine's own of this name; builds the programs, and the agent's
 * image where there are real nodes to run it on.
 */
export const openSite = async (name: string, nodes = 3, fake = 3, profile: ProfileName = 'fast'): Promise<OpenSite> => {
  const external = process.env['KUBECONFIG'] !== undefined;
  const progress = lineProgress((line) => console.log(line));
  const cluster = external ? resolveCluster() : await up({ name, nodes, fake, profile, env: process.env, progress });
  for (const obstacle of cluster.obstacles) console.log(`no real nodes: ${obstacle}`);
  const own = cluster.directory;
  const kubectl = kubectlOf(cluster.bin('kubectl'), cluster.kubeconfig);
  const api = connect({ kubeconfig: cluster.kubeconfig });
  const directory = own === undefined ? join('dist', 'e2e') : directoryOf(name, own);
  mkdirSync(directory, { recursive: true });

  await progress.step('bundles of operator and agent', bundleOnce);
  const ours = cluster.nodes.filter((node) => node.real).map((node) => node.name);
  if (ours.length > 0)
    await progress.step('the agent’s image on every real node', () =>
      addImage(cluster, { name: agentImage, content: { bundle: ['dist/agent.cjs'] } }),
    );
  const realNodes = own === undefined ? await workersOf(api) : ours;

  const kubelet = own === undefined ? kubeletCommand() : kubeletOf(cluster);
  return {
    cluster: own === undefined ? undefined : cluster,
    site: {
      kubeconfig: cluster.kubeconfig,
      kubectl,
      natsUrl: cluster.natsUrl,
      natsUrlFromPods: cluster.natsUrlFromPods,
      rootNamespace,
      directory,
      metricsPort: await freePort(),
      agentImage,
      programs: own === undefined ? '' : join(own, 'bin'),
      realNodes: ours,
      fakeNodes: cluster.nodes.filter((node) => !node.real).map((node) => node.name),
    },
    world: { api, kubectl, realNodes, rootNamespace, ...(kubelet === undefined ? {} : { kubelet }) },
  };
};

/** Ends this machine's cluster of that name and forgets its data. */
export const closeSite = async (name: string): Promise<void> => {
  await down({ name, reset: true });
};

/**
 * Binds this machine's cluster of that name to this process: however it ends but by SIGKILL, also while it brings the
 * cluster up, nothing of the cluster stays. The result ends the cluster now.
 */
export const endsWithProcess = (name: string): (() => Promise<void>) => {
  const end = (): void => {
    spawnSync(process.execPath, ['hack/cluster/main.ts', 'reset', '--name', name], { stdio: ['ignore', 2, 2] });
  };
  process.once('exit', end);
  exitOnSignals();
  return async () => {
    await closeSite(name);
    process.off('exit', end);
  };
};

/** Where logs and records of a site are kept. */
export const directoryOf = (name: string, own?: string): string =>
  join(own ?? resolveClusterDirectory(name), 'homeostat');

const resolveClusterDirectory = (name: string): string =>
  resolveCluster({ ...process.env, KUBECONFIG: undefined, HOMEOSTAT_CLUSTER: name }).directory ?? '.';

const kubeletOf =
  (cluster: Cluster) =>
  (node: string, what: 'pause' | 'resume'): Promise<void> => {
    (what === 'pause' ? pause : resume)(cluster, { node, program: 'kubelet' });
    return Promise.resolve();
  };

/** On a cluster that is not ours, HOMEOSTAT_E2E_KUBELET may name a program `NODE pause|resume`. */
const kubeletCommand = (): World['kubelet'] => {
  const program = process.env['HOMEOSTAT_E2E_KUBELET'];
  if (program === undefined) return undefined;
  return (node, what) => {
    const { status, stderr, error } = spawnSync(program, [node, what], { encoding: 'utf8' });
    if (status === 0) return Promise.resolve();
    return Promise.reject(new Error(`${program} ${node} ${what}: ${error?.message ?? stderr}`));
  };
};

/** Nodes that take ordinary pods. */
const workersOf = async (api: ReturnType<typeof connect>): Promise<string[]> => {
  const { items } = await api.list<KubeObject & { spec?: { taints?: unknown[]; unschedulable?: boolean } }>(
    resources.Node,
  );
  return items
    .filter((node) => (node.spec?.taints ?? []).length === 0 && node.spec?.unschedulable !== true)
    .map((node) => node.metadata.name)
    .toSorted();
};
