import { join } from 'node:path';
import { KeptFile, type Text } from './kept-file.ts';
import type { Layout } from './layout.ts';
import type { CgroupFiles, Reading } from './reading.ts';

/** A cgroup of v2: everything in one directory; figures of those below are part of its own. */
export class V2Files implements CgroupFiles {
  readonly #cpuStat: KeptFile;
  readonly #cpuMax: KeptFile;
  readonly #current: KeptFile;
  readonly #stat: KeptFile;
  readonly #max: KeptFile;
  readonly #events: KeptFile;
  readonly #processes: KeptFile;
  readonly #cpuPressure: KeptFile;
  readonly #memoryPressure: KeptFile;
  readonly #ioPressure: KeptFile;

  constructor({ directory }: Layout, relative: string) {
    const file = (name: string): KeptFile => new KeptFile(join(directory('memory', relative), name));
    this.#cpuStat = file('cpu.stat');
    this.#cpuMax = file('cpu.max');
    this.#current = file('memory.current');
    this.#stat = file('memory.stat');
    this.#max = file('memory.max');
    this.#events = file('memory.events');
    this.#processes = file('pids.current');
    this.#cpuPressure = file('cpu.pressure');
    this.#memoryPressure = file('memory.pressure');
    this.#ioPressure = file('io.pressure');
  }

  read(into: Reading): boolean {
    const stat = this.#cpuStat.read();
    if (stat === undefined) return false;
    into.cpuSeconds = stat.valueOf('usage_usec') / 1e6;
    into.periods = stat.valueOf('nr_periods');
    into.throttledPeriods = stat.valueOf('nr_throttled');
    into.cpuLimit = quotient(this.#cpuMax.read());
    into.memoryBytes = this.#current.read()?.numberAt(0) ?? Number.NaN;
    const inactive = this.#stat.read()?.valueOf('inactive_file') ?? Number.NaN;
    into.workingSetBytes = Math.max(0, into.memoryBytes - inactive);
    into.memoryLimitBytes = this.#max.read()?.numberAt(0) ?? Number.NaN;
    into.processes = this.#processes.read()?.numberAt(0) ?? Number.NaN;
    into.cpuPressureSeconds = someSeconds(this.#cpuPressure.read());
    into.memoryPressureSeconds = someSeconds(this.#memoryPressure.read());
    into.ioPressureSeconds = someSeconds(this.#ioPressure.read());
    return true;
  }

  oomKills(): number {
    return this.#events.read()?.valueOf('oom_kill') ?? Number.NaN;
  }

  limitHits(): number {
    return Number.NaN;
  }

  close(): void {
    this.#cpuStat.close();
    this.#cpuMax.close();
    this.#current.close();
    this.#stat.close();
    this.#max.close();
    this.#events.close();
    this.#processes.close();
    this.#cpuPressure.close();
    this.#memoryPressure.close();
    this.#ioPressure.close();
  }
}

/** `50000 100000` is half a core; `max 100000` is no limit. */
function quotient(text: Text | undefined): number {
  if (text === undefined) return Number.NaN;
  const quota = text.numberAt(0);
  return Number.isNaN(quota) ? Number.NaN : quota / text.numberAt(text.bytes.indexOf(' ') + 1);
}

/** `total` of the first line, `some`, in which it is in microseconds. Also for /proc/pressure. */
export const someSeconds = (text: Text | undefined): number =>
  text === undefined ? Number.NaN : text.valueOf('total') / 1e6;
