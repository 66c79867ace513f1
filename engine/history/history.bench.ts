import type { RowIdentity, Target } from '../evaluate/target.ts';
import { boot } from '../evaluate/testing/stream.ts';
import type { Frame, Keyframe } from '../frame/types.ts';
import { Recorder } from './recorder.ts';
import { encodeRollup } from './rollup.ts';
import { minuteMs } from './series.ts';

/** What history costs on one core, by CPU time. */
export interface HistoryFigures {
  readonly series: number;
  /** Of adding a sample to the sketch of its series. */
  readonly nanosecondsPerSample: number;
  /** Of each series when its minute is over: its sketch, and its bytes. */
  readonly microsecondsPerSeriesAndMinute: number;
  readonly bytesPerSeriesAndMinute: number;
  /** Growth of the JavaScript heap a sample; about 0 when nothing is allocated. */
  readonly heapBytesPerSample: number;
}

const metrics = ['k8s.container.cpu.usage', 'k8s.container.memory.working_set'];
const podsOfWorkload = 5;
const rowsPerFrame = 110;
const startMs = Date.UTC(2026, 0, 5);

/** So many containers, five to a workload and on as many nodes as it takes, for `minutes` at 1 Hz: two metrics each. */
export function historyBench(containers: number, minutes = 3): HistoryFigures {
  let [encoding, bytes, kept] = [0, 0, 0];
  const recorder = new Recorder({
    onCheck: () => {},
    random: () => 0.5,
    onMinute: (minute, series) => {
      const begin = process.cpuUsage();
      const all = [...series];
      for (let first = 0; first < all.length; first += 1000)
        bytes += encodeRollup({ minute, part: 0, series: all.slice(first, first + 1000) }).length;
      kept += all.length;
      encoding += spentSince(begin);
    },
  });
  recorder.keep(new Set(metrics));
  const nodes = Math.ceil(containers / rowsPerFrame);
  for (let node = 0; node < nodes; node++) {
    const keyframe = keyframeOf(node);
    const identities = keyframe.rows.map((_, row) => identityOf(Math.floor((row * nodes + node) / podsOfWorkload)));
    recorder.bind(`agent/n${node}`, keyframe, identities);
  }
  recorder.frame('agent/n0', frameOf(0, startMs - 1));
  let [adding, samples, heap] = [0, 0, 0];
  for (let second = 0; second < minutes * 60; second++) {
    const frames = Array.from({ length: nodes }, (_, node) => frameOf(node, startMs + second * 1000));
    const heapBefore = process.memoryUsage().heapUsed;
    const begin = process.cpuUsage();
    for (const [node, frame] of frames.entries()) recorder.frame(`agent/n${node}`, frame);
    // The first minute is for the compiler, and for the buckets to be laid out.
    if (second >= 60) {
      adding += spentSince(begin);
      samples += nodes * rowsPerFrame * metrics.length;
      const grown = process.memoryUsage().heapUsed - heapBefore;
      if (grown > 0 && second % 60 !== 0) heap += grown;
    }
    recorder.advance(startMs + second * 1000);
  }
  recorder.advance(startMs + (minutes + 1) * minuteMs);
  return {
    series: recorder.seriesCount,
    nanosecondsPerSample: round((adding * 1e3) / samples),
    microsecondsPerSeriesAndMinute: round(encoding / kept),
    bytesPerSeriesAndMinute: round(bytes / kept),
    heapBytesPerSample: round(heap / samples),
  };
}

const spentSince = (begin: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(begin);
  return user + system;
};
const round = (value: number): number => Math.round(value * 10) / 10;

function keyframeOf(node: number): Keyframe {
  const rows = Array.from({ length: rowsPerFrame }, (_, row) => ({
    scope: 'Container' as const,
    uid: `p${node}-${row}`,
    container: 'a',
  }));
  const columns = metrics.map((metric) => ({ metric, scope: 'Container' as const }));
  const source = { producer: 'agent', node: `n${node}`, boot } as const;
  return { kind: 'keyframe', source, generation: 1, capturedMs: startMs, intervalMs: 1000, columns, rows };
}

function identityOf(number: number): RowIdentity {
  const name = `w${number}`;
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: name };
  const of: Target = { kind: 'Workload', key: name, uid: name, namespace: 'shop', name, workload, labels: {} };
  return { Workload: of, Container: { ...of, kind: 'Container', container: 'app' } };
}

/** CPU that swings by a factor of four around another level for each row; memory that hardly moves. */
function frameOf(node: number, capturedMs: number): Frame {
  const columns = metrics.map((_, column) => ({
    column,
    values: Float32Array.from({ length: rowsPerFrame }, (__, row) =>
      column === 0 ? 0.01 * (1 + row) * 4 ** (Math.random() - 0.5) : 1e8 * (1 + row) * (1 + 0.02 * Math.random()),
    ),
  }));
  const source = { producer: 'agent', node: `n${node}`, boot } as const;
  return {
    kind: 'frame',
    source,
    sequence: 1,
    generation: 1,
    capturedMs,
    intervalMs: 1000,
    dropped: 0,
    columns,
  };
}
