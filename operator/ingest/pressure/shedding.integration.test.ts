import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { validPolicy } from '../../../crds/testing/valid.ts';
import { Evaluator } from '../../../engine/evaluate/evaluator.ts';
import type { VerdictChange } from '../../../engine/evaluate/verdict.ts';
import { Policies } from '../../controllers/detection-policy/policies.ts';
import { systemClock } from '../../kube/clock.ts';
import { silentLogger as logger } from '../../kube/logger.ts';
import { Node, Pod } from '../../kube/resources.ts';
import { Recording } from '../../replay/recording/reader.ts';
import { Replay } from '../../replay/replay.ts';
import { save } from '../../replay/save.ts';
import { recordedSheds, shedMsOf } from '../../replay/sheds.ts';
import { ApiServer } from '../../testing/api-server.ts';
import { eventually } from '../../testing/eventually.ts';
import { node, pod } from '../../testing/fixtures.ts';
import { Broker } from '../broker.ts';
import { Ingest } from '../pipeline.ts';
import { ingestReflectors } from '../reflectors.ts';
import { NatsServer } from '../testing-nats.ts';
import { ShedSource } from './shed-source.ts';
import { Shedder } from './shedder.ts';
import { slowed } from './slow.ts';

const root = 'homeostat-system';
const utilization = 'k8s.container.memory.limit_utilization';

function policy(name: string, spec: Partial<DetectionPolicy['spec']>): DetectionPolicy {
  const { when: _, ...valid } = validPolicy().spec;
  return {
    ...validPolicy(),
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, generation: 1 },
    spec: {
      ...valid,
      target: { kind: 'Container', warmupSeconds: 0 },
      signals: [{ name: 'high', metric: utilization, detect: { threshold: { above: '90%' } } }],
      minConfidence: '0%',
      forSeconds: 0,
      clearForSeconds: 0,
      ...spec,
    },
  };
}
const policies = [
  policy('watched', { mode: 'Observe', severity: 'Critical' }),
  policy('info', { mode: 'Enforce', severity: 'Info' }),
  policy('warning', { mode: 'Enforce', severity: 'Warning' }),
  policy('critical', { mode: 'Enforce', severity: 'Critical' }),
];

describe('shedding, on a nats-server of its own', function () {
  let server: NatsServer;
  let directory: string;
  const started: (() => Promise<unknown> | void)[] = [];

  beforeEach(async () => {
    server = await NatsServer.start();
    directory = mkdtempSync(join(tmpdir(), 'homeostat-shedding-'));
  });
  afterEach(async () => {
    for (const stop of started.splice(0).toReversed()) await stop();
    rmSync(directory, { recursive: true });
    await server.stop();
  });

  /** An operator as far as verdicts go, to which each frame costs so many milliseconds for each policy that it judges. */
  async function operate(api: ApiServer, costMs: () => number, limits: { lagMs: number; skipLagMs: number }) {
    const registry = new Registry();
    const changes: VerdictChange[] = [];
    const courses: string[] = [];
    const evaluator = new Evaluator({ onVerdict: (change) => changes.push(change) });
    const inForce = new Policies({ evaluator, rootNamespace: root, namespaceLabels: () => undefined });
    for (const each of policies) expect(inForce.put(each)).to.deep.equal([]);
    const broker = new Broker({ url: server.url, name: 'test', logger });
    const reflectors = ingestReflectors({ api, clock: systemClock, logger, random: Math.random });
    const ingest: Ingest = new Ingest({
      broker,
      stream: { maxBytes: 64 * 1024 * 1024 },
      evaluator: slowed(evaluator, () => costMs() * (policies.length - shedder.list().length)),
      reflectors,
      lookBackMs: () => 0,
      clock: systemClock,
      logger,
      registry,
      between: (atMs) => shedder.between(atMs),
      onSkipped: (skipped) => told.changed(skipped.beforeMs, skipped),
    });
    const shedder: Shedder = new Shedder({
      policies: () => Array.from(inForce.list(), (each) => ({ id: each.compiled.id, policy: each.policy })),
      lagMs: () => ingest.ownLagMs(),
      suspendOnly: (ids, atMs) => evaluator.suspendOnly(ids, atMs),
      skip: () => ingest.skip(),
      limits: { ...limits, holdMs: 500 },
      clock: systemClock,
      logger,
      registry,
      onChange: (_, atMs) => {
        courses.push(shed().join(' '));
        told.changed(atMs);
      },
    });
    const shed = (): string[] => shedder.list().map((each) => each.policy.metadata.name);
    const told = new ShedSource({
      bus: broker.bus,
      clock: systemClock,
      logger,
      random: Math.random,
      shed: () => shed().map((name) => `shop/${name}`),
      atMs: () => shedder.atMs,
    });
    started.push(
      () => broker.stop(),
      () => Promise.all(Object.values(reflectors).map((reflector) => reflector.stop())),
      () => ingest.stop(),
      () => shedder.stop(),
      () => told.setActive(false),
    );
    for (const reflector of Object.values(reflectors)) reflector.start();
    await ingest.start();
    await eventually('live', () => ingest.live);
    shedder.start();
    told.setActive(true);
    const state = (name: string): string | undefined =>
      evaluator.verdict(`uid-${name}`, 'Container/uid-pod/app')?.state;
    return { ingest, registry, changes, courses, shed, state };
  }

  /** Says from now on how full the memory of the container is. */
  function agent(): (value: number) => void {
    const workerData = { url: server.url, everyMs: 20, metric: utilization, uid: 'uid-pod' };
    const worker = new Worker(new URL('testing-sender.ts', import.meta.url), { workerData });
    started.push(() => worker.terminate());
    return (value) => worker.postMessage(value);
  }

  function cluster(): ApiServer {
    const api = new ApiServer({ clock: systemClock });
    api.seed(Node, node({ name: 'node-1', uid: 'uid-node' }));
    api.seed(Pod, pod({ uid: 'uid-pod' }));
    return api;
  }

  const recorded = async (api: ApiServer): Promise<Recording> => {
    const path = join(directory, 'window.hrec');
    const ending = new AbortController().signal;
    const asked = { natsUrl: server.url, prefix: 'homeostat', nodes: undefined, writtenBy: 'test', ending };
    await save(path, { api, clock: systemClock, sinceMs: 600_000, forMs: 0, ...asked });
    return new Recording(path);
  };

  const replayed = (recording: Recording, as: 'it was' | 'nothing was shed'): VerdictChange[] => {
    const changes: VerdictChange[] = [];
    const sheds = as === 'it was' ? recordedSheds(recording.entries()) : [];
    const replay = new Replay({ rootNamespace: root, onVerdict: (change) => changes.push(change), sheds });
    for (const each of policies) replay.policies.put(each);
    replay.play(recording.entries());
    return changes;
  };
  /** Live, time may have passed the last message of the recording. */
  const upTo = (changes: readonly VerdictChange[], recording: Recording): string[] =>
    changes.filter(({ atMs }) => atMs <= (recording.end.untilMs ?? 0) - 400).map((change) => JSON.stringify(change));

  it('sheds the least important first, keeps the others in time, gives them back, and a replay does the same', async () => {
    let costMs = 0;
    const api = cluster();
    const live = await operate(api, () => costMs, { lagMs: 300, skipLagMs: 60_000 });
    const tell = agent();
    await eventually('verdicts', () => live.state('critical') === 'Inactive');
    // With four policies 1.6 times of what can be done, with three 1.2 times, with two 0.8 times.
    costMs = 8;
    await eventually('two are shed', () => live.shed().length >= 2);
    expect(live.courses[0]).to.equal('watched');
    expect(live.shed().slice(0, 2)).to.deep.equal(['watched', 'info']);
    expect(live.state('watched')).to.equal('Unknown');
    await eventually('it catches up', () => live.ingest.lag().ms < 100 || live.shed().length < 2);
    tell(0.95);
    await eventually('what is critical is seen', () => live.state('critical') === 'Firing');
    expect(live.ingest.live).to.equal(true);
    costMs = 0;
    await eventually('all are judged again', () => live.shed().length === 0);
    await eventually('and see it too', () => policies.every(({ metadata }) => live.state(metadata.name) === 'Firing'));
    for (const course of live.courses) expect(course).not.to.include('critical');
    tell(0.3);
    await eventually('it is over', () => policies.every(({ metadata }) => live.state(metadata.name) === 'Inactive'));
    const text = await live.registry.metrics();
    expect(text).to.include('homeostat_policies_shed 0').and.include('homeostat_ingest_missed_frames_total 0');
    expect(text).not.to.match(/homeostat_policies_shed_seconds_total 0$/m);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const recording = await recorded(api);
    const sheds = recordedSheds(recording.entries());
    expect(shedMsOf('shop/watched', sheds, recording.end.untilMs ?? 0)).to.be.greaterThan(500);
    expect(shedMsOf('shop/critical', sheds, recording.end.untilMs ?? 0)).to.equal(0);
    expect(upTo(live.changes, recording)).to.have.length.greaterThan(5);
    expect(upTo(replayed(recording, 'it was'), recording)).to.deep.equal(upTo(live.changes, recording));
    // Nothing shed, it is another story: nobody is ever unknown.
    const all = replayed(recording, 'nothing was shed');
    expect(all.filter(({ verdict }) => verdict.state === 'Unknown')).to.deep.equal([]);
  });

  it('skips what it can never reach when nothing is left to shed, and counts and tells it', async () => {
    let costMs = 0;
    const api = cluster();
    const live = await operate(api, () => costMs, { lagMs: 200, skipLagMs: 1500 });
    const tell = agent();
    await eventually('verdicts', () => live.state('critical') === 'Inactive');
    costMs = 60;
    const skipped = async (): Promise<number> => {
      const text = await live.registry.metrics();
      return Number(/homeostat_ingest_stream_breaks_total\{why="Skipped"\} (\d+)/.exec(text)?.[1]);
    };
    await eventually('it skips', async () => (await skipped()) > 0);
    expect(live.shed()).to.have.length(3);
    costMs = 0;
    tell(0.95);
    await eventually('it is live, and sees what is new', () => live.ingest.live && live.state('critical') === 'Firing');
    const text = await live.registry.metrics();
    const lost = Number(/homeostat_ingest_lost_messages_total (\d+)/.exec(text)?.[1]);
    const missed = Number(/homeostat_ingest_missed_frames_total (\d+)/.exec(text)?.[1]);
    expect(lost).to.be.greaterThan(10);
    // Of the messages some were not frames.
    expect(missed).to.be.within(lost - 20, lost);
    const recording = await recorded(api);
    const sheds = recordedSheds(recording.entries());
    expect(sheds.filter((each) => each.skipped !== undefined).length).to.equal(await skipped());
    const known = replayed(recording, 'it was').filter(({ verdict }) => verdict.policyId === 'uid-critical');
    const judged = live.changes.filter(({ verdict }) => verdict.policyId === 'uid-critical');
    expect(upTo(known, recording)).to.deep.equal(upTo(judged, recording));
  });
});
