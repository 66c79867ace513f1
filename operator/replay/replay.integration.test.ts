import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import { validPolicy } from '../../crds/testing/valid.ts';
import { compilePolicy } from '../../engine/evaluate/compile.ts';
import { Evaluator } from '../../engine/evaluate/evaluator.ts';
import { scoreColumn } from '../../engine/evaluate/scoring.ts';
import type { VerdictChange } from '../../engine/evaluate/verdict.ts';
import type { Keyframe } from '../../engine/frame/types.ts';
import { systemClock as wireClock } from '../../wire/clock.ts';
import { NatsBus } from '../../wire/nats-bus.ts';
import { FramePublisher } from '../../wire/publisher.ts';
import { Policies } from '../controllers/detection-policy/policies.ts';
import { Broker } from '../ingest/broker.ts';
import { LineageSource } from '../ingest/lineage/lineage-source.ts';
import { Ingest } from '../ingest/pipeline.ts';
import { ingestReflectors } from '../ingest/reflectors.ts';
import { statePublisher } from '../ingest/state/publisher.ts';
import { StateSource } from '../ingest/state/state-source.ts';
import { agentSource, boot, frame, keyframe } from '../ingest/testing.ts';
import { NatsServer } from '../ingest/testing-nats.ts';
import { systemClock } from '../kube/clock.ts';
import { silentLogger } from '../kube/logger.ts';
import { Node, Pod } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { eventually } from '../testing/eventually.ts';
import { node, pod } from '../testing/fixtures.ts';
import { Recording } from './recording/reader.ts';
import { Replay } from './replay.ts';
import { save } from './save.ts';

const root = 'homeostat-system';
const utilization = 'k8s.container.memory.limit_utilization';

function policy(name: string, spec: Partial<DetectionPolicy['spec']>): DetectionPolicy {
  const { when: _, ...valid } = validPolicy().spec;
  return {
    ...validPolicy(),
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, generation: 1 },
    spec: { ...valid, minConfidence: '0%', forSeconds: 0, ...spec },
  };
}

const policies: readonly DetectionPolicy[] = [
  policy('full', {
    target: { kind: 'Container', warmupSeconds: 0, selector: { matchLabels: { app: 'web' } } },
    signals: [
      {
        name: 'high',
        metric: utilization,
        window: { seconds: 1, aggregate: 'Max', minSamples: 3 },
        detect: { threshold: { above: '90%', clearBelow: '50%' } },
      },
    ],
    forSeconds: 0,
    clearForSeconds: 0,
  }),
  policy('failing', {
    target: { kind: 'Pod', warmupSeconds: 0 },
    signals: [
      {
        name: 'ends',
        metric: 'k8s.container.failures',
        window: { seconds: 60, aggregate: 'Increase', minSamples: 1 },
        detect: { threshold: { above: '1' } },
      },
    ],
  }),
  policy('silent', {
    target: { kind: 'Container', warmupSeconds: 0 },
    signals: [{ name: 'silent', metric: utilization, detect: { absence: { forSeconds: 1 } } }],
    clearForSeconds: 0,
  }),
  policy('odd', {
    target: { kind: 'Container', warmupSeconds: 0 },
    signals: [
      {
        name: 'odd',
        metric: utilization,
        detect: { anomaly: { minDeviation: '5%', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek: 1 } },
      },
    ],
    clearForSeconds: 0,
  }),
];

/** What agents are asked to score. */
const scorings = policies.flatMap(({ metadata: { uid = '' }, spec }) => {
  const compilation = compilePolicy(uid, '1', spec);
  return 'policy' in compilation ? compilation.policy.signals.flatMap(({ scoring }) => scoring ?? []) : [];
});
const scoreColumns = scorings.flatMap(({ id }) =>
  ['score', 'chance', 'view', 'value', 'other'].map((part) => scoreColumn(id, part)),
);

/** What an agent tells of these values that takes more than 90 % for odd. */
function scored(values: readonly number[]): number[][] {
  const odd = (of: (value: number) => number): number[] => values.map((value) => (value > 0.9 ? of(value) : NaN));
  const scores = [values.map((value) => (value > 0.9 ? 1 : 0))];
  return values.some((value) => value > 0.9)
    ? [...scores, odd((value) => value / 1000), odd(() => 0), odd((value) => value), odd(() => 0.5)]
    : scores;
}

describe('a recording of what a nats-server holds', function () {
  let server: NatsServer;
  let api: ApiServer;
  let directory: string;
  const started: (() => Promise<unknown> | void)[] = [];

  beforeEach(async () => {
    server = await NatsServer.start();
    api = new ApiServer({ clock: systemClock });
    directory = mkdtempSync(join(tmpdir(), 'homeostat-replay-'));
    api.seed(Node, node({ name: 'node-1', uid: 'uid-node' }));
    api.seed(Node, node({ name: 'node-2', uid: 'uid-node-2' }));
    for (const name of ['web-1', 'web-2']) api.seed(Pod, pod({ name, uid: `uid-${name}` }));
    api.seed(Pod, pod({ name: 'db-1', uid: 'uid-db-1', labels: { app: 'db' } }, { nodeName: 'node-2' }));
  });
  afterEach(async () => {
    for (const stop of started.splice(0).toReversed()) await stop();
    rmSync(directory, { recursive: true });
    await server.stop();
  });

  /** An operator as far as verdicts go, and what it has judged. */
  async function operate() {
    const logger = silentLogger;
    const registry = new Registry();
    const changes: VerdictChange[] = [];
    const evaluator = new Evaluator({ onVerdict: (change) => changes.push(change) });
    const inForce = new Policies({ evaluator, rootNamespace: root, namespaceLabels: () => undefined });
    for (const each of policies) expect(inForce.put(each)).to.deep.equal([]);
    const broker = new Broker({ url: server.url, name: 'test', logger });
    const reflectors = ingestReflectors({ api, clock: systemClock, logger, random: Math.random });
    const lineage = new LineageSource({
      reflectors,
      bus: broker.bus,
      clock: systemClock,
      logger,
      random: Math.random,
    });
    const ingest = new Ingest({
      onBound: lineage.bound,
      broker,
      stream: { maxBytes: 64 * 1024 * 1024 },
      evaluator,
      reflectors,
      lookBackMs: () => 0,
      clock: systemClock,
      logger,
      registry,
    });
    const publisher = statePublisher({ broker, logger, registry });
    const state = new StateSource({ reflectors, publisher, clock: systemClock, logger, random: Math.random });
    started.push(
      () => broker.stop(),
      () => Promise.all(Object.values(reflectors).map((reflector) => reflector.stop())),
      () => ingest.stop(),
      () => state.setActive(false),
      () => lineage.setActive(false),
    );
    for (const reflector of Object.values(reflectors)) reflector.start();
    await ingest.start();
    await eventually('live', () => ingest.live);
    state.setActive(true);
    lineage.setActive(true);
    const evaluated = (source: string): number => ingest.sources.quality(source)?.results.Evaluated ?? 0;
    await eventually('the first state', () => evaluated('state/node-1') > 0 && evaluated('state/node-2') > 0);
    return { ingest, changes, evaluated };
  }

  /** An agent that tells how full the memory of the `app` container of some pods is; `pods` changes which these are. */
  function agent(name: string, digit: string, first: readonly string[]) {
    const bus = new NatsBus({ url: server.url, name: 'agent' }, wireClock);
    const publisher = new FramePublisher(bus, wireClock, { random: () => 0 });
    const source = agentSource({ node: name, boot: boot(digit) });
    let [sequence, generation, uids] = [0, 0, first];
    const dictionaryOf = (): Keyframe =>
      keyframe({
        source,
        generation: ++generation,
        columns: [utilization, ...scoreColumns].map((metric) => ({ metric, scope: 'Container' })),
        rows: uids.map((uid) => ({ scope: 'Container', uid, container: 'app'.padEnd(64, '0') })),
      });
    let dictionary = dictionaryOf();
    started.push(() => bus.close());
    const tell = (...values: number[]): void =>
      publisher.offer(
        dictionary,
        frame(++sequence, {
          source,
          generation,
          capturedMs: Date.now(),
          columns: [values, ...scored(values)].map((of, column) => ({ column, values: Float32Array.from(of) })),
        }),
      );
    return Object.assign(tell, {
      pods(...others: string[]) {
        uids = others;
        dictionary = dictionaryOf();
      },
    });
  }

  const saved = (name: string, options: { nodes?: readonly string[]; forMs?: number; ending?: AbortSignal } = {}) =>
    save(join(directory, name), {
      api,
      clock: systemClock,
      natsUrl: server.url,
      prefix: 'homeostat',
      nodes: options.nodes,
      sinceMs: 600_000,
      forMs: options.forMs ?? 0,
      writtenBy: 'test',
      ending: options.ending ?? new AbortController().signal,
    });

  it('gives the verdicts that were given when it was the present, bit for bit', async () => {
    const live = await operate();
    const [first, second] = [agent('node-1', 'a', ['uid-web-1', 'uid-web-2']), agent('node-2', 'b', ['uid-db-1'])];
    for (let i = 0; i < 180; i++) {
      const isFull = i % 90 > 10 && i % 90 < 25;
      // One is full now and then, one falls silent in the middle, one is full and not selected.
      first(isFull ? 0.95 + i / 10_000 : 0.3, i < 60 ? 0.5 + i / 1000 : Number.NaN);
      if (i % 3 === 0) second(0.99);
      if (i === 30 || i === 50) {
        const ended = { exitCode: 1, reason: 'Error', containerID: `containerd://${i}` };
        const { status } = pod({ uid: 'uid-web-2' });
        Object.assign(status.containerStatuses[0] ?? {}, { restartCount: i, lastState: { terminated: ended } });
        const patch = { type: 'merge', body: { status } } as const;
        await api.patch(Pod, { name: 'web-2', namespace: 'shop' }, patch, { subresource: 'status' });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await eventually(
      'all frames',
      () => live.evaluated('agent/node-1') === 180 && live.evaluated('agent/node-2') === 60,
    );
    const { messages, objects } = await saved('window.hrec');
    expect(messages).to.be.greaterThan(240);
    expect(objects).to.equal(5);
    const recording = new Recording(join(directory, 'window.hrec'));
    const changes: VerdictChange[] = [];
    const replay = new Replay({ rootNamespace: root, onVerdict: (change) => changes.push(change) });
    for (const each of policies) replay.policies.put(each);
    replay.play(recording.entries());
    // Live, time may have passed the last message of the recording.
    const isWithin = ({ atMs }: VerdictChange): boolean => atMs <= (recording.end.untilMs ?? 0) - 400;
    const judged = live.changes.filter(isWithin);
    expect(new Set(judged.map(({ verdict }) => verdict.policyId)).size).to.equal(4);
    const odd = judged.find(({ verdict }) => verdict.policyId === 'uid-odd');
    expect(odd?.verdict.evidence[0]?.finding).to.match(/scored by the agent$/);
    expect(changes.filter(isWithin)).to.deep.equal(judged);
    expect(JSON.stringify(changes.filter(isWithin))).to.equal(JSON.stringify(judged));
    expect(replay.stats).to.deep.include({ missed: 0, unboundRows: 0 });
  });

  it('knows whose the rows of a pod were that is gone when it is recorded', async () => {
    const live = await operate();
    const first = agent('node-1', 'a', ['uid-web-1', 'uid-web-2']);
    const tellFor = async (count: number, ...values: number[]): Promise<void> => {
      for (let i = 0; i < count; i++) {
        first(...values);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await tellFor(10, 0.3, 0.99);
    // A pod is replaced, as after a restart.
    await api.delete(Pod, { name: 'web-2', namespace: 'shop' }, { gracePeriodSeconds: 0 });
    api.seed(Pod, pod({ name: 'web-9', uid: 'uid-web-9' }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    first.pods('uid-web-1', 'uid-web-9');
    await tellFor(10, 0.3, 0.97);
    await eventually('all frames', () => live.evaluated('agent/node-1') === 20);
    await saved('window.hrec');
    const changes: VerdictChange[] = [];
    const replay = new Replay({ rootNamespace: root, onVerdict: (change) => changes.push(change) });
    for (const each of policies) replay.policies.put(each);
    replay.play(new Recording(join(directory, 'window.hrec')).entries());
    const fired = (all: readonly VerdictChange[]): string[] =>
      all
        .filter(({ verdict }) => verdict.policyId === 'uid-full' && verdict.state === 'Firing')
        .map(({ verdict, atMs }) => `${verdict.target.name} ${atMs}`);
    expect(fired(live.changes).map((line) => line.split(' ')[0])).to.deep.equal(['web-2', 'web-9']);
    expect(fired(changes)).to.deep.equal(fired(live.changes));
  });

  it('holds only the nodes that are asked for, with what is on no node', async () => {
    const live = await operate();
    const [first, second] = [agent('node-1', 'a', ['uid-web-1']), agent('node-2', 'b', ['uid-db-1'])];
    first(0.5);
    second(0.5);
    await eventually('both', () => live.evaluated('agent/node-1') === 1 && live.evaluated('agent/node-2') === 1);
    await saved('window.hrec', { nodes: ['node-2'] });
    const replay = new Replay({ rootNamespace: root, onVerdict: () => {} });
    const heard = new Set<string>();
    replay.play(new Recording(join(directory, 'window.hrec')).entries(), ({ source }) => heard.add(source.node));
    expect([...heard].filter((name) => name !== '')).to.deep.equal(['node-2']);
  });

  it('goes on with the present, and learns what changes meanwhile', async () => {
    const live = await operate();
    const first = agent('node-1', 'a', ['uid-web-1', 'uid-new']);
    first(0.5, 0.99);
    await eventually('the first', () => live.evaluated('agent/node-1') === 1);
    const ending = new AbortController();
    const recorded = saved('window.hrec', { forMs: 3_600_000, ending: ending.signal });
    const settled = recorded.catch(() => {});
    api.seed(Pod, pod({ name: 'new', uid: 'uid-new' }));
    const fires = (): boolean => live.changes.some(({ verdict }) => verdict.target.name === 'new');
    await eventually('what came later', () => {
      first(0.5, 0.99);
      return fires();
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    ending.abort();
    await settled;
    const { untilMs } = await recorded;
    expect(untilMs).to.be.a('number');
    const changes: VerdictChange[] = [];
    const replay = new Replay({ rootNamespace: root, onVerdict: (change) => changes.push(change) });
    for (const each of policies) replay.policies.put(each);
    replay.play(new Recording(join(directory, 'window.hrec')).entries());
    expect(changes.map(({ verdict }) => verdict.target.name)).to.include('new');
  });

  it('is none when the server dies, or when it is interrupted before it has the past', async () => {
    const live = await operate();
    agent('node-1', 'a', ['uid-web-1'])(0.5);
    await eventually('a frame', () => live.evaluated('agent/node-1') === 1);
    const failing = async (recorded: Promise<unknown>): Promise<string> => {
      const message = await recorded.then(
        () => 'it was recorded',
        (error: Error) => error.message,
      );
      expect(() => new Recording(join(directory, 'window.hrec'))).to.throw(/no such file/);
      return message;
    };
    expect(await failing(saved('window.hrec', { ending: AbortSignal.abort() }))).to.match(
      /interrupted before the past/,
    );
    const recorded = failing(saved('window.hrec', { forMs: 3_600_000 }));
    await eventually('a beginning', () => existsSync(join(directory, 'window.hrec.part')));
    await server.kill();
    expect(await recorded).to.match(/NATS|CLOSED|closed|timeout/i);
  });

  it('says what is missing where there is no stream, and leaves no file', async () => {
    let message = '';
    await saved('window.hrec').catch((error: Error) => (message = error.message));
    expect(message).to.match(/stream HOMEOSTAT_FRAMES: stream not found/);
    expect(() => new Recording(join(directory, 'window.hrec'))).to.throw(/no such file/);
  });
});
