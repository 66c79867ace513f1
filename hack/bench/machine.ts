import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly model: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Load average of the minute before: well above 0 means that something else was running. */
  readonly loadBefore: number;
  readonly commit: string;
  /** Of the day, UTC. */
  readonly date: string;
}

/** Describes this machine as it is now. */
export const thisMachine = (): Machine => ({
  model: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  commit: commit(),
  date: new Date().toISOString().slice(0, 10),
});

const commit = (): string => {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};
