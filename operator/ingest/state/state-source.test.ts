import { expect } from 'chai';
import { decode } from '../../../engine/frame/decode.ts';
import { encodeFrame, encodeKeyframe } from '../../../engine/frame/encode.ts';
import type { Frame, Keyframe, SourceId } from '../../../engine/frame/types.ts';
import type { KubeObject } from '../../kube/api.ts';
import { silentLogger } from '../../kube/logger.ts';
import { MutableStore, type StoreEvent } from '../../kube/store.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { deployment, node, pod } from '../../testing/fixtures.ts';
import type { Reflectors, Watched } from '../reflectors.ts';
import { deploymentView, nodeView, podView, type PodView } from '../views.ts';
import { StateSource } from './state-source.ts';

/** A store whose objects a test sets. */
class Shelf<T extends KubeObject> implements Watched<T> {
  readonly store = new MutableStore<T>();
  readonly problem = undefined;
  failingSinceMs: number | undefined;
  readonly #listeners = new Set<(event: StoreEvent<T>) => void>();

  synced(): Promise<void> {
    return Promise.resolve();
  }
  onEvent(listener: (event: StoreEvent<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  set(object: T): void {
    for (const event of this.store.set(object)) for (const listener of this.#listeners) listener(event);
  }
  delete(object: T): void {
    for (const event of this.store.delete(object)) for (const listener of this.#listeners) listener(event);
  }
}

/** Warnings whose counts a test sets; of all until they are. */
class Counts {
  readonly #counts = new Map<string, number>();
  #others = NaN;
  #listener: (about: string | undefined) => void = () => {};

  about(what: string): number {
    return this.#counts.get(what) ?? this.#others;
  }
  onChange(listener: (about: string | undefined) => void): () => void {
    this.#listener = listener;
    return () => {};
  }
  set(about: string | undefined, count: number): void {
    if (about === undefined) this.#others = count;
    else this.#counts.set(about, count);
    this.#listener(about);
  }
}

interface Sent {
  readonly keyframe: Keyframe;
  readonly frame: Frame;
  readonly atMs: number;
}

function setUp() {
  const clock = new FakeClock(0);
  const pods = new Shelf<PodView>();
  const nodes = new Shelf<ReturnType<typeof nodeView>>();
  const deployments = new Shelf<ReturnType<typeof deploymentView>>();
  const none = <T extends KubeObject>() => new Shelf<T>();
  const reflectors: Reflectors = {
    pods,
    nodes,
    deployments,
    replicaSets: none(),
    statefulSets: none(),
    daemonSets: none(),
  };
  const sent: Sent[] = [];
  const forgotten: string[] = [];
  const publisher = {
    offer(keyframe: Keyframe, frame: Frame): void {
      sent.push({
        keyframe: decode(encodeKeyframe(keyframe)) as Keyframe,
        frame: decode(encodeFrame(frame)) as Frame,
        atMs: clock.now(),
      });
    },
    forget: ({ node }: Pick<SourceId, 'node'>) => void forgotten.push(node),
  };
  const warnings = new Counts();
  const source = new StateSource({ reflectors, warnings, publisher, clock, logger: silentLogger, random: () => 0.5 });
  return { clock, pods, nodes, deployments, sent, forgotten, source, warnings };
}

let version = 1;
/** `shop/web-1` with what its container `app` has come to. */
const webPod = (state: object = { running: {} }, lastState: object = {}, spec: object = {}): PodView => {
  const raw = pod({ uid: 'uid-pod', resourceVersion: String(version++) }, spec);
  Object.assign(raw.status.containerStatuses[0] ?? {}, { state, lastState });
  return podView(raw);
};
const failed = { terminated: { exitCode: 1, reason: 'Error', containerID: 'containerd://1' } };

/** `metric@uid/container = value` of everything a frame tells. */
function story({ keyframe, frame }: Sent): string[] {
  const told = frame.rows === undefined ? [...keyframe.rows.keys()] : [...frame.rows];
  return frame.columns.flatMap(({ column, values }) => {
    const { metric, scope } = keyframe.columns[column] ?? { metric: '?', scope: 'Node' };
    const rows = told.map((row) => keyframe.rows[row]).filter((row) => row?.scope === scope);
    return rows.map((row, i) => `${metric}@${[row?.uid, row?.container].filter(Boolean).join('/')} = ${values[i]}`);
  });
}

describe('StateSource', () => {
  it('says nothing before it is the one to speak', async () => {
    const { pods, source, sent, clock } = setUp();
    pods.set(webPod());
    await clock.advance(20_000);
    expect(sent).to.deep.equal([]);
    source.setActive(true);
    await clock.advance(0);
    expect(sent).to.have.length(1);
  });

  it('tells what Events warn of, once they are counted', async () => {
    const { pods, nodes, source, sent, clock, warnings } = setUp();
    nodes.set(nodeView(node({ name: 'node-1' })));
    pods.set(webPod());
    source.setActive(true);
    await clock.advance(1000);
    expect(sent.flatMap(story)).to.include('k8s.pod.events.warnings@uid-pod = NaN');
    const told = async (about: string | undefined, count: number): Promise<string[]> => {
      sent.splice(0);
      warnings.set(about, count);
      await clock.advance(100);
      return sent.flatMap(story).filter((line) => line.includes('warnings'));
    };
    const all = ['k8s.node.events.warnings@node-1 = 0', 'k8s.pod.events.warnings@uid-pod = 0'];
    expect(await told(undefined, 0)).to.deep.equal(all);
    expect(await told('Pod/uid-pod', 2)).to.deep.equal(['k8s.pod.events.warnings@uid-pod = 2']);
    expect(await told('Node/node-1', 1)).to.deep.equal(['k8s.node.events.warnings@node-1 = 1']);
    expect(await told('Pod/uid-gone', 1)).to.deep.equal([]);
  });

  it('tells of each node in a source of its own, and of workloads and unscheduled pods in one more', async () => {
    const { pods, nodes, deployments, source, sent, clock } = setUp();
    nodes.set(nodeView(node({ name: 'node-1' })));
    pods.set(webPod());
    pods.set({ ...podView(pod({ uid: 'uid-new', name: 'new' })), spec: { containers: [{ name: 'app' }] } });
    deployments.set(deploymentView(deployment({ uid: 'uid-web' })));
    source.setActive(true);
    await clock.advance(0);
    expect(sent.map(({ frame }) => `${frame.source.producer}/${frame.source.node}`).sort()).to.deep.equal([
      'state/',
      'state/node-1',
    ]);
    const rows = (name: string) =>
      sent
        .find(({ frame }) => frame.source.node === name)
        ?.keyframe.rows.map(({ scope, uid, container }) => [scope, uid, container].join(' ').trim());
    expect(rows('node-1')).to.deep.equal(['Node node-1', 'Pod uid-pod', 'Container uid-pod app']);
    expect(rows('')).to.deep.equal(['Workload uid-web', 'Pod uid-new', 'Container uid-new app']);
  });

  it('tells the first change at once and only that, further ones within 20 ms together', async () => {
    const { pods, source, sent, clock } = setUp();
    pods.set(webPod());
    source.setActive(true);
    await clock.advance(100);
    sent.splice(0);
    pods.set(webPod(failed));
    await clock.advance(0);
    pods.set(webPod({ waiting: { reason: 'CrashLoopBackOff' } }, failed));
    await clock.advance(5);
    pods.set(webPod({ running: {} }, failed));
    await clock.advance(50);
    expect(sent.map(({ atMs }) => atMs)).to.deep.equal([100, 120]);
    expect(sent.map(({ frame }) => [frame.sequence, [...(frame.rows ?? [])]])).to.deep.equal([
      [2, [1]],
      [3, [1]],
    ]);
    expect(sent[0] && story(sent[0])).to.deep.equal([
      'k8s.container.restarts@uid-pod/app = 0',
      'k8s.container.failures@uid-pod/app = 1',
      'k8s.container.ready@uid-pod/app = 1',
      'k8s.container.status.waiting@uid-pod/app = 0',
      'k8s.container.status.terminated@uid-pod/app = 2',
    ]);
  });

  it('begins with some nodes at once and the others in turn, unless there is news of one', async () => {
    const { nodes, source, sent, clock } = setUp();
    for (let i = 0; i < 100; i++) nodes.set(nodeView(node({ name: `node-${i}` })));
    const told = (): number => new Set(sent.map(({ frame }) => frame.source.node)).size;
    source.setActive(true);
    await clock.advance(0);
    expect(told()).to.equal(32);
    nodes.set(nodeView(node({ name: 'node-99', resourceVersion: '2' }, { unschedulable: true })));
    await clock.advance(0);
    expect(sent.at(-1)?.frame.source.node).to.equal('node-99');
    await clock.advance(100);
    expect(told()).to.equal(65);
    await clock.advance(200);
    expect(told()).to.equal(100);
  });

  it('has told of all of them within two seconds, however many they are', async () => {
    const { nodes, source, sent, clock } = setUp();
    for (let i = 0; i < 1000; i++) nodes.set(nodeView(node({ name: `node-${i}` })));
    source.setActive(true);
    await clock.advance(0);
    expect(sent.length).to.be.lessThan(100);
    await clock.advance(2000);
    expect(new Set(sent.map(({ frame }) => frame.source.node)).size).to.equal(1000);
  });

  it('says nothing of a change that no sample shows', async () => {
    const { pods, source, sent, clock } = setUp();
    pods.set(webPod());
    source.setActive(true);
    await clock.advance(100);
    pods.set(webPod());
    await clock.advance(100);
    expect(sent).to.have.length(1);
  });

  it('tells everything every ten seconds', async () => {
    const { pods, source, sent, clock } = setUp();
    pods.set(webPod());
    source.setActive(true);
    await clock.advance(26_000);
    expect(sent.map(({ atMs, frame }) => [atMs, frame.sequence, frame.rows])).to.deep.equal([
      [0, 1, undefined],
      [5000, 2, undefined],
      [15_000, 3, undefined],
      [25_000, 4, undefined],
    ]);
    expect(new Set(sent.map(({ keyframe }) => keyframe.generation))).to.deep.equal(new Set([1]));
  });

  it('does not tell as the present what the API server has not answered for', async () => {
    const { pods, nodes, source, sent, clock } = setUp();
    pods.set(webPod());
    nodes.set(nodeView(node({ name: 'node-1' })));
    source.setActive(true);
    await clock.advance(9_000);
    const scopes = ({ keyframe, frame }: Sent): string[] => [
      ...new Set(frame.columns.map(({ column }) => keyframe.columns[column]?.scope ?? '?')),
    ];
    const all = ['Node', 'Pod', 'Container'];
    expect(sent.map(scopes).at(-1)).to.have.members(all);
    nodes.failingSinceMs = 11_000; // A blink.
    await clock.advance(6_500);
    expect([sent.at(-1)?.atMs, sent.map(scopes).at(-1)?.length]).to.deep.equal([15_000, 3]);
    await clock.advance(10_000);
    expect([sent.at(-1)?.atMs, sent.map(scopes).at(-1)]).to.deep.equal([25_000, ['Pod', 'Container']]);
    nodes.failingSinceMs = undefined;
    pods.failingSinceMs = 29_000;
    await clock.advance(10_000);
    expect(sent.map(scopes).at(-1)).to.deep.equal(['Node']);
    pods.failingSinceMs = undefined;
    await clock.advance(10_000);
    expect(sent.map(scopes).at(-1)).to.have.members(all);
  });

  it('has another keyframe when the rows are others', async () => {
    const { pods, source, sent, clock } = setUp();
    pods.set(webPod());
    source.setActive(true);
    await clock.advance(100);
    pods.set(podView(pod({ uid: 'uid-2', name: 'web-2' })));
    await clock.advance(100);
    pods.delete(webPod());
    await clock.advance(100);
    expect(
      sent.map(({ keyframe, frame }) => [keyframe.generation, frame.generation, frame.rows, keyframe.rows.length]),
    ).to.deep.equal([
      [1, 1, undefined, 2],
      [2, 2, undefined, 4],
      [3, 3, undefined, 2],
    ]);
  });

  it('moves a pod to the source of the node it was scheduled to', async () => {
    const { pods, source, sent, clock } = setUp();
    const { nodeName: _nodeName, ...unscheduled } = webPod().spec;
    pods.set({ ...webPod(), spec: unscheduled });
    source.setActive(true);
    await clock.advance(100);
    sent.splice(0);
    pods.set(webPod());
    await clock.advance(100);
    expect(sent.map(({ frame, keyframe }) => [frame.source.node, keyframe.rows.length])).to.have.deep.members([
      ['', 0],
      ['node-1', 2],
    ]);
  });

  it('ends the source of a node that is gone with an empty keyframe', async () => {
    const { nodes, source, sent, forgotten, clock } = setUp();
    nodes.set(nodeView(node({ name: 'node-1' })));
    source.setActive(true);
    await clock.advance(100);
    nodes.delete(nodeView(node({ name: 'node-1' })));
    await clock.advance(30_000);
    expect(sent.map(({ keyframe }) => keyframe.rows.length)).to.deep.equal([1, 0]);
    expect(forgotten).to.deep.equal(['node-1']);
  });

  it('is a new sender each time it begins, with counts from 0', async () => {
    const { pods, source, sent, clock } = setUp();
    pods.set(webPod());
    source.setActive(true);
    await clock.advance(100);
    pods.set(webPod(failed));
    await clock.advance(100);
    source.setActive(false);
    await clock.advance(60_000);
    source.setActive(true);
    await clock.advance(0);
    const [first, second, third] = sent;
    expect([first, second, third].map((each) => each?.frame.sequence)).to.deep.equal([1, 2, 1]);
    expect(third?.frame.source.boot)
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(first?.frame.source.boot);
    const failures = (each: Sent | undefined) => each && story(each).find((line) => line.includes('failures'));
    expect([second, third].map(failures)).to.deep.equal([
      'k8s.container.failures@uid-pod/app = 1',
      'k8s.container.failures@uid-pod/app = 0',
    ]);
    source.setActive(false);
    expect(clock.timers).to.equal(0);
  });
});
