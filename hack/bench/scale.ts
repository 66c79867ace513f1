import { compilePolicy } from '../../engine/evaluate/compile.ts';
import { Evaluator } from '../../engine/evaluate/evaluator.ts';
import type { SignalSpec } from '../../engine/evaluate/policy-spec.ts';
import { decode, type DecodeOptions } from '../../engine/frame/decode.ts';
import { encodeFrame } from '../../engine/frame/encode.ts';
import { field } from '../../engine/frame/format.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { collectGarbage } from './collect.ts';
import { medianOf, rounded } from './compare.ts';
import { metrics } from './load.ts';
import { containerOf } from './target.ts';

/** What a sample costs on one core from the bytes of its frame to the policy, by CPU time. */
export interface SampleCost {
  readonly series: number;
  readonly nanosecondsPerSample: number;
  readonly samplesPerSecond: number;
  /** What the JavaScript heap grows by, before any of it is collected. */
  readonly heapBytesPerFrame: number;
  readonly heapBytesPerSample: number;
}

type Judging = Pick<SignalSpec, 'window' | 'detect'>;

const over60 = (aggregate: string, detect: SignalSpec['detect']): Judging => ({
  window: { seconds: 60, aggregate },
  detect,
});
const threshold = { threshold: { above: '90%' } };
const mean = over60('Mean', threshold);
const max = over60('Max', threshold);
const slope = over60('Slope', { threshold: { above: '1' } });
const forecast = over60('Mean', { forecast: { reaches: '100%', withinSeconds: 900 } });
const anomaly = over60('Mean', { anomaly: { minDeviation: '5%' } });

const flapping = over60('Max', { flapping: { changes: 3, withinSeconds: 60, level: '50%' } });

/** What is done with the samples of each of the three metrics. */
const mixes = {
  threeThresholds: [[mean], [max], [slope]],
  oneAlwaysFires: [[mean], [max], [over60('Slope', { threshold: { below: '1' } })]],
  thresholdForecastFlapping: [[mean], [forecast], [flapping]],
  thresholdForecastAnomaly: [[mean], [forecast], [anomaly]],
  eachThroughThreeThresholds: Array.from(metrics, () => [mean, max, slope]),
  eachThroughThresholdForecastFlapping: Array.from(metrics, () => [mean, forecast, flapping]),
  eachThroughThresholdForecastAnomaly: Array.from(metrics, () => [mean, forecast, anomaly]),
} as const satisfies Record<string, readonly (readonly Judging[])[]>;
export type Mix = keyof typeof mixes;
export const mixNames = Object.keys(mixes) as Mix[];

export interface Case {
  readonly series: number;
  readonly mix?: Mix;
  /** Containers, thus values of each metric, in a frame. */
  readonly rows?: number;
  /** Windows are full after 70 s; the anomaly detector has learnt after 150 looks, one in 10 s. */
  readonly warmUpSeconds?: number;
}

const startMs = Date.UTC(2026, 0, 1);
/** So many different frames of a node take turns. */
const variety = 4;
/** In a minute each window ends its turn once. */
const roundSeconds = 60;

/** Measures all cases, their rounds taking turns, so that whatever else the machine does falls on all alike. */
export function sampleCosts(cases: readonly Case[], cpuSeconds = 1): SampleCost[] {
  const running = cases.map(({ series, mix = 'threeThresholds', rows = 110, warmUpSeconds = 70 }) => {
    const stream = new Stream(Math.max(1, Math.round(series / (rows * metrics.length))), rows, mix);
    for (let i = 0; i < warmUpSeconds; i++) stream.second();
    return { stream, rows, rounds: [] as number[] };
  });
  for (let round = 0; round < 3 || running.some(({ rounds }) => sumOf(rounds) < cpuSeconds * 1e6); round++)
    for (const { stream, rounds } of running) {
      const before = process.cpuUsage();
      for (let i = 0; i < roundSeconds; i++) stream.second();
      const { user, system } = process.cpuUsage(before);
      rounds.push(user + system);
    }
  return running.map(({ stream, rows, rounds }) => {
    const nanoseconds = (medianOf(rounds) * 1000) / (roundSeconds * stream.samples);
    const heapBytesPerFrame = stream.heapBytesPerFrame();
    return {
      series: stream.samples,
      nanosecondsPerSample: rounded(nanoseconds, 1),
      samplesPerSecond: Math.round(1e9 / nanoseconds),
      heapBytesPerFrame: Math.round(heapBytesPerFrame),
      heapBytesPerSample: rounded(heapBytesPerFrame / (rows * metrics.length), 2),
    };
  });
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** Frames of nodes, one a second, and the evaluator that they go to. */
class Stream {
  /** Of all nodes, in a second. */
  readonly samples: number;
  readonly #evaluator = new Evaluator({ onVerdict: () => {}, maxTargets: Infinity });
  readonly #nodes: Node[] = [];
  #second = 0;

  constructor(nodes: number, rows: number, mix: Mix) {
    this.samples = nodes * rows * metrics.length;
    const signals = mixes[mix].flatMap((of, column) =>
      of.map((judging, i): SignalSpec => ({ name: `s${column}${i}`, metric: metrics[column] ?? '', ...judging })),
    );
    const compilation = compilePolicy('bench', '1', {
      target: { kind: 'Container' },
      signals,
      routes: [{ to: 'Incident' }],
    });
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    this.#evaluator.setPolicy(compilation.policy, () => true);
    for (let node = 0; node < nodes; node++) this.#addNode(node, rows);
  }

  /** One frame of every node. */
  second(): void {
    this.#second++;
    const nowMs = startMs + this.#second * 1000;
    for (const node of this.#nodes) this.#frame(node, nowMs);
    this.#evaluator.advance(nowMs);
  }

  /** Growth of the heap a frame, over fewer frames than would make the engine collect anything. */
  heapBytesPerFrame(): number {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const frames = 1_000;
    for (let i = 0; i < frames;) {
      const nowMs = startMs + ++this.#second * 1000;
      for (const node of this.#nodes.slice(0, frames - i)) {
        this.#frame(node, nowMs);
        i++;
      }
    }
    return (process.memoryUsage().heapUsed - before) / frames;
  }

  #frame({ key, known, frames }: Node, nowMs: number): void {
    const { bytes, view } = frames[this.#second % variety] as Stamped;
    view.setFloat64(field.capturedMs, nowMs, true);
    const frame = decode(bytes, known);
    if (frame.kind === 'frame') this.#evaluator.frame(key, frame);
  }

  #addNode(node: number, rows: number): void {
    const key = `agent/node-${node}`;
    const source = { producer: 'agent', node: `node-${node}`, boot: node.toString(16).padStart(32, '0') } as const;
    const common = { source, generation: 1, capturedMs: startMs, intervalMs: 1000 };
    const uids = Array.from({ length: rows }, (_, row) => `pod-${node * rows + row}`);
    const columns = metrics.map((metric) => ({ metric, scope: 'Container' as const }));
    const told = uids.map((uid) => ({ scope: 'Container' as const, uid, container: 'app' }));
    const keyframe: Keyframe = { kind: 'keyframe', ...common, columns, rows: told };
    this.#evaluator.bind(
      key,
      keyframe,
      uids.map((uid) => ({ Container: containerOf(uid) })),
    );
    const frames = Array.from({ length: variety }, (_, turn): Stamped => {
      const values = metrics.map((_metric, column) => ({
        column,
        values: Float32Array.from(
          uids,
          (_uid, row) => 0.3 + (((node + row) * 31 + column * 17 + turn * 7) % 100) / 250,
        ),
      }));
      const frame: Frame = { kind: 'frame', ...common, sequence: 1, dropped: 0, columns: values };
      const bytes = encodeFrame(frame);
      return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    });
    this.#nodes.push({ key, known: { known: { id: source, keyframe: () => keyframe } }, frames });
  }
}

interface Node {
  readonly key: string;
  /** Sender and keyframe, as the operator knows them when it decodes a frame. */
  readonly known: DecodeOptions;
  readonly frames: readonly Stamped[];
}

interface Stamped {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}
