import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a fixture’s cgroup says; a test changes only what it is about. */
export interface CgroupFigures {
  cpuSeconds?: number;
  cpuLimit?: number;
  periods?: number;
  throttled?: number;
  memoryBytes?: number;
  inactiveFileBytes?: number;
  memoryLimitBytes?: number;
  oomKills?: number;
  limitHits?: number;
  processes?: number;
  cpuPressureSeconds?: number;
}

/** A temporary directory that looks like a cgroup file system, for tests. */
export class CgroupFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'homeostat-cgroup-'));
  readonly #version: 1 | 2;

  constructor(version: 1 | 2) {
    this.#version = version;
    if (version === 2) this.write('cgroup.controllers', 'cpu io memory pids\n');
    else for (const controller of ['cpu', 'cpuacct', 'memory', 'pids']) mkdirSync(join(this.root, controller));
  }

  /** Makes or changes a cgroup. */
  set(relative: string, figures: CgroupFigures = {}): void {
    const files = this.#version === 1 ? v1(figures) : v2(figures);
    for (const [name, content] of Object.entries(files)) {
      const [controller = '', file = ''] = name.split('/');
      this.write(this.#version === 1 ? join(controller, relative, file) : join(relative, file), content);
    }
  }

  /** Takes a cgroup away. */
  remove(relative: string): void {
    const trees = this.#version === 1 ? ['cpu', 'cpuacct', 'memory', 'pids'] : [''];
    for (const tree of trees) {
      // The kernel ends what reads an open file of a cgroup that is gone; a plain file has to be emptied for that.
      for (const file of ['memory.usage_in_bytes', 'memory.oom_control', 'memory.failcnt', 'cpu.stat', 'memory.events'])
        this.#empty(join(tree, relative, file));
      rmSync(join(this.root, tree, relative), { recursive: true, force: true });
    }
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  delete(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #empty(path: string): void {
    try {
      writeFileSync(join(this.root, path), '', { flag: 'r+' });
    } catch {
      // It has no such file.
    }
  }
}

const v1 = (figures: CgroupFigures): Record<string, string> => ({
  'cpuacct/cpuacct.usage': `${Math.round((figures.cpuSeconds ?? 0) * 1e9)}\n`,
  'cpu/cpu.stat': `nr_periods ${figures.periods ?? 0}\nnr_throttled ${figures.throttled ?? 0}\nthrottled_time 12345\n`,
  'cpu/cpu.cfs_quota_us': figures.cpuLimit === undefined ? '-1\n' : `${figures.cpuLimit * 100_000}\n`,
  'cpu/cpu.cfs_period_us': '100000\n',
  'memory/memory.usage_in_bytes': `${figures.memoryBytes ?? 0}\n`,
  'memory/memory.limit_in_bytes': `${figures.memoryLimitBytes ?? '9223372036854771712'}\n`,
  'memory/memory.failcnt': `${figures.limitHits ?? 0}\n`,
  'memory/memory.stat': `cache 1\ninactive_file 7\ntotal_cache 1\ntotal_inactive_file ${figures.inactiveFileBytes ?? 0}\n`,
  'memory/memory.oom_control': `oom_kill_disable 0\nunder_oom 0\noom_kill ${figures.oomKills ?? 0}\n`,
  'pids/pids.current': `${figures.processes ?? 1}\n`,
});

const v2 = (figures: CgroupFigures): Record<string, string> => ({
  'any/cpu.stat': `usage_usec ${Math.round((figures.cpuSeconds ?? 0) * 1e6)}\nuser_usec 1\nnr_periods ${figures.periods ?? 0}\nnr_throttled ${figures.throttled ?? 0}\nthrottled_usec 5\n`,
  'any/cpu.max': figures.cpuLimit === undefined ? 'max 100000\n' : `${figures.cpuLimit * 100_000} 100000\n`,
  'any/memory.current': `${figures.memoryBytes ?? 0}\n`,
  'any/memory.max': `${figures.memoryLimitBytes ?? 'max'}\n`,
  'any/memory.stat': `anon 1\nfile 2\ninactive_file ${figures.inactiveFileBytes ?? 0}\nactive_file 3\n`,
  'any/memory.events': `low 0\nhigh 0\nmax 9\noom 9\noom_kill ${figures.oomKills ?? 0}\noom_group_kill 0\n`,
  'any/pids.current': `${figures.processes ?? 1}\n`,
  'any/cpu.pressure': `some avg10=1.00 avg60=0.50 avg300=0.10 total=${Math.round((figures.cpuPressureSeconds ?? 0) * 1e6)}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99\n`,
});
