import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Api } from '../api.ts';
import { ClusterError } from '../failure.ts';
import { binDirectory, cniDirectory } from '../install.ts';
import { nodeNetwork, type Network } from '../network.ts';
import { start, stop, type Daemon } from '../process/daemon.ts';
import { identify, isAlive, type ProcessIdentity } from '../process/identity.ts';
import { waitUntil } from '../process/wait.ts';
import { cgroupLayout, makeCgroups, removeCgroups } from './cgroup.ts';
import { writeNodeConfig } from './config.ts';
import { makeLink, removeLink } from './link.ts';
import { initOf } from './processes.ts';

/** A real node: kubelet, containerd and kube-proxy in namespaces and cgroups of their own. */
export interface RealNode {
  /** From 1; its name is `node<number>`. */
  readonly number: number;
  readonly cluster: string;
  /** The cluster's directory. */
  readonly directory: string;
  readonly net: Network;
  /** Directories of shared libraries the node's programs need beside the machine's. */
  readonly libraries: readonly string[];
  /** Directories of image archives. */
  readonly images: readonly string[];
}

/** The node's name in Kubernetes. */
export const nodeName = (number: number): string => `node${number}`;

const cgroupName = (node: RealNode): string => `homeostat-${node.cluster}-${nodeName(node.number)}`;
/** The node's own directory: configuration, logs, containers. */
export const nodeDirectory = (node: RealNode): string => join(node.directory, 'nodes', nodeName(node.number));

/** What the scripts of a node, and commands run inside it, get as environment. */
export function nodeEnvironment(node: RealNode): NodeJS.ProcessEnv {
  const layout = cgroupLayout();
  return {
    PATH: `${binDirectory(node.directory)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ...(node.libraries.length > 0 ? { LD_LIBRARY_PATH: node.libraries.join(':') } : {}),
    HOME: '/root',
    NODE_NAME: nodeName(node.number),
    NODE_DIR: nodeDirectory(node),
    NODE_ADDRESS: nodeNetwork(node.net, node.number).address,
    NODE_IMAGES: node.images.join(':'),
    NODE_CGROUP: cgroupName(node),
    KUBECONFIG: join(node.directory, 'pki', `${nodeName(node.number)}.conf`),
    CGROUPS: layout.version === 1 ? layout.hierarchies.join(' ') : 'v2',
  };
}

/**
 * Starts the node's namespaces and what runs in them; returns before Kubernetes knows of it. `onStarted` is told the
 * process as soon as there is one, so that it can be ended whatever happens next.
 */
export async function startNode(node: RealNode, onStarted: (identity: ProcessIdentity) => void): Promise<void> {
  const directory = nodeDirectory(node);
  const settings = {
    number: node.number,
    directory,
    pki: join(node.directory, 'pki'),
    net: node.net,
    cni: cniDirectory(node.directory),
  };
  writeNodeConfig(settings);
  for (const file of ['net-ready', 'stop.kubelet', 'stop.containerd', 'stop.kube-proxy']) {
    rmSync(join(directory, file), { force: true });
  }
  makeCgroups(cgroupLayout(), cgroupName(node));
  const identity = start(nodeDaemon(node));
  onStarted(identity);
  const init = await waitUntil(async () => initOf(identity.pid), 10_000, 20);
  if (init === undefined)
    throw new ClusterError(`${nodeName(node.number)} did not enter its namespaces: see ${nodeDaemon(node).log}`);
  await makeLink(node.net, node.number, init);
  writeFileSync(join(directory, 'net-ready'), '');
}

/** How the node is started; also names its log. */
export function nodeDaemon(node: RealNode): Daemon {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'enter.sh');
  const log = join(node.directory, 'log', `${nodeName(node.number)}.log`);
  mkdirSync(dirname(log), { recursive: true });
  return { name: nodeName(node.number), command: script, args: [], env: nodeEnvironment(node), log };
}

/** Whether the API server has a heartbeat of this node that is newer than `since` and says Ready. */
export async function isReady(api: Api, name: string, since: Date): Promise<boolean> {
  const { status, body } = await api.request('GET', `/api/v1/nodes/${name}`);
  if (status !== 200) return false;
  const { conditions = [] } = (body as { status: { conditions?: readonly NodeCondition[] } }).status;
  const ready = conditions.find((condition) => condition.type === 'Ready');
  // heartbeats have whole seconds
  return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime) + 1000 > since.getTime();
}

interface NodeCondition {
  readonly type: string;
  readonly status: string;
  readonly lastHeartbeatTime: string;
}

/** Ends every process of the node and removes its device and cgroups. */
export async function stopNode(node: RealNode, identity: ProcessIdentity | undefined): Promise<void> {
  if (identity !== undefined && isAlive(identity)) {
    const init = initOf(identity.pid);
    const inner = init === undefined ? undefined : identify(init);
    if (inner !== undefined) await stop(inner, 'SIGKILL'); // the end of process 1 ends them all
    await stop(identity, 'SIGKILL');
  }
  await removeLink(node.net, node.number);
  const name = cgroupName(node);
  await waitUntil(async () => {
    removeCgroups(name);
    return !existsSync(`/sys/fs/cgroup/memory/${name}`) && !existsSync(`/sys/fs/cgroup/${name}`);
  }, 5000);
}
