import type { Frame, Keyframe } from '../frame/types.ts';
import { compilePolicy } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import type { SignalSpec } from './policy-spec.ts';
import { boot, startMs } from './testing/stream.ts';
import type { RowIdentity, Target } from './target.ts';

/** What judging costs on one core, by CPU time. */
export interface EvaluateFigures {
  readonly series: number;
  /** Samples a second, each through a window and a detector, and three of them through one policy of three signals. */
  readonly samplesPerSecond: number;
  /** Samples that pass three windows and three detectors and the policy, a second. */
  readonly samplesThroughThreePerSecond: number;
  /** Values a second through a percentile over 60 s, the dearest window. */
  readonly percentilesPerSecond: number;
  /** Values a second through the anomaly detector, every value looked at. */
  readonly anomaliesPerSecond: number;
  /** Growth of the heap a value that it looks at. */
  readonly anomalyHeapBytesPerValue: number;
  /** Memory of the three-signal policy for a series: a container, its windows and detectors. */
  readonly bytesPerTarget: number;
  /** Growth of the JavaScript heap a sample while nothing fires; about 0 when nothing is allocated. */
  readonly heapBytesPerSample: number;
}

const metricsOfThree = [
  'k8s.container.memory.limit_utilization',
  'k8s.container.cpu.throttled',
  'k8s.container.cpu.usage',
];
const rowsPerFrame = 200;

const threshold = { threshold: { above: '90%', clearBelow: '80%' } };
const three: readonly SignalSpec[] = metricsOfThree.map((metric, i) => ({
  name: `s${i}`,
  metric,
  window: { seconds: 60, aggregate: ['Mean', 'Max', 'Slope'][i] ?? 'Mean' },
  detect: threshold,
}));
/** Three views of one metric. */
const ofOne = three.map((signal) => ({ ...signal, metric: 'k8s.container.memory.limit_utilization' }));

/** Nodes of 200 containers, each sending a frame a second in which nothing is wrong. */
class Load {
  readonly evaluator = new Evaluator({ onVerdict: () => {}, maxTargets: 2_000_000 });
  readonly #frames: { key: string; frame: Frame }[] = [];
  readonly #metrics: readonly string[];
  #second = 0;

  constructor(containers: number, metrics: readonly string[], signals: readonly SignalSpec[]) {
    const compilation = compilePolicy('bench', '1', {
      target: { kind: 'Container' },
      signals,
      routes: [{ to: 'Incident' }],
    });
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    this.evaluator.setPolicy(compilation.policy, () => true);
    this.#metrics = metrics;
    for (let first = 0; first < containers; first += rowsPerFrame)
      this.#addNode(first, Math.min(rowsPerFrame, containers - first));
  }

  /** One frame of every node. Answers the number of values. */
  second(): number {
    let values = 0;
    this.#second++;
    for (const { key, frame } of this.#frames) {
      // The very objects are reused: only the evaluator is to be measured.
      Object.assign(frame, { capturedMs: startMs + this.#second * 1000, sequence: this.#second });
      this.evaluator.frame(key, frame);
      values += frame.columns.length * (frame.columns[0]?.values.length ?? 0);
    }
    this.evaluator.advance(startMs + this.#second * 1000);
    return values;
  }

  /** Values a second of CPU time, whatever else the machine does, after the windows are full. */
  perSecond(seconds: number): number {
    for (let i = 0; i < 70; i++) this.second();
    let values = 0;
    const began = process.cpuUsage();
    let spentMicroseconds = 0;
    do {
      values += this.second();
      const { user, system } = process.cpuUsage(began);
      spentMicroseconds = user + system;
    } while (spentMicroseconds < seconds * 1e6);
    return Math.round((values / spentMicroseconds) * 1e6);
  }

  #addNode(first: number, containers: number): void {
    const node = `node-${first}`;
    const key = `agent/${node}`;
    const source = { producer: 'agent', node, boot } as const;
    const common = { source, generation: 1, capturedMs: startMs, intervalMs: 1000 };
    const targets = Array.from({ length: containers }, (_, i): Target => ({
      kind: 'Container',
      key: `Container/${first + i}/app`,
      uid: `${first + i}`,
      namespace: 'shop',
      name: `pod-${first + i}`,
      container: 'app',
      labels: {},
    }));
    const keyframe: Keyframe = {
      kind: 'keyframe',
      ...common,
      columns: this.#metrics.map((metric) => ({ metric, scope: 'Container' })),
      rows: targets.map(({ uid }) => ({ scope: 'Container', uid, container: 'app' })),
    };
    this.evaluator.bind(
      key,
      keyframe,
      targets.map((Container): RowIdentity => ({ Container })),
    );
    const columns = this.#metrics.map((_, column) => ({
      column,
      values: Float32Array.from(targets, (_target, i) => 0.3 + ((i * 7 + column) % 100) / 250),
    }));
    this.#frames.push({ key, frame: { kind: 'frame', ...common, sequence: 0, dropped: 0, columns } });
  }
}

/** Growth of the heap a value; needs `node --expose-gc` to be exact. */
function heapGrowth(load: Load): number {
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
  for (let i = 0; i < 70; i++) load.second();
  collect();
  const before = process.memoryUsage().heapUsed;
  let values = 0;
  for (let i = 0; i < 20; i++) values += load.second();
  return (process.memoryUsage().heapUsed - before) / values;
}

/** Measures with so many series (three a container), in some seconds. */
export function evaluateBench(series: number, seconds = 1): EvaluateFigures {
  const containers = Math.max(1, Math.round(series / 3));
  const one = metricsOfThree.slice(0, 1);
  const window = { seconds: 60, aggregate: 'P95' };
  const before = process.memoryUsage();
  const load = new Load(containers, metricsOfThree, three);
  const after = process.memoryUsage();
  const detect = { anomaly: { minDeviation: '1%', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek: 1 } };
  const anomaly: SignalSpec = { name: 'odd', metric: one[0] ?? '', detect };
  const odd = new Load(Math.min(series, 20_000), one, [anomaly]);
  return {
    series: containers * 3,
    samplesPerSecond: load.perSecond(seconds),
    heapBytesPerSample: heapGrowth(load),
    samplesThroughThreePerSecond: new Load(series, one, ofOne).perSecond(seconds),
    percentilesPerSecond: new Load(series, one, [
      { name: 'p95', metric: one[0] ?? '', window, detect: threshold },
    ]).perSecond(seconds),
    anomaliesPerSecond: odd.perSecond(seconds),
    anomalyHeapBytesPerValue: heapGrowth(odd),
    bytesPerTarget: Math.round(
      (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / containers,
    ),
  };
}

if (import.meta.main)
  console.log(
    JSON.stringify(
      [1_000, 100_000].map((series) => evaluateBench(series)),
      undefined,
      2,
    ),
  );
