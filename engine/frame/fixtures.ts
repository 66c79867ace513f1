import { scopes, type Frame, type Keyframe, type Row, type SourceId } from './types.ts';

/** A source for tests and benchmarks; a test changes only what it is about. */
export const aSource = (changed: Partial<SourceId> = {}): SourceId => ({
  producer: 'agent',
  node: 'worker-1.eu.example',
  boot: '00112233445566778899aabbccddeeff',
  ...changed,
});

/** A node with one pod of two containers, and a column for each scope that is there. */
export const aKeyframe = (changed: Partial<Keyframe> = {}): Keyframe => ({
  kind: 'keyframe',
  source: aSource(),
  generation: 1,
  capturedMs: 1_760_000_000_000,
  intervalMs: 1000,
  columns: [
    { metric: 'system.cpu.utilization', scope: 'Node' },
    { metric: 'k8s.pod.oom_kills', scope: 'Pod' },
    { metric: 'k8s.container.cpu.usage', scope: 'Container' },
  ],
  rows: [
    { scope: 'Node', uid: 'worker-1.eu.example' },
    { scope: 'Pod', uid: uidOf(1) },
    { scope: 'Container', uid: uidOf(1), container: containerOf(1) },
    { scope: 'Container', uid: uidOf(1), container: containerOf(2) },
  ],
  ...changed,
});

/** A frame of `aKeyframe`’s rows. */
export const aFrame = (changed: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  source: aSource(),
  sequence: 1,
  generation: 1,
  capturedMs: 1_760_000_000_000,
  intervalMs: 1000,
  dropped: 0,
  columns: [
    { column: 0, values: Float32Array.of(0.5) },
    { column: 1, values: Float64Array.of(3) },
    { column: 2, values: Float32Array.of(0.25, Number.NaN) },
  ],
  ...changed,
});

/** A keyframe and a full frame of so many pods, each of one container, with metrics only at container scope. */
export function aNodeOf(pods: number, metrics: number): { keyframe: Keyframe; frame: Frame } {
  const numbers = Array.from({ length: pods }, (_, index) => index);
  const row = (scope: 'Pod' | 'Container', n: number): Row =>
    scope === 'Pod' ? { scope, uid: uidOf(n) } : { scope, uid: uidOf(n), container: containerOf(n) };
  const columns = Array.from({ length: metrics }, (_, index) => ({
    metric: `k8s.container.metric_${index}`,
    scope: scopes[3],
  }));
  return {
    keyframe: aKeyframe({
      columns,
      rows: [...numbers.map((n) => row('Pod', n)), ...numbers.map((n) => row('Container', n))],
    }),
    frame: aFrame({
      columns: columns.map((_, column) => ({ column, values: Float32Array.from(numbers, (n) => n * 1.5 + column) })),
    }),
  };
}

/** A pod’s UID with a number in it. */
export const uidOf = (n: number): string => `0f3ac9b2-7d41-4c5e-9a55-${n.toString(16).padStart(12, '0')}`;

/** A runtime’s container id with a number in it. */
export const containerOf = (n: number): string => n.toString(16).padStart(64, 'c');
