/**
 * What a pod takes of the operator's JavaScript heap, piece by piece: the operator's own parts, put together as it does and
 * told of nodes of 30 pods with a container each. Bytes are V8's after collections, objects those of a heap snapshot.
 */
import { getHeapSnapshot } from 'node:v8';
import { until } from '../../e2e/runner/world.ts';
import { compilePolicy } from '../../engine/evaluate/compile.ts';
import { Evaluator } from '../../engine/evaluate/evaluator.ts';
import type { Keyframe } from '../../engine/frame/types.ts';
import { Recorder } from '../../engine/history/recorder.ts';
import { usualMetrics } from '../../engine/history/series.ts';
import { ClusterView } from '../../operator/controllers/cluster-view.ts';
import { Feed } from '../../operator/ingest/feed.ts';
import { Join } from '../../operator/ingest/join.ts';
import { feedJoin } from '../../operator/ingest/join-feed.ts';
import { LineageSource } from '../../operator/ingest/lineage/lineage-source.ts';
import { ingestReflectors } from '../../operator/ingest/reflectors.ts';
import { Sources } from '../../operator/ingest/sources.ts';
import type { Board } from '../../operator/ingest/state/board.ts';
import { Boards } from '../../operator/ingest/state/boards.ts';
import { boot, frame, message } from '../../operator/ingest/testing.ts';
import type { KubeApi, KubeObject, ListResult, Resource } from '../../operator/kube/api.ts';
import { controllerReference, deployment, node, pod, replicaSet } from '../../operator/testing/fixtures.ts';
import { systemClock } from '../../operator/kube/clock.ts';
import { silentLogger } from '../../operator/kube/logger.ts';
import { collectGarbage } from './collect.ts';
import { rounded } from './compare.ts';
import { policies } from './stream/policies.ts';
import { measured } from './stream/population.ts';

/** A pod's share of a piece. */
export interface PodShare {
  readonly heapBytes: number;
  readonly objects: number;
  /** What typed arrays have outside of the heap. */
  readonly arrayBytes: number;
}

export interface HeapFigures {
  readonly pods: number;
  /** In the order in which they are put together; a piece is what is added by it. */
  readonly pieces: Readonly<Record<string, PodShare>>;
  readonly together: PodShare;
  /** A collection of all of it, in milliseconds: the fastest of five. */
  readonly collectMs: number;
}

const podsPerNode = 30;
const startMs = Date.UTC(2026, 0, 1, 1);

/** Measures with so many pods, in some ten seconds. */
export async function heapBench(pods = 12_000): Promise<HeapFigures> {
  const nodes = Math.round(pods / podsPerNode);
  const looks: { readonly piece: string; readonly look: Look }[] = [];
  const note = async (piece: string): Promise<void> => {
    looks.push({ piece, look: await lookAtHeap() });
  };
  const kept: unknown[] = [];
  // What the first look leaves behind is of no pod.
  await lookAtHeap();
  await note('');

  const reflectors = ingestReflectors({
    api: new Population(nodes) as unknown as KubeApi,
    clock: systemClock,
    random: () => 0,
    logger: silentLogger,
  });
  for (const reflector of Object.values(reflectors)) reflector.start();
  for (const reflector of Object.values(reflectors)) await reflector.synced();
  await note('store');

  const join = new Join();
  feedJoin(join, reflectors);
  await note('identities');

  kept.push(new ClusterView(reflectors, systemClock));
  await note('guards');

  const evaluator = new Evaluator({ onVerdict: () => {} });
  const sources = new Sources({ result() {}, missed() {}, timeFault() {} }, silentLogger);
  const bound = new Map<string, Parameters<Recorder['bind']>>();
  const feed = new Feed({
    sources,
    join,
    evaluator,
    hasNode: () => true,
    onBound: (key, keyframe, _atMs, identities) => {
      if (keyframe !== undefined) bound.set(key, [key, keyframe, identities]);
    },
  });
  let second = 0;
  const agents = (): void => {
    second++;
    for (let index = 0; index < nodes; index++) speakOf(feed, index, second);
  };
  agents();
  agents();
  await note('agentKeyframe');

  for (const { metadata, spec } of policies) {
    const compilation = compilePolicy(metadata.name, '1', spec);
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    evaluator.setPolicy(compilation.policy, () => true);
  }
  for (let i = 0; i < 3; i++) agents();
  await note('threePolicies');

  const changed = new Set<Board>();
  const boards = new Boards(
    () => boot('b'),
    (board) => void changed.add(board),
    () => 0,
  );
  for (const view of reflectors.nodes.store.list()) boards.setNode(view);
  for (const view of reflectors.pods.store.list()) boards.setPod(view);
  const tell = (): void => {
    second++;
    for (const board of changed) {
      const told = board.tell(startMs + 1000 * second, true);
      messages.push(message(told.keyframe), message(told.frame));
    }
  };
  const messages: ReturnType<typeof message>[] = [];
  tell();
  messages.length = 0;
  await note('stateBoard');

  for (let i = 0; i < 2; i++) {
    tell();
    for (const each of messages.splice(0)) feed.take(each);
  }
  agents();
  await note('readBack');

  const recorder = new Recorder({ random: () => 0, onMinute() {}, onCheck() {} });
  recorder.keep(new Set(usualMetrics));
  for (const [key, keyframe, identities] of bound.values()) recorder.bind(key, keyframe, identities);
  await note('history');

  let toldOf = 0;
  const bus = {
    publish: () => {
      toldOf++;
      return Promise.resolve({ duplicate: false });
    },
  };
  const lineage = new LineageSource({
    reflectors,
    bus,
    clock: systemClock,
    logger: silentLogger,
    random: () => 0,
  });
  for (const [key, keyframe] of bound.values()) lineage.bound(key, keyframe, startMs);
  lineage.setActive(true);
  // Timers of the clock keep no process alive.
  await until('all nodes to be told of', 120_000, () => Promise.resolve(toldOf >= nodes || undefined));
  await note('lineage');

  kept.push(boards, feed, join, reflectors, recorder);
  lineage.setActive(false);
  const collectMs = collect();
  for (const reflector of Object.values(reflectors)) await reflector.stop();
  const share = (from: Look, to: Look): PodShare => ({
    heapBytes: Math.round((to.heapBytes - from.heapBytes) / pods),
    objects: rounded((to.objects - from.objects) / pods, 1),
    arrayBytes: Math.round((to.arrayBytes - from.arrayBytes) / pods),
  });
  const [first = noLook] = looks.map(({ look }) => look);
  const pieces = looks.slice(1).map(({ piece, look }, i) => [piece, share(looks[i]?.look ?? first, look)] as const);
  return {
    pods: nodes * podsPerNode,
    pieces: Object.fromEntries(pieces),
    together: share(first, looks.at(-1)?.look ?? first),
    collectMs: rounded(collectMs, 1),
  };
}

interface Look {
  readonly heapBytes: number;
  readonly arrayBytes: number;
  readonly objects: number;
}
const noLook: Look = { heapBytes: 0, arrayBytes: 0, objects: 0 };

/** Collects garbage, several times, since what is weakly held goes a collection later; answers how long the fastest took. */
function collect(): number {
  const tookMs = Array.from({ length: 5 }, () => {
    const beganMs = performance.now();
    collectGarbage();
    return performance.now() - beganMs;
  });
  return Math.min(...tookMs);
}

async function lookAtHeap(): Promise<Look> {
  // Timers and promises that hold what is done with are through then.
  await new Promise((resolve) => setTimeout(resolve, 20));
  collect();
  const { heapUsed: heapBytes, arrayBuffers: arrayBytes } = process.memoryUsage();
  return { heapBytes, arrayBytes, objects: await objectsOf() };
}

/** How many things a heap snapshot has. */
async function objectsOf(): Promise<number> {
  let head = '';
  // Read to its end: half a snapshot would stay.
  for await (const part of getHeapSnapshot()) if (head.length < 10_000) head += String(part);
  const count = /"node_count":(\d+)/.exec(head)?.[1];
  if (count === undefined) throw new Error('a heap snapshot without a number of nodes');
  return Number(count);
}

/** An API server that knows how to list, and then tells of nothing. */
class Population {
  readonly #nodes: number;

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  list(resource: Resource, { limit = 500, continue: from = '0' } = {}): Promise<ListResult<KubeObject>> {
    const perNode = { Pod: podsPerNode, Node: 1, Deployment: 1, ReplicaSet: 1 }[resource.kind] ?? 0;
    const count = this.#nodes * perNode;
    const end = Math.min(count, Number(from) + limit);
    const objects = Array.from({ length: end - Number(from) }, (_, i) => objectOf(resource.kind, Number(from) + i));
    // Over the wire: its texts are its own.
    const items = JSON.parse(JSON.stringify(objects)) as KubeObject[];
    return Promise.resolve({ items, resourceVersion: '1', ...(end < count && { continue: `${end}` }) });
  }

  watch(_resource: Resource, { signal }: { signal: AbortSignal }): AsyncIterable<never> {
    const next = (): Promise<IteratorResult<never>> =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true }),
      );
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }
}

const hex = (kind: number, index: number, digits: number): string =>
  ((kind * 1_000_003 + index) * 2_654_435_761).toString(16).padStart(digits, '0').slice(-digits);
const uuid = (kind: number, index: number): string =>
  `${hex(kind, index, 8)}-${hex(kind, index + 1, 4)}-4${hex(kind, index, 3)}-9${hex(kind, index, 3)}-${hex(kind, index, 12)}`;

const nodeName = (index: number): string => `ip-10-0-${index >> 8}-${index & 255}.eu-central-1.compute.internal`;

function objectOf(kind: string, index: number): KubeObject {
  const namespace = 'shop';
  const of = kind === 'Pod' ? Math.floor(index / podsPerNode) : index;
  const name = `recommendation-service-${of}`;
  const labels = {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/version': '1.4.2',
    'pod-template-hash': hex(5, of, 10),
  };
  const resourceVersion = `${123_456_789 + index}`;
  const setName = `${name}-${hex(5, of, 10)}`;
  switch (kind) {
    case 'Node':
      return node({ name: nodeName(index), uid: uuid(1, index), resourceVersion });
    case 'Deployment':
      return deployment({ namespace, name, uid: uuid(2, index), labels, resourceVersion }, { replicas: podsPerNode });
    case 'ReplicaSet': {
      const ownerReferences = [controllerReference('apps/v1', 'Deployment', name, uuid(2, index))];
      return replicaSet({ namespace, name: setName, uid: uuid(3, index), labels, ownerReferences, resourceVersion });
    }
    default: {
      const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', setName, uuid(3, of))];
      const meta = { namespace, name: `${setName}-${hex(6, index, 5)}`, uid: uuid(4, index), labels, resourceVersion };
      const made = pod({ ...meta, ownerReferences }, { nodeName: nodeName(of) });
      const startedAt = new Date(startMs - 1000 * (index % 3600)).toISOString().replace('.000', '');
      const containerStatuses = made.status.containerStatuses.map((status) => ({
        ...status,
        containerID: `containerd://${hex(7, index, 12).padEnd(64, '0a1b2c')}`,
        state: { running: { startedAt } },
      }));
      return { ...made, status: { ...made.status, startTime: startedAt, containerStatuses } } as KubeObject;
    }
  }
}

/** A second of a node's agent. */
function speakOf(feed: Feed, index: number, second: number): void {
  const source = { producer: 'agent', node: nodeName(index), boot: index.toString(16).padStart(32, '0') } as const;
  const capturedMs = startMs + 1000 * second;
  const rows = Array.from({ length: podsPerNode }, (_, i) => ({
    scope: 'Container' as const,
    uid: uuid(4, index * podsPerNode + i),
    container: hex(7, index * podsPerNode + i, 12).padEnd(64, '0a1b2c'),
  }));
  const columns = measured.map((metric) => ({ metric, scope: 'Container' as const }));
  const keyframe: Keyframe = { kind: 'keyframe', source, generation: 1, capturedMs, intervalMs: 1000, columns, rows };
  const values = Float32Array.from(rows, (_, i) => 0.2 + i / 1000);
  feed.take(message(keyframe));
  feed.take(message(frame(second, { source, capturedMs, columns: measured.map((_, column) => ({ column, values })) })));
}

if (import.meta.main) console.log(JSON.stringify(await heapBench(), undefined, 2));
