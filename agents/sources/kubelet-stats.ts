import type { Row } from '../../engine/frame/types.ts';
import type { MetricName } from '../../engine/metrics.ts';
import type { Clock } from '../../wire/clock.ts';
import { KubeletError } from '../kubelet/client.ts';
import { limitsOf, type Limits } from '../kubelet/limits.ts';
import { podsOf } from '../kubelet/pods.ts';
import { resourceSummaryOf } from '../kubelet/resource-metrics.ts';
import { summaryOf, type NetworkStats, type PodStats, type Summary } from '../kubelet/summary.ts';
import { HeldRate } from './rate.ts';
import type { Source, Write } from './source.ts';

/** What cgroups do not tell. */
const beside = [
  'k8s.pod.network.io.receive',
  'k8s.pod.network.io.transmit',
  'k8s.pod.filesystem.usage',
  'k8s.pod.volume.utilization',
  'k8s.container.filesystem.usage',
] as const satisfies readonly MetricName[];

/** What is told in place of cgroups, and of the network of the node, where the agent may not see them. */
const instead = ['system.network.io.receive', 'system.network.io.transmit', 'k8s.container.memory.usage'] as const;

/** What /metrics/resource knows as well. */
const cpuAndMemory = [
  'k8s.pod.memory.working_set',
  'k8s.pod.memory.limit_utilization',
  'k8s.pod.cpu.usage',
  'k8s.container.cpu.usage',
  'k8s.container.cpu.limit_utilization',
  'k8s.container.memory.working_set',
  'k8s.container.memory.limit',
  'k8s.container.memory.limit_utilization',
] as const satisfies readonly MetricName[];

type Told = (typeof beside | typeof instead | typeof cpuAndMemory)[number];

export interface KubeletStatsOptions {
  /** `Alone` where no cgroups are read. */
  readonly tells: 'BesideCgroups' | 'Alone';
  /** Where it asks: /stats/summary, or /metrics/resource. Default Summary. */
  readonly from?: 'Summary' | 'Resource';
  /** Time between two questions. Default 10 s, which is about as often as kubelets look themselves. */
  readonly everyMs?: number;
  /** Told when the kubelet begins to fail, of each other reason, and (undefined) when it answers again. */
  readonly onProblem?: (message: string | undefined) => void;
}

/** The JSON at a path of the kubelet, or the text below /metrics; `resource` is what RBAC calls it. Rejects with a KubeletError. */
export type Ask = (path: string, resource: string) => Promise<unknown>;

interface Measured {
  readonly row: Row;
  readonly values: ReadonlyMap<Told, number>;
}

/**
 * Pods and containers as their kubelet sees them at /stats/summary or /metrics/resource, and the limits of containers at /pods. A value is
 * told at every tick until the kubelet has a newer one, for three questions at most.
 */
export class KubeletStats implements Source {
  readonly name = 'kubelet-stats';
  readonly metrics: readonly MetricName[];
  readonly #ask: Ask;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #onProblem: (message: string | undefined) => void;
  readonly #alone: boolean;
  readonly #from: 'Summary' | 'Resource';
  #rates = new Map<string, HeldRate>();
  #objects: readonly Measured[] = [];
  #rows: readonly Row[] = [];
  #node: ReadonlyMap<Told, number> = new Map();
  #answeredMs = -Infinity;
  #problem: string | undefined;
  #stopped = true;
  #cancel: () => void = () => {};

  constructor(
    ask: Ask,
    { tells, from = 'Summary', everyMs = 10_000, onProblem = () => {} }: KubeletStatsOptions,
    clock: Clock,
  ) {
    this.#ask = ask;
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#onProblem = onProblem;
    this.#alone = tells === 'Alone';
    this.#from = from;
    if (from === 'Resource') this.metrics = cpuAndMemory;
    else this.metrics = this.#alone ? [...beside, ...instead, ...cpuAndMemory] : beside;
  }

  objects(): readonly Row[] {
    return this.#rows;
  }

  read(write: Write): void {
    if (this.#clock.monotonic() - this.#answeredMs > 3 * this.#everyMs) return;
    const tell = (values: ReadonlyMap<Told, number>, object: number): void => {
      for (const [metric, name] of this.metrics.entries()) {
        const value = values.get(name as Told);
        if (value !== undefined) write(metric, object, value);
      }
    };
    tell(this.#node, 0);
    this.#objects.forEach(({ values }, object) => tell(values, object));
  }

  start(): void {
    this.#stopped = false;
    void this.#again();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #again(): Promise<void> {
    await this.#look();
    if (!this.#stopped) this.#cancel = this.#clock.after(this.#everyMs, () => void this.#again());
  }

  async #look(): Promise<void> {
    let problem: string | undefined;
    const asked = <T>(path: string, resource: string, read: (answer: unknown) => T): Promise<T | undefined> =>
      this.#ask(path, resource)
        .then(read)
        .catch((error: unknown) => {
          problem ??= error instanceof KubeletError ? error.message : `${path} of the kubelet: ${String(error)}`;
          return undefined;
        });
    const askPods = () =>
      asked('/pods', 'nodes/pods', (answer) => ({ limits: limitsOf(answer), pods: podsOf(answer) }));
    let summary: Summary | undefined;
    let known: Awaited<ReturnType<typeof askPods>>;
    if (this.#from === 'Summary') {
      summary = await asked('/stats/summary', 'nodes/stats', summaryOf);
      known = this.#alone && summary !== undefined ? await askPods() : undefined;
    } else {
      // There pods have names only; /pods says which they are.
      const { pods } = (known = await askPods()) ?? {};
      if (pods !== undefined)
        summary = await asked('/metrics/resource', 'nodes/metrics', (text) => resourceSummaryOf(String(text), pods));
    }
    if (this.#stopped) return;
    if (summary !== undefined) this.#take(summary, known?.limits);
    if (problem !== this.#problem) this.#onProblem(problem);
    this.#problem = problem;
  }

  #take({ node, pods }: Summary, limits: ReadonlyMap<string, Limits> | undefined): void {
    this.#answeredMs = this.#clock.monotonic();
    const known = this.#rates;
    this.#rates = new Map();
    const rate = (key: string, value: number, atMs: number): number => {
      const held = known.get(key) ?? new HeldRate();
      this.#rates.set(key, held);
      return held.next(value, atMs);
    };
    const traffic = (key: string, { atMs, received, transmitted }: NetworkStats) => ({
      received: rate(`${key} received`, received, atMs),
      transmitted: rate(`${key} transmitted`, transmitted, atMs),
    });
    if (this.#alone) {
      const { received, transmitted } = traffic('node', node.network);
      this.#node = new Map<Told, number>([
        ['system.network.io.receive', received],
        ['system.network.io.transmit', transmitted],
      ]);
    }
    this.#objects = [
      ...pods.map((pod): Measured => ({ row: { scope: 'Pod', uid: pod.uid }, values: podValues(pod) })),
      ...pods.flatMap((pod) => containersOf(pod)),
    ];
    const rows = this.#objects.map(({ row }) => row);
    if (keysOf(rows) !== keysOf(this.#rows)) this.#rows = rows;

    function podValues(pod: PodStats): ReadonlyMap<Told, number> {
      const { uid, cpu, network, workingSetBytes, filesystemBytes, volumeUtilization, containers } = pod;
      const { received, transmitted } = traffic(uid, network);
      // As of a cgroup: a pod has a limit when each of its containers has one.
      const limit = containers.reduce((sum, { name }) => sum + (limits?.get(`${uid}/${name}`)?.memoryBytes ?? NaN), 0);
      return new Map<Told, number>([
        ['k8s.pod.network.io.receive', received],
        ['k8s.pod.network.io.transmit', transmitted],
        ['k8s.pod.filesystem.usage', filesystemBytes],
        ['k8s.pod.volume.utilization', volumeUtilization],
        ['k8s.pod.memory.working_set', workingSetBytes],
        ['k8s.pod.memory.limit_utilization', shareOf(workingSetBytes, limit)],
        ['k8s.pod.cpu.usage', rate(`${uid} cpu`, cpu.seconds, cpu.atMs)],
      ]);
    }

    function containersOf({ uid, containers }: PodStats): Measured[] {
      return containers.map(({ name, cpu, memoryBytes, workingSetBytes, filesystemBytes }) => {
        const { cpu: cpuLimit = NaN, memoryBytes: limit = NaN } = limits?.get(`${uid}/${name}`) ?? {};
        const usage = rate(`${uid}/${name} cpu`, cpu.seconds, cpu.atMs);
        return {
          row: { scope: 'Container', uid, container: name },
          values: new Map<Told, number>([
            ['k8s.container.filesystem.usage', filesystemBytes],
            ['k8s.container.cpu.usage', usage],
            ['k8s.container.cpu.limit_utilization', shareOf(usage, cpuLimit)],
            ['k8s.container.memory.usage', memoryBytes],
            ['k8s.container.memory.working_set', workingSetBytes],
            ['k8s.container.memory.limit', Number.isFinite(limit) ? limit : NaN],
            ['k8s.container.memory.limit_utilization', shareOf(workingSetBytes, limit)],
          ]),
        };
      });
    }
  }
}

const shareOf = (part: number, limit: number): number => (Number.isFinite(limit) ? part / limit : NaN);

const keysOf = (rows: readonly Row[]): string => rows.map(({ uid, container = '' }) => `${uid}/${container}`).join();
