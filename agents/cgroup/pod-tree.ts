import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { containerId, isQos, podRoots, podUid, type Layout } from './layout.ts';
import type { CgroupFiles } from './reading.ts';
import { V1Files } from './v1.ts';
import { V2Files } from './v2.ts';

/** The cgroup of a pod or of a container. */
export interface Cgroup {
  /** Its directory relative to the tree. */
  readonly relative: string;
  readonly files: CgroupFiles;
}

export interface ContainerCgroup extends Cgroup {
  readonly id: string;
}

export interface PodCgroup extends Cgroup {
  readonly uid: string;
  readonly containers: ReadonlyMap<string, ContainerCgroup>;
}

interface Listing {
  readonly links: number;
  readonly modifiedMs: number;
  readonly names: readonly string[];
}

const none: readonly string[] = [];

/**
 * The pods and containers that have cgroups, kept up to date by looking at directories only. The kernel’s directories
 * say how many subdirectories they have (their links) but not when that changed: one that was replaced between two looks
 * is noticed by who reads its files, and told through `lost`.
 */
export class PodTree {
  readonly #layout: Layout;
  readonly #pods = new Map<string, PodCgroup & { containers: Map<string, ContainerCgroup> }>();
  readonly #listings = new Map<string, Listing>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  get pods(): ReadonlyMap<string, PodCgroup> {
    return this.#pods;
  }

  /** Looks again. Answers whether a pod or a container came or went. */
  refresh(): boolean {
    let changed = false;
    const found = new Map<string, string>();
    for (const root of podRoots)
      for (const name of this.#list(root)) {
        const relative = join(root, name);
        if (!isQos(name)) note(found, name, relative);
        else for (const pod of this.#list(relative)) note(found, pod, join(relative, pod));
      }
    for (const [uid, pod] of this.#pods)
      if (found.get(uid) !== pod.relative) {
        this.#drop(pod);
        changed = true;
      }
    for (const [uid, relative] of found) {
      const known = this.#pods.get(uid);
      const containersChanged = this.#refreshContainers(known ?? this.#add(uid, relative));
      changed ||= containersChanged || known === undefined;
    }
    return changed;
  }

  /** Tells that a cgroup was found to be gone: what holds it is looked at afresh the next time. */
  lost({ relative }: Cgroup): void {
    const parent = relative.slice(0, relative.lastIndexOf('/'));
    for (const directory of [relative, parent]) this.#listings.delete(directory);
  }

  close(): void {
    for (const pod of this.#pods.values()) this.#drop(pod);
  }

  #add(uid: string, relative: string): PodCgroup & { containers: Map<string, ContainerCgroup> } {
    const pod = { uid, relative, files: this.#filesOf(relative), containers: new Map<string, ContainerCgroup>() };
    this.#pods.set(uid, pod);
    return pod;
  }

  #drop(pod: PodCgroup): void {
    pod.files.close();
    for (const { files } of pod.containers.values()) files.close();
    this.#listings.delete(pod.relative);
    this.#pods.delete(pod.uid);
  }

  #refreshContainers(pod: { relative: string; containers: Map<string, ContainerCgroup> }): boolean {
    const before = this.#listings.get(pod.relative);
    const names = this.#list(pod.relative);
    if (before !== undefined && before.names === names) return false;
    const found = new Map<string, string>();
    for (const name of names) {
      const id = containerId(name);
      if (id !== undefined) found.set(id, join(pod.relative, name));
    }
    let changed = false;
    for (const [id, { files }] of pod.containers)
      if (!found.has(id)) {
        files.close();
        pod.containers.delete(id);
        changed = true;
      }
    for (const [id, relative] of found)
      if (!pod.containers.has(id)) {
        pod.containers.set(id, { id, relative, files: this.#filesOf(relative) });
        changed = true;
      }
    return changed;
  }

  /** Names of the directories in a directory; the same array as long as nothing seems to have changed. */
  #list(relative: string): readonly string[] {
    const path = join(this.#layout.tree, relative);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) {
      this.#listings.delete(relative);
      return none;
    }
    const known = this.#listings.get(relative);
    if (known?.links === stat.nlink && known.modifiedMs === stat.mtimeMs) return known.names;
    const names = directoriesIn(path);
    this.#listings.set(relative, { links: stat.nlink, modifiedMs: stat.mtimeMs, names });
    return names;
  }

  #filesOf(relative: string): CgroupFiles {
    return this.#layout.version === 1 ? new V1Files(this.#layout, relative) : new V2Files(this.#layout, relative);
  }
}

function note(found: Map<string, string>, name: string, relative: string): void {
  const uid = podUid(name);
  if (uid !== undefined) found.set(uid, relative);
}

/** None when the directory goes while it is read. */
function directoriesIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return none;
  }
}
