import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How long a program waits for a CPU: `/proc/PID/task/TID/schedstat` has it for each thread, for everybody to read. A
 * program that hangs waits for none, whether it was stopped or its threads wait for each other; one that the machine
 * starves stands in line for one nearly all the time.
 */
export class CpuQueue {
  readonly #procRoot: string;
  readonly #program: string;
  #pid: string | undefined;

  constructor(procRoot: string, program: string) {
    this.#procRoot = procRoot;
    this.#program = program;
  }

  /** Milliseconds that its threads have waited so far, all added up; undefined where there is none or nobody counts. */
  waitedMs(): number | undefined {
    if (this.#pid === undefined || !this.#is(this.#pid)) this.#pid = this.#find();
    if (this.#pid === undefined) return undefined;
    const tasks = join(this.#procRoot, this.#pid, 'task');
    try {
      const nanoseconds = readdirSync(tasks).map((thread) => waitOf(join(tasks, thread, 'schedstat')));
      return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
    } catch {
      return undefined; // it has ended, or this kernel does not count
    }
  }

  #is(pid: string): boolean {
    try {
      return readFileSync(join(this.#procRoot, pid, 'comm'), 'utf8').trim() === this.#program;
    } catch {
      return false;
    }
  }

  #find(): string | undefined {
    try {
      return readdirSync(this.#procRoot).find((name) => /^\d+$/.test(name) && this.#is(name));
    } catch {
      return undefined;
    }
  }
}

/** Time on a CPU, time in line for one (both in nanoseconds), and how often it got one. */
const waitOf = (file: string): number => Number(readFileSync(file, 'utf8').split(' ')[1]);
