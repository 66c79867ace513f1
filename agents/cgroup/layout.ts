import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the kubelet’s cgroups are on this machine, and which files they have. */
export interface Layout {
  readonly version: 1 | 2;
  /** The tree in which pods are looked for; on v1 that of the memory controller. */
  readonly tree: string;
  /** Directory of a cgroup, given relative to the tree, in the tree of a controller. */
  readonly directory: (controller: Controller, relative: string) => string;
}

export type Controller = 'cpu' | 'cpuacct' | 'memory' | 'pids';

/**
 * What is mounted at `root` (normally /sys/fs/cgroup): v2 has its controllers’ list there, v1 a directory for each
 * controller. `parent` is the cgroup below which the kubelet makes its own (its `--cgroup-root`), normally none.
 *
 * @throws NoCgroupTree when it is neither
 */
export function detectLayout(root: string, parent = ''): Layout {
  if (existsSync(join(root, 'cgroup.controllers'))) {
    const tree = join(root, parent);
    return { version: 2, tree, directory: (_, relative) => join(tree, relative) };
  }
  const mounts = new Map<Controller, string>();
  for (const [controller, names] of Object.entries(v1Mounts) as [Controller, readonly string[]][]) {
    const name = names.find((candidate) => existsSync(join(root, candidate)));
    if (name !== undefined) mounts.set(controller, join(root, name, parent));
  }
  const tree = mounts.get('memory');
  if (tree === undefined)
    throw new NoCgroupTree(
      `${root} is no cgroup tree: it has neither cgroup.controllers (v2) nor memory (v1); --cgroup-root names another`,
    );
  return { version: 1, tree, directory: (controller, relative) => join(mounts.get(controller) ?? tree, relative) };
}

/** There is no cgroup tree where one was to be. */
export class NoCgroupTree extends Error {
  override readonly name = 'NoCgroupTree';
}

/** Controllers that share a hierarchy are mounted once, mostly with links for each name. */
const v1Mounts: Readonly<Record<Controller, readonly string[]>> = {
  cpu: ['cpu', 'cpu,cpuacct', 'cpuacct,cpu'],
  cpuacct: ['cpuacct', 'cpu,cpuacct', 'cpuacct,cpu'],
  memory: ['memory'],
  pids: ['pids'],
};

/** Where the kubelet keeps its pods: cgroupfs and systemd drivers, plain and below `kubelet` (as in kind). */
export const podRoots = [
  'kubepods',
  'kubepods.slice',
  'kubelet/kubepods',
  'kubelet.slice/kubelet-kubepods.slice',
] as const;

const qosName = /^(?:[\w-]*-)?(?:burstable|besteffort)(?:\.slice)?$/;
const podName = /^(?:[\w-]*-)?pod([0-9a-fA-F][0-9a-fA-F_-]*)(?:\.slice)?$/;
const containerName = /^(?:(?:cri-containerd|crio|docker|libpod)-)?([0-9a-f]{64})(?:\.scope)?$/;

/** Whether a directory holds the pods of a quality-of-service class. */
export const isQos = (directory: string): boolean => qosName.test(directory);

/**
 * The UID of the pod whose directory this is.
 *
 * @example podUid('kubepods-burstable-pod0f3ac9b2_7d41.slice') // '0f3ac9b2-7d41'
 */
export const podUid = (directory: string): string | undefined => podName.exec(directory)?.[1]?.replaceAll('_', '-');

/** The runtime’s id of the container (or sandbox) whose directory this is. */
export const containerId = (directory: string): string | undefined => containerName.exec(directory)?.[1];
