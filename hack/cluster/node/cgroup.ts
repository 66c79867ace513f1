import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../failure.ts';

const ROOT = '/sys/fs/cgroup';
/** Hierarchies of cgroup v1 that containerd and kubelet use; `systemd` is the named one without a controller. */
const V1 = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd'] as const;
/** Controllers of cgroup v2 a node cannot do without. */
const V2 = ['cpu', 'cpuset', 'memory', 'pids'] as const;

/** How this machine's cgroups are laid out: version 2, or the mount points of version 1, or what is missing. */
export type Layout =
  | { readonly version: 2 }
  | { readonly version: 1; readonly hierarchies: readonly string[] }
  | { readonly version: undefined; readonly obstacle: string };

/** Looks at the machine's cgroup file system. */
export function cgroupLayout(root: string = ROOT): Layout {
  const unified = join(root, 'cgroup.controllers');
  if (existsSync(unified)) {
    const present = readFileSync(unified, 'utf8').trim().split(' ');
    const missing = V2.filter((controller) => !present.includes(controller));
    if (missing.length === 0) return { version: 2 };
    return { version: undefined, obstacle: `cgroup v2 without the controllers ${missing.join(', ')}` };
  }
  const missing = V1.filter((name) => !existsSync(join(root, name, 'cgroup.procs')));
  if (missing.length === 0) return { version: 1, hierarchies: V1 };
  return {
    version: undefined,
    obstacle: `${root} has no cgroup v2, and of v1 these are missing: ${missing.join(', ')}`,
  };
}

/**
 * Tries whether groups can be made and get their controllers; the answer is what stands in the way. In a container the
 * tree is often read-only, or of version 2 with the machine's processes at its top, which then can delegate nothing.
 */
export function cgroupObstacle(layout: Layout): string | undefined {
  if (layout.version === undefined) return layout.obstacle;
  const name = `homeostat-probe-${process.pid}`;
  try {
    makeCgroups(layout, name);
    if (layout.version === 1) return undefined;
    const given = readFileSync(join(ROOT, name, 'cgroup.controllers'), 'utf8')
      .trim()
      .split(' ');
    const missing = V2.filter((controller) => !given.includes(controller));
    return missing.length === 0
      ? undefined
      : `cgroup v2 does not give a new group the controllers ${missing.join(', ')}`;
  } catch (error) {
    return `no cgroup can be made: ${messageOf(error)}`;
  } finally {
    removeCgroups(name);
  }
}

/** Makes the cgroup of a node in every hierarchy. */
export function makeCgroups(layout: Layout, name: string): void {
  if (layout.version === 2) {
    for (const controller of readFileSync(join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ')) {
      tryWrite(join(ROOT, 'cgroup.subtree_control'), `+${controller}`);
    }
    mkdirSync(join(ROOT, name), { recursive: true });
    return;
  }
  for (const hierarchy of V1) {
    const directory = join(ROOT, hierarchy, name);
    mkdirSync(directory, { recursive: true });
    if (hierarchy === 'cpuset') {
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        writeFileSync(join(directory, file), readFileSync(join(ROOT, hierarchy, file)));
      }
      writeFileSync(join(directory, 'cgroup.clone_children'), '1');
    }
    if (hierarchy === 'memory') tryWrite(join(directory, 'memory.use_hierarchy'), '1');
  }
}

/** Removes what {@link makeCgroups} made and everything below; groups that still hold processes stay. */
export function removeCgroups(name: string): void {
  removeTree(join(ROOT, name));
  for (const hierarchy of V1) removeTree(join(ROOT, hierarchy, name));
}

/** A cgroup is removed with rmdir, children first; its files are not real. */
function removeTree(directory: string): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  }
  try {
    rmdirSync(directory);
  } catch {
    // busy for a moment after its last process ended; `down` comes back to it
  }
}

function tryWrite(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch {
    // not offered by this kernel, or already so
  }
}
