import { encodeFrame } from '../../engine/frame/encode.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';

/** The metrics of the load, each of every container. */
export const metrics = [
  'k8s.container.memory.limit_utilization',
  'k8s.container.cpu.throttled',
  'k8s.container.cpu.usage',
] as const;

/** What some nodes send in some seconds: as our frames, and as JSON of the same values. */
export interface Load {
  readonly nodes: readonly NodeLoad[];
  readonly containers: number;
  readonly seconds: number;
  /** When second `number` (from 0) was measured. */
  atMs(number: number): number;
}
export interface NodeLoad {
  readonly key: string;
  readonly keyframe: Keyframe;
  readonly frames: readonly Uint8Array[];
  readonly json: readonly Uint8Array[];
}

/** A message of the naive sort: every sample with the names it belongs to. */
export interface NaiveMessage {
  readonly capturedMs: number;
  readonly columns: readonly {
    readonly metric: string;
    readonly uids: readonly string[];
    readonly values: readonly number[];
  }[];
}

const startMs = Date.UTC(2026, 0, 1);
/** As many pods as a node has by default at most. */
const containers = 110;

/** The same load for the same arguments: one container in fifty is at 97 % all the time, the others below 80 %. */
export const makeLoad = (nodes: number, seconds: number): Load => ({
  containers,
  seconds,
  atMs: (number) => startMs + number * 1000,
  nodes: Array.from({ length: nodes }, (_, node) => nodeLoad(node, seconds)),
});

const nodeLoad = (node: number, seconds: number): NodeLoad => {
  const source = { producer: 'agent', node: `node-${node}`, boot: node.toString(16).padStart(32, '0') } as const;
  const common = { source, generation: 1, intervalMs: 1000 } as const;
  const uids = Array.from(
    { length: containers },
    (_, row) => `pod-${String(node * containers + row).padStart(6, '0')}`,
  );
  const keyframe: Keyframe = {
    kind: 'keyframe',
    ...common,
    capturedMs: startMs,
    columns: metrics.map((metric) => ({ metric, scope: 'Container' })),
    rows: uids.map((uid) => ({ scope: 'Container', uid, container: 'app' })),
  };
  const frames: Uint8Array[] = [];
  const json: Uint8Array[] = [];
  for (let second = 0; second < seconds; second++) {
    const columns = metrics.map((_, column) => ({
      column,
      values: Float32Array.from(uids, (_uid, row) => valueOf(node * containers + row, column, second)),
    }));
    const capturedMs = startMs + second * 1000;
    const frame: Frame = { kind: 'frame', ...common, capturedMs, sequence: second + 1, dropped: 0, columns };
    frames.push(encodeFrame(frame));
    const message: NaiveMessage = {
      capturedMs,
      columns: columns.map(({ column, values }) => ({ metric: metrics[column] ?? '', uids, values: [...values] })),
    };
    json.push(Buffer.from(JSON.stringify(message)));
  }
  return { key: `agent/node-${node}`, keyframe, frames, json };
};

const valueOf = (container: number, column: number, second: number): number =>
  container % 50 === 7 ? 0.97 : 0.3 + ((container * 31 + column * 17 + second * 7) % 100) / 200;
