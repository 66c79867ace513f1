import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { encodeStates } from '../../agents/scoring/states.ts';
import { CgroupFixture } from '../../agents/testing/cgroup-fixture.ts';
import { noise } from '../../engine/detectors/testing/one-series.ts';
import { compilePolicy } from '../../engine/evaluate/compile.ts';
import { Evaluator } from '../../engine/evaluate/evaluator.ts';
import { compileScoring, rowKey, RowScores } from '../../engine/evaluate/row-scores.ts';
import type { Verdict, VerdictChange } from '../../engine/evaluate/verdict.ts';
import { nodeToken } from '../../engine/frame/subject.ts';
import type { Frame, Row } from '../../engine/frame/types.ts';
import { ensureStreamIs } from '../../wire/streams.ts';
import { baselinesBucket, bucketStream, kvGet, kvSubject } from '../../wire/kv.ts';
import { NatsServer } from '../../wire/testing/nats-server.ts';
import { storedFrames } from '../../wire/testing/stored-frames.ts';
import { Broker } from '../../operator/ingest/broker.ts';
import { Ingest } from '../../operator/ingest/pipeline.ts';
import { ingestReflectors } from '../../operator/ingest/reflectors.ts';
import { KinSource } from '../../operator/ingest/scoring/kin-source.ts';
import { ScoringWishes } from '../../operator/ingest/scoring/scoring-wishes.ts';
import { systemClock as clock } from '../../operator/kube/clock.ts';
import { silentLogger as logger } from '../../operator/kube/logger.ts';
import { Deployment, Node, Pod, ReplicaSet } from '../../operator/kube/resources.ts';
import { ApiServer } from '../../operator/testing/api-server.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { deployment, node, pod, replicaSet } from '../../operator/testing/fixtures.ts';

const main = fileURLToPath(new URL('../../agents/main.ts', import.meta.url));
const uidOf = (n: number): string => `0f3ac9b2-7d41-4c5e-9a55-3f1f5b0a7c1${n}`;
const idOf = (n: number): string => String(n).repeat(64);
const limitBytes = 8e6;

const compilation = compilePolicy('odd', '1', {
  target: { kind: 'Container' },
  signals: [
    {
      name: 'odd',
      metric: 'k8s.container.memory.limit_utilization',
      detect: { anomaly: { minDeviation: '5%', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek: 1 } },
    },
  ],
  routes: [{ to: 'Incident' }],
});
if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
const { policy } = compilation;
const scorings = policy.signals.flatMap(({ scoring }) => scoring ?? []);

/** What a container has learnt that used half of its memory for twenty minutes. */
function taught(): { id: string; numbers: Float64Array } {
  const scoring = compileScoring(scorings[0]?.spec);
  if (scoring === undefined) throw new Error('no scoring');
  const scores = new RowScores(scoring);
  const row: Row = { scope: 'Container', uid: 'teacher', container: 'x' };
  scores.take([{ row, fromMs: 0 }], 0);
  for (let step = 1; step < 1200; step++) scores.score(Float32Array.of(0.48 + 0.04 * noise(step)), step * 1000);
  const numbers = scores.heritage(rowKey(row));
  if (numbers === undefined) throw new Error('nothing was learnt');
  return { id: scoring.id, numbers };
}

describe('scores of an agent, on a nats-server of its own', function () {
  let server: NatsServer;
  let api: ApiServer;
  let fixture: CgroupFixture;
  let directory: string;
  let told: VerdictChange[];
  let evaluator: Evaluator;
  let broker: Broker;
  const stops: (() => Promise<unknown> | void)[] = [];
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    server = await NatsServer.start();
    fixture = new CgroupFixture(2);
    directory = mkdtempSync(join(tmpdir(), 'homeostat-edge-'));
    api = new ApiServer({ clock });
    api.seed(Node, node({ name: 'n1', uid: 'uid-node' }));
    api.seed(Deployment, deployment({ uid: 'uid-web' }));
    api.seed(ReplicaSet, replicaSet({ uid: 'uid-rs' }));
    await operate();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const stop of stops.splice(0).toReversed()) await stop();
    await server.stop();
    fixture.delete();
    rmSync(directory, { recursive: true, force: true });
  });

  /** What of an operator reads the stream and tells agents. */
  async function operate(): Promise<void> {
    told = [];
    evaluator = new Evaluator({ onVerdict: (change) => told.push(change) });
    evaluator.setPolicy(policy, () => true);
    broker = new Broker({ url: server.url, name: 'test', logger });
    const reflectors = ingestReflectors({ api, clock, logger, random: Math.random });
    const kin = new KinSource({ bus: broker.bus, clock, logger, random: Math.random });
    const wishes = new ScoringWishes({ broker, clock, logger, random: Math.random, wanted: () => scorings });
    const ingest = new Ingest({
      broker,
      stream: { maxBytes: 64 * 1024 * 1024 },
      evaluator,
      reflectors,
      lookBackMs: () => 0,
      clock,
      logger,
      registry: new Registry(),
      onBound: (key, keyframe, _atMs, identities) => kin.bound(key, keyframe, identities),
    });
    stops.push(
      () => broker.stop(),
      () => Promise.all(Object.values(reflectors).map((reflector) => reflector.stop())),
      () => ingest.stop(),
      () => wishes.setActive(false),
      () => kin.setActive(false),
    );
    for (const reflector of Object.values(reflectors)) reflector.start();
    await ingest.start();
    await eventually('live', () => ingest.live);
    wishes.setActive(true);
    kin.setActive(true);
  }

  /** A container of the workload that uses a share of its memory. */
  function run(n: number, share: number): void {
    const path = `kubepods/burstable/pod${uidOf(n)}`;
    fixture.set(path, { memoryBytes: share * limitBytes });
    fixture.set(`${path}/${idOf(n)}`, { memoryBytes: share * limitBytes, memoryLimitBytes: limitBytes });
  }

  /** The same in the API. */
  function show(n: number): void {
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'web-6d4cf56db6',
      uid: 'uid-rs',
      controller: true,
    };
    const object = pod({ name: `web-${n}`, uid: uidOf(n), ownerReferences: [owner] }, { nodeName: 'n1' });
    Object.assign(object.status.containerStatuses[0] ?? {}, { containerID: `containerd://${idOf(n)}` });
    api.seed(Pod, object);
  }

  async function agent() {
    const flags = ['--metrics-port', '0', '--state-file', join(directory, 'states'), '--baseline-seconds', '1'];
    const where = ['--node', 'n1', '--nats-url', server.url, '--cgroup-root', fixture.root];
    const child = spawn(process.execPath, [main, ...where, ...flags], { stdio: ['ignore', 'inherit', 'pipe'] });
    children.push(child);
    let text = '';
    child.stderr.on('data', (part: Buffer) => (text += part.toString()));
    const portOf = (): string | undefined => /"agent runs".*?"port":(\d+)/.exec(text)?.[1];
    await eventually('the agent runs', () => portOf() !== undefined);
    return {
      counts: async (name: string, least: number): Promise<boolean> => {
        const page = await (await fetch(`http://127.0.0.1:${portOf()}/metrics`)).text();
        return Number(new RegExp(`^homeostat_agent_${name} (.*)$`, 'm').exec(page)?.[1]) >= least;
      },
      end: async (): Promise<void> => {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      },
      log: () => text,
    };
  }

  const verdict = (n: number): Verdict | undefined => evaluator.verdict('odd', `Container/${uidOf(n)}/app`);

  it('are taken by the operator, survive the agent, and what they rest on goes to new containers', async () => {
    const { id, numbers } = taught();
    const { connection } = broker;
    if (connection === undefined) throw new Error('no connection');
    const bucket = baselinesBucket();
    await ensureStreamIs(connection, bucketStream(bucket));
    const elsewhere = kvSubject(bucket, `uid-web.app.${id}.${nodeToken('n0')}`);
    await broker.bus.publish(elsewhere, encodeStates([{ id, key: '', numbers }]), 'taught');

    show(1);
    run(1, 0.5);
    const first = await agent();
    await eventually('it scores', () => first.counts('scored_series', 1));
    await eventually('the container inherits', () => first.counts('baselines_inherited_total', 1));
    const own = `uid-web.app.${id}.${nodeToken('n1')}`;
    await eventually('it hands on', async () => (await kvGet(connection, bucket, own)) !== undefined);
    expect(told).to.deep.equal([]);
    run(1, 0.95);
    await eventually('the operator takes it', () => verdict(1)?.state === 'Firing');
    expect(verdict(1)?.evidence[0]?.finding).to.match(/^9[45].*; so strange once in .*; scored by the agent$/);
    const confidence = verdict(1)?.confidence;
    expect(confidence).to.be.greaterThan(0.99);

    await first.end();
    const second = await agent();
    const again = await eventually('it goes on', async () => {
      const boots = (await storedFrames(server.url)).filter((message): message is Frame => message.kind === 'frame');
      const boot = boots.at(-1)?.source.boot;
      return boot === boots[0]?.source.boot
        ? undefined
        : boots.find((f) => f.source.boot === boot && f.columns.length > 0);
    });
    expect(again).not.to.equal(undefined);
    await eventually('it scores again', () => second.counts('scored_series', 1));
    expect(second.log()).to.match(/what was learnt before is read.*"states":1/);
    show(2);
    run(2, 0.5);
    await eventually('the new container inherits', () => second.counts('baselines_inherited_total', 1));
    expect(verdict(1)).to.include({ state: 'Firing', confidence });
    expect(verdict(2)?.state).to.equal('Inactive');
    run(2, 0.96);
    await eventually('the new one is known', () => verdict(2)?.state === 'Firing');
    expect(verdict(2)?.evidence[0]?.finding).to.match(/scored by the agent$/);
    expect(told.map(({ verdict: { target, state } }) => `${target.name} ${state}`)).to.deep.equal([
      'web-1 Firing',
      'web-2 Firing',
    ]);
  });
});
