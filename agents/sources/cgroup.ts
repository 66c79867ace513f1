import type { MetricName } from '../../engine/metrics.ts';
import type { Row } from '../../engine/frame/types.ts';
import type { Clock } from '../../wire/clock.ts';
import { KeptFile } from '../cgroup/kept-file.ts';
import { KillLedger, type PodLook } from '../cgroup/kill-ledger.ts';
import { detectLayout, type Layout } from '../cgroup/layout.ts';
import { PodTree, type Cgroup, type ContainerCgroup, type PodCgroup } from '../cgroup/pod-tree.ts';
import { emptyReading, type Reading } from '../cgroup/reading.ts';
import { Rate, Share } from './rate.ts';
import type { Source, Urge, Write } from './source.ts';

const podMetrics = [
  'k8s.pod.oom_kills',
  'k8s.pod.memory.working_set',
  'k8s.pod.memory.limit_utilization',
  'k8s.pod.cpu.usage',
  'k8s.pod.cpu.throttled',
] as const satisfies readonly MetricName[];

const containerMetrics = [
  'k8s.container.cpu.usage',
  'k8s.container.cpu.limit_utilization',
  'k8s.container.cpu.throttled',
  'k8s.container.memory.usage',
  'k8s.container.memory.working_set',
  'k8s.container.memory.limit',
  'k8s.container.memory.limit_utilization',
  'k8s.container.oom_kills',
  'k8s.container.processes',
  'k8s.container.pressure.cpu',
  'k8s.container.pressure.memory',
  'k8s.container.pressure.io',
] as const satisfies readonly MetricName[];

const metrics: readonly MetricName[] = [...podMetrics, ...containerMetrics];
const column = (metric: (typeof podMetrics)[number] | (typeof containerMetrics)[number]): number =>
  metrics.indexOf(metric);
const podKills = column('k8s.pod.oom_kills');
const containerKills = column('k8s.container.oom_kills');

export interface CgroupOptions {
  readonly cgroupRoot: string;
  /** Cgroup below which the kubelet makes its own; default none. */
  readonly cgroupParent?: string;
  readonly procRoot: string;
  /** How often to look for kills and for pods that came or went. Default 200. */
  readonly lookMs?: number;
}

/** What is remembered of a cgroup from one read to the next. */
interface Measured {
  readonly cgroup: Cgroup;
  readonly cpu: Rate;
  readonly throttled: Share;
  readonly pressures: readonly [Rate, Rate, Rate];
  kills: number;
}

/**
 * Pods and containers by their cgroups, v1 and v2: the kernel’s own figures, as new as the read. Sandboxes have cgroups
 * like containers and are told as such; who knows the pods’ status leaves them out.
 */
export class CgroupSource implements Source {
  readonly name = 'cgroup';
  readonly metrics = metrics;
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #tree: PodTree;
  readonly #ledger = new KillLedger();
  readonly #vmstat: KeptFile;
  readonly #lookMs: number;
  readonly #reading: Reading = emptyReading();
  #pods: { readonly measured: Measured; readonly pod: PodCgroup }[] = [];
  #containers: { readonly measured: Measured; readonly container: ContainerCgroup; readonly uid: string }[] = [];
  #rows: readonly Row[] = [];
  #known = new Map<Cgroup, Measured>();
  #cancel: () => void = () => {};

  /** Throws when `cgroupRoot` is no cgroup tree. */
  constructor(options: CgroupOptions, clock: Clock) {
    this.#layout = detectLayout(options.cgroupRoot, options.cgroupParent);
    this.#clock = clock;
    this.#tree = new PodTree(this.#layout);
    this.#vmstat = new KeptFile(`${options.procRoot}/vmstat`);
    this.#lookMs = options.lookMs ?? 200;
    this.refresh();
    this.#look();
  }

  /** 1 or 2. */
  get version(): 1 | 2 {
    return this.#layout.version;
  }

  objects(): readonly Row[] {
    return this.#rows;
  }

  read(write: Write): void {
    const atSeconds = this.#clock.monotonic() / 1000;
    this.#pods.forEach(({ measured, pod }, object) => {
      const reading = this.#read(measured);
      if (reading === undefined) return;
      write(podKills, object, this.#killsOf(pod, measured));
      write(column('k8s.pod.memory.working_set'), object, reading.workingSetBytes);
      write(column('k8s.pod.memory.limit_utilization'), object, reading.workingSetBytes / reading.memoryLimitBytes);
      write(column('k8s.pod.cpu.usage'), object, measured.cpu.next(reading.cpuSeconds, atSeconds));
      write(column('k8s.pod.cpu.throttled'), object, throttledShare(measured, reading));
    });
    this.#containers.forEach(({ measured }, index) => {
      const reading = this.#read(measured);
      if (reading !== undefined) writeContainer(write, this.#pods.length + index, measured, reading, atSeconds);
    });
  }

  start(urge: Urge): void {
    const again = (): void => {
      this.#cancel = this.#clock.after(this.#lookMs, () => {
        again();
        this.refresh();
        const cells = this.#look();
        if (cells.length > 0) urge(cells);
      });
    };
    again();
  }

  stop(): void {
    this.#cancel();
    this.#tree.close();
    this.#vmstat.close();
  }

  #read({ cgroup }: Measured): Reading | undefined {
    if (cgroup.files.read(this.#reading)) return this.#reading;
    this.#tree.lost(cgroup);
    return undefined;
  }

  refresh(): void {
    if (!this.#tree.refresh()) return;
    const known = new Map<Cgroup, Measured>();
    const measuredOf = (cgroup: Cgroup): Measured => {
      const measured = this.#known.get(cgroup) ?? {
        cgroup,
        cpu: new Rate(),
        throttled: new Share(),
        pressures: [new Rate(), new Rate(), new Rate()] as const,
        kills: Number.NaN,
      };
      known.set(cgroup, measured);
      return measured;
    };
    const pods = [...this.#tree.pods.values()];
    this.#pods = pods.map((pod) => ({ pod, measured: measuredOf(pod) }));
    this.#containers = pods.flatMap(({ uid, containers }) =>
      [...containers.values()].map((container) => ({ uid, container, measured: measuredOf(container) })),
    );
    this.#known = known;
    this.#rows = [
      ...pods.map(({ uid }): Row => ({ scope: 'Pod', uid })),
      ...this.#containers.map(({ uid, container }): Row => ({ scope: 'Container', uid, container: container.id })),
    ];
  }

  /** Looks for kills, and answers the cells that rose. */
  #look(): { metric: number; object: number; value: number }[] {
    const cells: { metric: number; object: number; value: number }[] = [];
    const look = ({ measured }: { measured: Measured }, object: number, metric: number): void => {
      const kills = measured.cgroup.files.oomKills();
      if (Number.isNaN(kills)) this.#tree.lost(measured.cgroup);
      else if (kills > measured.kills && (metric === containerKills || this.#layout.version === 2))
        cells.push({ metric, object, value: kills });
      measured.kills = kills;
    };
    this.#pods.forEach((pod, object) => look(pod, object, podKills));
    this.#containers.forEach((container, index) => look(container, this.#pods.length + index, containerKills));
    if (this.#layout.version === 1) cells.push(...this.#lookByLedger());
    return cells;
  }

  #lookByLedger(): { metric: number; object: number; value: number }[] {
    const looks = this.#pods.map(({ pod, measured }): PodLook => {
      const kills = new Map([['', measured.kills]]);
      for (const [id, container] of pod.containers) kills.set(id, this.#known.get(container)?.kills ?? Number.NaN);
      return { uid: pod.uid, limitHits: pod.files.limitHits(), kills };
    });
    const machineKills = (): number => this.#vmstat.read()?.valueOf('oom_kill') ?? Number.NaN;
    const risen = new Set(this.#ledger.look(this.#clock.monotonic(), looks, machineKills));
    return this.#pods.flatMap(({ pod: { uid } }, object) =>
      risen.has(uid) ? [{ metric: podKills, object, value: this.#ledger.totalOf(uid) }] : [],
    );
  }

  #killsOf(pod: PodCgroup, measured: Measured): number {
    return this.#layout.version === 1 ? this.#ledger.totalOf(pod.uid) : measured.kills;
  }
}

function writeContainer(write: Write, object: number, measured: Measured, now: Reading, atSeconds: number): void {
  const cores = measured.cpu.next(now.cpuSeconds, atSeconds);
  const [cpu, memory, io] = measured.pressures;
  write(column('k8s.container.cpu.usage'), object, cores);
  write(column('k8s.container.cpu.limit_utilization'), object, cores / now.cpuLimit);
  write(column('k8s.container.cpu.throttled'), object, throttledShare(measured, now));
  write(column('k8s.container.memory.usage'), object, now.memoryBytes);
  write(column('k8s.container.memory.working_set'), object, now.workingSetBytes);
  write(column('k8s.container.memory.limit'), object, now.memoryLimitBytes);
  write(column('k8s.container.memory.limit_utilization'), object, now.workingSetBytes / now.memoryLimitBytes);
  write(containerKills, object, measured.kills);
  write(column('k8s.container.processes'), object, now.processes);
  write(column('k8s.container.pressure.cpu'), object, cpu.next(now.cpuPressureSeconds, atSeconds));
  write(column('k8s.container.pressure.memory'), object, memory.next(now.memoryPressureSeconds, atSeconds));
  write(column('k8s.container.pressure.io'), object, io.next(now.ioPressureSeconds, atSeconds));
}

/** Missing without a limit; the kernel counts periods only while there is one. */
function throttledShare({ throttled }: Measured, now: Reading): number {
  const share = throttled.next(now.throttledPeriods, now.periods);
  return Number.isNaN(now.cpuLimit) ? Number.NaN : share;
}
