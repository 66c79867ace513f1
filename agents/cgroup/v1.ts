import { join } from 'node:path';
import { KeptFile } from './kept-file.ts';
import type { Layout } from './layout.ts';
import type { CgroupFiles, Reading } from './reading.ts';

/** "No limit" is the largest multiple of a page below 2^63. */
const unlimitedBytes = 2 ** 62;

/** A cgroup of v1: one directory in each controller’s tree, no pressure figures. */
export class V1Files implements CgroupFiles {
  readonly #cpuUsage: KeptFile;
  readonly #cpuStat: KeptFile;
  readonly #quota: KeptFile;
  readonly #period: KeptFile;
  readonly #usage: KeptFile;
  readonly #stat: KeptFile;
  readonly #limit: KeptFile;
  readonly #oomControl: KeptFile;
  readonly #failures: KeptFile;
  readonly #processes: KeptFile;

  constructor({ directory }: Layout, relative: string) {
    const cpu = directory('cpu', relative);
    const memory = directory('memory', relative);
    this.#cpuUsage = new KeptFile(join(directory('cpuacct', relative), 'cpuacct.usage'));
    this.#cpuStat = new KeptFile(join(cpu, 'cpu.stat'));
    this.#quota = new KeptFile(join(cpu, 'cpu.cfs_quota_us'));
    this.#period = new KeptFile(join(cpu, 'cpu.cfs_period_us'));
    this.#usage = new KeptFile(join(memory, 'memory.usage_in_bytes'));
    this.#stat = new KeptFile(join(memory, 'memory.stat'));
    this.#limit = new KeptFile(join(memory, 'memory.limit_in_bytes'));
    this.#oomControl = new KeptFile(join(memory, 'memory.oom_control'));
    this.#failures = new KeptFile(join(memory, 'memory.failcnt'));
    this.#processes = new KeptFile(join(directory('pids', relative), 'pids.current'));
  }

  read(into: Reading): boolean {
    into.memoryBytes = numberIn(this.#usage);
    if (Number.isNaN(into.memoryBytes)) return false;
    // `total_` counts the cgroups below too.
    const inactive = this.#stat.read()?.valueOf('total_inactive_file') ?? Number.NaN;
    into.workingSetBytes = Math.max(0, into.memoryBytes - inactive);
    const limit = numberIn(this.#limit);
    into.memoryLimitBytes = limit < unlimitedBytes ? limit : Number.NaN;
    into.cpuSeconds = numberIn(this.#cpuUsage) / 1e9;
    const stat = this.#cpuStat.read();
    into.periods = stat?.valueOf('nr_periods') ?? Number.NaN;
    into.throttledPeriods = stat?.valueOf('nr_throttled') ?? Number.NaN;
    into.cpuLimit = numberIn(this.#quota) / numberIn(this.#period);
    into.processes = numberIn(this.#processes);
    return true;
  }

  oomKills(): number {
    return this.#oomControl.read()?.valueOf('oom_kill') ?? Number.NaN;
  }

  limitHits(): number {
    return numberIn(this.#failures);
  }

  close(): void {
    this.#cpuUsage.close();
    this.#cpuStat.close();
    this.#quota.close();
    this.#period.close();
    this.#usage.close();
    this.#stat.close();
    this.#limit.close();
    this.#oomControl.close();
    this.#failures.close();
    this.#processes.close();
  }
}

const numberIn = (file: KeptFile): number => file.read()?.numberAt(0) ?? Number.NaN;
