import { statfsSync } from 'node:fs';
import type { MetricName } from '../../engine/metrics.ts';
import type { Clock } from '../../wire/clock.ts';
import { KeptFile, type Text } from '../cgroup/kept-file.ts';
import { someSeconds } from '../cgroup/v2.ts';
import { Rate, Share } from './rate.ts';
import type { Source, Write } from './source.ts';

export interface ProcOptions {
  readonly procRoot: string;
  /** A directory of the file system that is measured. Default /. */
  readonly filesystemPath?: string;
  /** Whether the network that `procRoot` shows is the node’s: a pod that is not given the node’s /proc sees its own. Default true. */
  readonly network?: boolean;
}

const networkMetrics = [
  'system.network.io.receive',
  'system.network.io.transmit',
] as const satisfies readonly MetricName[];

const metrics = [
  'system.cpu.utilization',
  'system.cpu.load_average.1m',
  'system.memory.utilization',
  'system.memory.available',
  'system.filesystem.utilization',
  'system.disk.io_time',
  'system.pressure.cpu',
  'system.pressure.memory',
  'system.pressure.io',
  ...networkMetrics,
] as const satisfies readonly MetricName[];

/** The node by /proc. */
export class ProcSource implements Source {
  readonly name = 'proc';
  readonly metrics: readonly MetricName[];
  readonly #clock: Clock;
  readonly #filesystemPath: string;
  readonly #files: Readonly<Record<(typeof fileNames)[number], KeptFile>>;
  readonly #busy = new Share();
  readonly #disks = new Map<string, Rate>();
  #interfaces: ReadonlyMap<string, readonly [received: Rate, transmitted: Rate]> = new Map();
  readonly #pressures = [new Rate(), new Rate(), new Rate()] as const;

  constructor({ procRoot, filesystemPath = '/', network = true }: ProcOptions, clock: Clock) {
    this.metrics = network ? metrics : metrics.slice(0, -networkMetrics.length);
    this.#clock = clock;
    this.#filesystemPath = filesystemPath;
    const file = (name: string): KeptFile => new KeptFile(`${procRoot}/${name}`);
    this.#files = {
      stat: file('stat'),
      loadavg: file('loadavg'),
      meminfo: file('meminfo'),
      diskstats: file('diskstats'),
      // `net` alone is the network of the one who reads it, which in a pod is not the node’s.
      '1/net/dev': file('1/net/dev'),
      'net/dev': file('net/dev'),
      'pressure/cpu': file('pressure/cpu'),
      'pressure/memory': file('pressure/memory'),
      'pressure/io': file('pressure/io'),
    };
  }

  read(write: Write): void {
    const atSeconds = this.#clock.monotonic() / 1000;
    const put = (metric: (typeof metrics)[number], value: number): void => write(metrics.indexOf(metric), 0, value);
    const { busy, total } = cpuTicks(this.#files.stat.read());
    put('system.cpu.utilization', this.#busy.next(busy, total));
    put('system.cpu.load_average.1m', Number.parseFloat(this.#files.loadavg.read()?.toString() ?? ''));
    const meminfo = this.#files.meminfo.read();
    const available = kibibytes(meminfo, 'MemAvailable:');
    put('system.memory.utilization', 1 - available / kibibytes(meminfo, 'MemTotal:'));
    put('system.memory.available', available);
    put('system.filesystem.utilization', usedShare(this.#filesystemPath));
    put('system.disk.io_time', this.#busiestDisk(atSeconds));
    if (this.metrics.length === metrics.length) {
      const { received, transmitted } = this.#network(atSeconds);
      put('system.network.io.receive', received);
      put('system.network.io.transmit', transmitted);
    }
    const [cpu, memory, io] = this.#pressures;
    put('system.pressure.cpu', cpu.next(someSeconds(this.#files['pressure/cpu'].read()), atSeconds));
    put('system.pressure.memory', memory.next(someSeconds(this.#files['pressure/memory'].read()), atSeconds));
    put('system.pressure.io', io.next(someSeconds(this.#files['pressure/io'].read()), atSeconds));
  }

  stop(): void {
    for (const file of Object.values(this.#files)) file.close();
  }

  #busiestDisk(atSeconds: number): number {
    let busiest = Number.NaN;
    for (const { name, busySeconds } of disks(this.#files.diskstats.read()?.toString())) {
      const rate = this.#disks.get(name) ?? new Rate();
      this.#disks.set(name, rate);
      const share = Math.min(1, rate.next(busySeconds, atSeconds));
      if (share > busiest || Number.isNaN(busiest)) busiest = share;
    }
    return busiest;
  }

  /** Each interface for itself: one comes and goes with each pod, and would take its past out of a sum. */
  #network(atSeconds: number): { received: number; transmitted: number } {
    const text = (this.#files['1/net/dev'].read() ?? this.#files['net/dev'].read())?.toString();
    const known = this.#interfaces;
    const total = { received: Number.NaN, transmitted: Number.NaN };
    this.#interfaces = new Map(
      interfaces(text).map(({ name, received, transmitted }) => {
        const rates = known.get(name) ?? [new Rate(), new Rate()];
        total.received = plus(total.received, rates[0].next(received, atSeconds));
        total.transmitted = plus(total.transmitted, rates[1].next(transmitted, atSeconds));
        return [name, rates];
      }),
    );
    return total;
  }
}

/** The sum of what is known. */
const plus = (sum: number, more: number): number => (Number.isNaN(sum) ? more : Number.isNaN(more) ? sum : sum + more);

const fileNames = [
  'stat',
  'loadavg',
  'meminfo',
  'diskstats',
  '1/net/dev',
  'net/dev',
  'pressure/cpu',
  'pressure/memory',
  'pressure/io',
] as const;

/** First line of stat: `cpu user nice system idle iowait irq softirq steal …`; guests are part of user. */
function cpuTicks(text: Text | undefined): { busy: number; total: number } {
  const words = text?.toString().split('\n', 1)[0]?.trim().split(/\s+/) ?? [];
  const ticks = words.slice(1, 9).map(Number);
  if (words[0] !== 'cpu' || ticks.length < 4) return { busy: Number.NaN, total: Number.NaN };
  const total = ticks.reduce((sum, each) => sum + each, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { busy: total - idle, total };
}

/** `MemTotal:       24567 kB` */
function kibibytes(text: Text | undefined, key: string): number {
  const [, digits] = new RegExp(`^${key}\\s+(\\d+) kB`, 'm').exec(text?.toString() ?? '') ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * 1024;
}

function usedShare(path: string): number {
  try {
    const { blocks, bfree, bavail } = statfsSync(path);
    const used = blocks - bfree;
    // As df does: what is kept for root counts for nobody.
    return used + bavail === 0 ? Number.NaN : used / (used + bavail);
  } catch {
    return Number.NaN;
  }
}

/** Whole disks and their parts but not loop and memory devices; the tenth figure is the milliseconds that I/O took. */
function disks(text = ''): { name: string; busySeconds: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, , name = '', ...figures] = line.trim().split(/\s+/);
    if (name === '' || /^(loop|ram|zram)\d/.test(name)) return [];
    return [{ name, busySeconds: Number(figures[9]) / 1000 }];
  });
}

/** Interfaces but loopback; each line is `name: received-bytes … (8 figures) transmitted-bytes …`. */
function interfaces(text = ''): { name: string; received: number; transmitted: number }[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', figures = ''] = line.split(':').map((part) => part.trim());
    if (name === 'lo' || figures === '') return [];
    const numbers = figures.split(/\s+/).map(Number);
    return [{ name, received: numbers[0] ?? Number.NaN, transmitted: numbers[8] ?? Number.NaN }];
  });
}
