import { metrics, type MetricName } from '../../engine/metrics.ts';
import type { Frame, Keyframe, Row } from '../../engine/frame/types.ts';
import type { Clock } from '../../wire/clock.ts';
import { Agent, type FrameSink } from '../agent.ts';
import { hashOf } from '../hash.ts';
import type { Source, Urge, Write } from '../sources/source.ts';
import type { VirtualPod } from './population.ts';
import type { Fault, Script } from './script.ts';
import { normal, randomOf, shaped, type Random } from './shape.ts';

/** What an agent would read on a calm node; the others are 0. */
const calm: Partial<Record<MetricName, number>> = {
  'system.cpu.utilization': 0.3,
  'system.cpu.load_average.1m': 1,
  'system.memory.utilization': 0.4,
  'system.memory.available': 16e9,
  'system.filesystem.utilization': 0.5,
  'k8s.pod.memory.working_set': 120e6,
  'k8s.pod.memory.limit_utilization': 0.45,
  'k8s.pod.cpu.usage': 0.12,
  'k8s.container.cpu.usage': 0.1,
  'k8s.container.cpu.limit_utilization': 0.2,
  'k8s.container.memory.usage': 150e6,
  'k8s.container.memory.working_set': 110e6,
  'k8s.container.memory.limit': 256e6,
  'k8s.container.memory.limit_utilization': 0.43,
  'k8s.container.processes': 8,
};
/** These are the same at every read. */
const steady: ReadonlySet<string> = new Set(['k8s.container.memory.limit', 'k8s.container.processes']);
/** Changes of these are told at once, as by a real agent. */
const urgent: ReadonlySet<string> = new Set<MetricName>([
  'k8s.pod.oom_kills',
  'k8s.container.oom_kills',
  'k8s.node.kubelet.probe.failures',
]);

const measured = metrics.filter(({ producer }) => producer === 'agent');

/** A source that makes its values up: a level with a little noise, and what the script says. */
class VirtualSource implements Source {
  readonly name = 'virtual';
  readonly metrics = measured.map(({ name }) => name);
  readonly #rows: readonly Row[];
  readonly #faults: readonly Fault[];
  readonly #elapsed: () => number;
  readonly #after: Clock['after'];
  readonly #random: Random;
  readonly #cancels: (() => void)[] = [];

  constructor(
    pods: readonly VirtualPod[],
    faults: readonly Fault[],
    clock: { elapsed: () => number; after: Clock['after'] },
    random: Random,
  ) {
    this.#rows = [
      ...pods.map(({ uid }): Row => ({ scope: 'Pod', uid })),
      ...pods.flatMap(({ uid, containers }) =>
        containers.map((container): Row => ({ scope: 'Container', uid, container })),
      ),
    ];
    this.#faults = faults;
    this.#elapsed = clock.elapsed;
    this.#after = clock.after;
    this.#random = random;
  }

  objects(): readonly Row[] {
    return this.#rows;
  }

  read(write: Write): void {
    const elapsed = this.#elapsed();
    const active = this.#faults.filter((fault) => fault.metric !== undefined && isActive(fault, elapsed));
    this.#eachCell((metric, object, row) => {
      const { name, kind } = metric;
      const level = calm[name] ?? 0;
      const fault = active.findLast((each) => each.metric === name && concerns(each, row));
      const value =
        fault !== undefined
          ? shaped(fault.shape, level, elapsed - fault.at, this.#random)
          : kind === 'counter' || steady.has(name)
            ? level
            : level * (1 + 0.03 * normal(this.#random));
      write(this.metrics.indexOf(name), object, value);
    });
  }

  start(urge: Urge): void {
    for (const fault of this.#faults)
      if ('step' in fault.shape && urgent.has(fault.metric ?? '')) {
        const { to } = fault.shape.step;
        const tell = (): void => urge(this.#cellsOf(fault, to));
        this.#cancels.push(this.#after(Math.max(0, fault.at - this.#elapsed()) * 1000, tell));
      }
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #cellsOf(fault: Fault, value: number): { metric: number; object: number; value: number }[] {
    const cells: { metric: number; object: number; value: number }[] = [];
    this.#eachCell(({ name }, object, row) => {
      if (name === fault.metric && concerns(fault, row))
        cells.push({ metric: this.metrics.indexOf(name), object, value });
    });
    return cells;
  }

  #eachCell(see: (metric: (typeof measured)[number], object: number, row: Row | undefined) => void): void {
    for (const metric of measured)
      if (metric.scope === 'Node') see(metric, 0, undefined);
      else
        this.#rows.forEach((row, object) => {
          if (row.scope === metric.scope) see(metric, object, row);
        });
  }
}

const isActive = (fault: Fault, elapsed: number): boolean =>
  elapsed >= fault.at && elapsed < fault.at + (fault.for ?? Number.POSITIVE_INFINITY);

const concerns = ({ pods }: Fault, row: Row | undefined): boolean =>
  row === undefined || pods === undefined || pods.includes(row.uid);

/** A node that does not exist, measured by an agent that does: the same frames, on the same subject, as a real one’s. */
export function virtualNode(
  node: string,
  boot: string,
  pods: readonly VirtualPod[],
  script: Script,
  intervalMs: number,
  sink: FrameSink,
  clock: Clock,
): Agent {
  const startMs = clock.monotonic();
  const elapsed = (): number => (clock.monotonic() - startMs) / 1000;
  const faults = script.faults.filter(({ nodes }) => nodes === undefined || nodes.includes(node));
  const skewMs = (): number =>
    faults.reduce(
      (sum, fault) =>
        'skew' in fault.shape && isActive(fault, elapsed()) ? sum + fault.shape.skew.seconds * 1000 : sum,
      0,
    );
  const isLost = (): boolean =>
    faults.some((fault) => 'gap' in fault.shape && fault.metric === undefined && isActive(fault, elapsed()));
  const skewed: FrameSink = {
    offer(keyframe: Keyframe, frame: Frame) {
      if (!isLost()) sink.offer(keyframe, { ...frame, capturedMs: frame.capturedMs + skewMs() });
    },
  };
  const seed = (script.seed ?? 1) ^ hashOf(node);
  const source = new VirtualSource(pods, faults, { elapsed, after: (ms, f) => clock.after(ms, f) }, randomOf(seed));
  return new Agent({ node, boot, intervalMs }, [source], skewed, clock);
}
