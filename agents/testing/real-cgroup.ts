import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';
const trees = ['cpu', 'cpuacct', 'memory', 'pids'];

/** Why this machine’s cgroup v1 tree cannot be tried, or nothing. */
export const whyNoCgroupV1 = (): string | undefined =>
  process.getuid?.() !== 0
    ? 'it needs root'
    : trees.every((tree) => existsSync(join(root, tree)))
      ? undefined
      : 'this machine has no cgroup v1 controllers';

/** A real cgroup of this machine (v1), in all trees that an agent reads, with processes in it. */
export class RealCgroup {
  readonly relative: string;
  readonly #processes: ChildProcess[] = [];

  constructor(relative: string) {
    this.relative = relative;
    for (const tree of trees) mkdirSync(join(root, tree, relative), { recursive: true });
  }

  /** Writes one of its files, such as `memory/memory.limit_in_bytes`. */
  set(file: string, value: number): void {
    const [tree = '', name = ''] = file.split('/');
    writeFileSync(join(root, tree, this.relative, name), String(value));
  }

  /** The kernel’s own count in one of its files: the number in it, or the one that follows `key`. */
  count(file: string, key?: string): number {
    const [tree = '', name = ''] = file.split('/');
    const text = readFileSync(join(root, tree, this.relative, name), 'utf8');
    return Number(key === undefined ? text : new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1]);
  }

  /** Runs a script of Node.js in it from its first instruction on. */
  run(script: string): ChildProcess {
    const join_ = trees.map((tree) => `echo $$ > ${join(root, tree, this.relative)}/cgroup.procs`).join(' && ');
    const child = spawn('sh', ['-c', `${join_} && exec "$0" -e "$1"`, process.execPath, script], { stdio: 'ignore' });
    this.#processes.push(child);
    return child;
  }

  /** Ends its processes and takes it away. */
  async remove(): Promise<void> {
    for (const child of this.#processes.splice(0))
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
    for (const tree of trees) await removeDirectory(join(root, tree, this.relative));
  }
}

/** The kernel lets go of a cgroup a moment after its last process. */
async function removeDirectory(path: string): Promise<void> {
  for (let attempt = 0; existsSync(path); attempt++)
    try {
      rmdirSync(path);
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
