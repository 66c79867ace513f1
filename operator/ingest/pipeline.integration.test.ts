import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { compilePolicy } from '../../engine/evaluate/compile.ts';
import { Evaluator } from '../../engine/evaluate/evaluator.ts';
import type { RowIdentity } from '../../engine/evaluate/target.ts';
import type { VerdictChange } from '../../engine/evaluate/verdict.ts';
import { framesStream } from '../../engine/frame/stream.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { systemClock as wireClock } from '../../wire/clock.ts';
import { NatsBus } from '../../wire/nats-bus.ts';
import { FramePublisher } from '../../wire/publisher.ts';
import { systemClock } from '../kube/clock.ts';
import { silentLogger } from '../kube/logger.ts';
import { Node, Pod } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { node, pod } from '../testing/fixtures.ts';
import { Broker } from './broker.ts';
import { Ingest } from './pipeline.ts';
import { ingestReflectors } from './reflectors.ts';
import { statePublisher } from './state/publisher.ts';
import { StateSource } from './state/state-source.ts';
import { agentSource, boot, frame, keyframe, message } from './testing.ts';
import { eventually } from '../testing/eventually.ts';
import { NatsServer } from './testing-nats.ts';

const stream = { maxBytes: 64 * 1024 * 1024 };
type Call =
  | { readonly call: 'frame'; readonly key: string; readonly frame: Frame; readonly live: boolean }
  | { readonly call: 'bind'; readonly key: string; readonly keys: string[] }
  | { readonly call: 'advance'; readonly atMs: number };

describe('Ingest on a nats-server of its own', function () {
  let server: NatsServer;
  let api: ApiServer;
  let connection: NatsConnection | undefined;
  const started: (() => Promise<unknown> | void)[] = [];

  beforeEach(async () => {
    server = await NatsServer.start();
    api = new ApiServer({ clock: systemClock });
    api.seed(Node, node({ name: 'node-1', uid: 'uid-node' }));
    api.seed(Pod, pod({ uid: 'uid-pod' }));
  });
  afterEach(async () => {
    for (const stop of started.splice(0).toReversed()) await stop();
    await connection?.close();
    connection = undefined;
    await server.stop();
  });

  /** An operator’s ingest, with a record of what its evaluator was told. */
  async function operate(lookBackMs = 0, judging?: Evaluator, { clock = systemClock, onFrame = () => {} } = {}) {
    const logger = silentLogger;
    const registry = new Registry();
    const broker = new Broker({ url: server.url, name: 'test', logger });
    const reflectors = ingestReflectors({ api, clock, logger, random: Math.random });
    const calls: Call[] = [];
    const recorder = {
      bind: (key: string, _keyframe: Keyframe, identities: readonly (RowIdentity | undefined)[]) =>
        void calls.push({
          call: 'bind',
          key,
          keys: identities.map((row) => (row?.Pod ?? row?.Workload ?? row?.Node)?.key ?? ''),
        }),
      unbind: () => {},
      frame: (key: string, frame: Frame) => {
        calls.push({ call: 'frame', key, frame, live: ingest.live });
        onFrame();
      },
      advance: (atMs: number) => void calls.push({ call: 'advance', atMs }),
    };
    const ingest: Ingest = new Ingest({
      broker,
      stream,
      evaluator: judging ?? recorder,
      reflectors,
      lookBackMs: () => lookBackMs,
      clock,
      logger,
      registry,
    });
    const state = new StateSource({
      reflectors,
      publisher: statePublisher({ broker, logger, registry }),
      clock,
      logger,
      random: Math.random,
    });
    started.push(
      () => broker.stop(),
      () => Promise.all(Object.values(reflectors).map((reflector) => reflector.stop())),
      () => ingest.stop(),
      () => state.setActive(false),
    );
    for (const reflector of Object.values(reflectors)) reflector.start();
    await ingest.start();
    await eventually('live', () => ingest.live);
    const frames = (key: string): Frame[] =>
      calls.flatMap((each) => (each.call === 'frame' && each.key === key ? each.frame : []));
    return { ingest, state, calls, frames, registry };
  }

  /** An agent as the real ones are: acknowledged, in order, through every break. */
  function agent() {
    const bus = new NatsBus({ url: server.url, name: 'agent' }, wireClock);
    const publisher = new FramePublisher(bus, wireClock, { random: () => 0 });
    const dictionary = keyframe({
      columns: [{ metric: 'k8s.pod.oom_kills', scope: 'Pod' }],
      rows: [{ scope: 'Pod', uid: 'uid-pod' }],
    });
    started.push(() => bus.close());
    return (sequence: number): void => publisher.offer(dictionary, frame(sequence, { capturedMs: Date.now() }));
  }

  /** Puts a message into the stream as it is. */
  async function put(content: Frame | Keyframe | Uint8Array): Promise<void> {
    connection ??= await connect({ servers: server.url });
    const { subject, data } =
      content instanceof Uint8Array
        ? { ...message(frame(1)), data: content }
        : message({ ...content, capturedMs: Date.now() });
    await jetstream(connection).publish(subject, data);
  }

  /** When the server stored its last message. */
  async function timeOfLast(): Promise<number> {
    connection ??= await connect({ servers: server.url });
    const { state } = await (await jetstreamManager(connection)).streams.info(framesStream(stream).name);
    return Date.parse(state.last_ts);
  }

  it('evaluates an agent’s frames as those of the pod they were measured on', async () => {
    const { calls, frames, registry } = await operate();
    const offer = agent();
    for (const sequence of [1, 2, 3]) offer(sequence);
    await eventually('three frames', () => frames('agent/node-1').length === 3);
    expect(calls.filter(({ call }) => call === 'bind')).to.deep.equal([
      { call: 'bind', key: 'agent/node-1', keys: ['Pod/uid-pod'] },
    ]);
    expect(calls.flatMap((each) => (each.call === 'frame' ? each.live : []))).to.deep.equal([true, true, true]);
    const text = await registry.metrics();
    expect(text).to.include('homeostat_ingest_frames_total{result="Evaluated"} 3');
    for (const stage of ['publish', 'broker', 'decode', 'evaluate', 'sample_verdict'])
      expect(text).to.include(`homeostat_stage_seconds_count{stage="${stage}"} 3`);
    expect(text).to.include('homeostat_ingest_live 1');
    expect(text).not.to.include('node-1');
  });

  it('binds a pod that the API server shows after its agent does', async () => {
    await api.delete(Pod, { name: 'web-1', namespace: 'shop' }, { gracePeriodSeconds: 0 });
    const { calls, frames } = await operate();
    const offer = agent();
    offer(1);
    await eventually('a frame', () => frames('agent/node-1').length === 1);
    api.seed(Pod, pod({ uid: 'uid-pod' }));
    const bound = (): string[] => calls.flatMap((each) => (each.call === 'bind' ? each.keys : []));
    await eventually('the binding', () => bound().includes('Pod/uid-pod'));
    expect(bound()).to.deep.equal(['', 'Pod/uid-pod']);
  });

  it('judges a crash that the API server shows, from the stream', async () => {
    const { state, frames } = await operate();
    state.setActive(true);
    await eventually('the first state', () => frames('state/node-1').length === 1);
    const ended = { exitCode: 1, reason: 'Error', containerID: 'containerd://1' };
    const { status } = pod({ uid: 'uid-pod' });
    Object.assign(status.containerStatuses[0] ?? {}, { restartCount: 1, lastState: { terminated: ended } });
    await api.patch(
      Pod,
      { name: 'web-1', namespace: 'shop' },
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    );
    await eventually('the crash', () => frames('state/node-1').length === 2);
    const [, crash] = frames('state/node-1');
    expect(crash?.rows && [...crash.rows]).to.deep.equal([2]);
    expect(crash?.columns.map(({ values }) => values[0])).to.deep.equal([1, 1, 1, 0, 2]);
  });

  it('comes to a verdict about a crash loop, and to the same one when it reads the past', async () => {
    const spec = {
      target: { kind: 'Container' },
      signals: [
        {
          name: 'failing',
          metric: 'k8s.container.failures',
          window: { seconds: 60, aggregate: 'Increase' },
          detect: { threshold: { above: '1' } },
        },
      ],
      routes: [{ to: 'Incident' }],
    } as const;
    const compiled = compilePolicy('crash-loop', '1', spec);
    if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
    const judge = () => {
      const changes: VerdictChange[] = [];
      const evaluator = new Evaluator({ onVerdict: (change) => changes.push(change) });
      evaluator.setPolicy(compiled.policy, () => true);
      return { changes, evaluator };
    };
    const live = judge();
    const { state, ingest } = await operate(0, live.evaluator);
    state.setActive(true);
    await eventually('the first state', () => (ingest.sources.quality('state/node-1')?.results.Evaluated ?? 0) > 0);
    for (const run of [1, 2]) {
      const ended = { exitCode: 1, reason: 'Error', containerID: `containerd://${run}` };
      const { status } = pod({ uid: 'uid-pod' });
      Object.assign(status.containerStatuses[0] ?? {}, { restartCount: run, lastState: { terminated: ended } });
      const patch = { type: 'merge', body: { status } } as const;
      await api.patch(Pod, { name: 'web-1', namespace: 'shop' }, patch, { subresource: 'status' });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await eventually('a verdict', () => live.changes.length > 0);
    const [{ verdict } = expect.fail()] = live.changes;
    expect(verdict).to.deep.include({ policyId: 'crash-loop', state: 'Firing' });
    expect(verdict.target).to.include({
      key: 'Container/uid-pod/app',
      namespace: 'shop',
      name: 'web-1',
      container: 'app',
    });
    expect(verdict.evidence[0]).to.include({ value: 2, source: 'state/node-1' });
    const replay = judge();
    await operate(60_000, replay.evaluator);
    expect(replay.changes).to.deep.equal(live.changes);
  });

  it('evaluates every frame once through the death of the server, and is not live meanwhile', async () => {
    const { ingest, calls, frames, registry } = await operate();
    const offer = agent();
    let sequence = 0;
    const timer = setInterval(() => offer(++sequence), 10);
    started.push(() => clearInterval(timer));
    await eventually('frames', () => frames('agent/node-1').length > 20);
    await server.kill();
    await eventually('the break', () => !ingest.live);
    expect(ingest.notLive()).to.match(/no connection to NATS/);
    const stood = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(calls.length).to.equal(stood);
    await server.restart();
    await eventually('live again', () => ingest.live);
    const atLeast = sequence;
    await eventually('what was measured meanwhile', () => (frames('agent/node-1').at(-1)?.sequence ?? 0) > atLeast);
    clearInterval(timer);
    const seen = frames('agent/node-1').map((each) => each.sequence);
    expect(seen).to.deep.equal(seen.map((_, i) => i + 1));
    expect(await registry.metrics()).to.include('homeostat_ingest_missed_frames_total 0');
    expect(ingest.notLive()).to.equal(undefined);
  });

  it('accounts for duplicates, gaps, disorder and garbage between good frames', async () => {
    const { ingest, frames, registry } = await operate();
    await put(keyframe());
    for (const sequence of [1, 2, 2, 5, 4]) await put(frame(sequence));
    await put(Uint8Array.of(72, 77, 83, 70, 9, 9));
    await put(frame(6));
    await eventually('the last frame', () => frames('agent/node-1').at(-1)?.sequence === 6);
    expect(frames('agent/node-1').map((each) => each.sequence)).to.deep.equal([1, 2, 5, 6]);
    expect(ingest.sources.quality('agent/node-1')?.results).to.include({
      Evaluated: 4,
      Duplicate: 1,
      OutOfOrder: 1,
      Undecodable: 1,
    });
    const text = await registry.metrics();
    for (const line of [
      'missed_frames_total 2',
      'frames_total{result="Undecodable"} 1',
      'frames_total{result="OutOfOrder"} 1',
    ])
      expect(text).to.include(`homeostat_ingest_${line}`);
  });

  it('says why nothing can be concluded while the keyframe is missing', async () => {
    const { ingest, frames } = await operate();
    const why = (node: string, staleAfterMs: number): string =>
      ingest.whyUnknown({ target: { kind: 'Pod', node }, producers: ['agent'], staleAfterMs }) ?? 'fresh';
    for (const sequence of [1, 2]) await put(frame(sequence));
    await eventually('its absence', () => /agent of node-1: the keyframe is missing/.test(why('node-1', 60_000)));
    expect(why('node-2', 60_000)).to.equal('agent of node-2: no frame has ever arrived');
    await put(keyframe());
    await eventually('the frames', () => frames('agent/node-1').length === 2);
    expect(why('node-1', 60_000)).to.equal('fresh');
    await eventually('silence', () => /no frame for/.test(why('node-1', 300)));
  });

  it('is not live while it falls behind, and does not take that for a wrong clock', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => Date.now() + aheadMs };
    const { ingest, calls, frames } = await operate(0, undefined, {
      clock,
      onFrame() {
        if (aheadMs === 0) standStill(1000); // So that all others arrive meanwhile.
        aheadMs += 2000; // As if it took so long.
      },
    });
    await put(keyframe());
    const all = Array.from({ length: 50 }, (_, i) => put(frame(i + 1)));
    await Promise.all(all);
    await eventually('all frames', () => frames('agent/node-1').length === 50);
    const live = calls.flatMap((each) => (each.call === 'frame' ? each.live : []));
    expect(live[0]).to.equal(true);
    // What has not reached the process yet cannot be known to wait: between two packets it may seem to have caught up.
    expect(live.slice(5, -1).filter(Boolean).length).to.be.lessThan(5);
    await eventually('live again', () => ingest.live);
    expect(ingest.lag()).to.deep.equal({ messages: 0, ms: 0 });
    expect(ingest.nowMs - clock.now()).to.be.within(-500, 500);
  });

  it('is not live while messages are stored at times that it has passed already', async () => {
    const clock = { ...systemClock, now: () => Date.now() + 10_000 };
    const { ingest, calls, frames } = await operate(0, undefined, { clock });
    await put(keyframe()); // Now time is known to pass.
    await eventually('time', () => calls.some(({ call }) => call === 'advance'));
    await put(frame(1));
    await eventually('the frame', () => frames('agent/node-1').length === 1);
    expect(ingest.live).to.equal(false);
    expect(ingest.notLive()).to.match(/^the NATS server’s clock is \d+ s behind/);
  });

  it('reads what came while the process stood still before it lets time pass', async () => {
    const { calls, frames } = await operate();
    await put(keyframe());
    await put(frame(1));
    await eventually('the first', () => frames('agent/node-1').length === 1);
    const publishing = put(frame(2));
    await new Promise(setImmediate);
    standStill(1000);
    await publishing;
    await eventually('the second', () => frames('agent/node-1').length === 2);
    const second = calls.findIndex((each) => each.call === 'frame' && each.frame.sequence === 2);
    const told = calls.slice(0, second).flatMap((each) => (each.call === 'advance' ? each.atMs : []));
    const storedMs = await timeOfLast();
    expect(told.filter((atMs) => atMs > storedMs + 200)).to.deep.equal([]);
  });

  it('judges the past as it was judged when it was the present', async () => {
    const live = await operate();
    await put(keyframe());
    const other = { source: agentSource({ node: 'node-2', boot: boot('b') }) };
    await put(keyframe(other));
    for (let sequence = 1; sequence <= 30; sequence++) {
      await put(frame(sequence));
      if (sequence % 3 === 0) await put(frame(sequence / 3, other));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await eventually('all frames', () => live.frames('agent/node-1').length === 30);
    const replay = await operate(60_000);
    const said = ({ calls }: { calls: Call[] }): unknown[] => {
      const told = calls.map((each) =>
        each.call === 'frame'
          ? `${each.key} ${each.frame.sequence} ${each.frame.capturedMs}`
          : each.call === 'advance'
            ? each.atMs
            : [],
      );
      const first = told.findIndex((each) => typeof each === 'string');
      return told.slice(first, told.findLastIndex((each) => typeof each === 'string') + 1);
    };
    expect(said(live).length).to.be.greaterThan(43);
    expect(said(replay)).to.deep.equal(said(live));
    const isLive = replay.calls.flatMap((each) => (each.call === 'frame' ? each.live : []));
    expect(isLive).to.deep.equal(isLive.map(() => false));
  });
});

/** Blocks the whole process, as a long garbage collection or a machine without CPU does. */
const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
