import { expect } from 'chai';
import { Cluster, nodeTarget } from '../controllers/harness.test.ts';
import type { Span } from './span.ts';
import { Tracer } from './tracer.ts';

/** Each span in a line under what it is part of: from, to (in seconds since `zeroMs`), name, and why it failed. */
function drawn(spans: readonly Span[], zeroMs: number): string[] {
  const depth = ({ parentSpanId }: Span): number => {
    const parent = spans.find(({ spanId }) => spanId === parentSpanId);
    return parent === undefined ? 0 : depth(parent) + 1;
  };
  const seconds = (ms: number): string => String(Math.round((ms - zeroMs) / 1000));
  return spans.map(
    (span) =>
      `${'  '.repeat(depth(span))}${seconds(span.startMs)}-${seconds(span.endMs)} ${span.name}${span.error === undefined ? '' : ' failed'}`,
  );
}

describe('the trace of an Incident', () => {
  let cluster: Cluster;
  let policy: ReturnType<Cluster['policy']>;
  let told: Span[][];
  let hasRoom: boolean;
  let isLeader: boolean;
  let zeroMs: number;
  beforeEach(async () => {
    cluster = new Cluster();
    [told, hasRoom, isLeader] = [[], true, true];
    policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    await cluster.seconds(10);
    zeroMs = cluster.clock.now();
  });
  afterEach(() => cluster.operator.die());

  const trace = (): Tracer =>
    new Tracer({
      kinds: cluster.operator.context.kinds,
      clock: cluster.clock,
      isLeader: () => isLeader,
      offer: (spans) => {
        if (hasRoom) told.push([...spans]);
        return hasRoom;
      },
    });
  const fire = (): Promise<void> => cluster.judged(policy, nodeTarget(), 'Firing', { firstSampleMs: zeroMs - 4000 });
  async function recover(): Promise<void> {
    await cluster.seconds(20);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(20);
  }

  it('is told once, when everything is over', async () => {
    trace();
    await fire();
    await cluster.seconds(20);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(8);
    expect(told).to.deep.equal([]);
    await cluster.seconds(60);
    expect(told).to.have.length(1);
    expect(drawn(told[0] ?? [], zeroMs)).to.deep.equal([
      '-4-20 incident',
      '  -4-0 detect',
      '  0-30 remediate',
      '    0-0 admit',
      '    0-0 step cordon',
      '    0-30 verify',
      '    30-30 undo',
    ]);
    const [incident, detect, remediate, admit] = told[0] ?? [];
    expect(incident?.attributes).to.include({
      'homeostat.policy.name': 'hung',
      'homeostat.outcome': 'Recovered',
      'k8s.node.name': 'node-1',
      'k8s.node.uid': 'uid-node-1',
    });
    expect(detect?.parentSpanId).to.equal(incident?.spanId);
    expect(remediate?.attributes).to.include({ 'homeostat.mode': 'Enforce', 'homeostat.outcome': 'Recovered' });
    expect(admit?.events.map(({ name }) => name)).to.include('guard');
    expect(new Set(told[0]?.map(({ traceId }) => traceId)).size).to.equal(1);
    expect(new Set(told[0]?.map(({ spanId }) => spanId)).size).to.equal(told[0]?.length);
  });

  it('is the same, whoever tells it', async () => {
    trace();
    await fire();
    await recover();
    trace().resync();
    await cluster.seconds(5);
    expect(told).to.have.length(2);
    expect(told[1]).to.deep.equal(told[0]);
  });

  it('says which attempt failed, and why', async () => {
    trace();
    await fire();
    await cluster.seconds(61);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(60);
    const failed = told.flat().filter(({ error }) => error !== undefined);
    expect(failed.map(({ name }) => name)).to.include.members(['remediate', 'verify']);
    expect(failed[0]?.attributes['homeostat.outcome']).to.equal('StillFiring');
  });

  it('is told by nobody but the leader, and not by one who comes long after', async () => {
    isLeader = false;
    trace();
    await fire();
    await recover();
    expect(told).to.deep.equal([]);
    isLeader = true;
    await cluster.seconds(601);
    trace().resync();
    await cluster.seconds(5);
    expect(told).to.deep.equal([]);
  });

  it('is offered again when there was no room', async () => {
    hasRoom = false;
    const tracer = trace();
    await fire();
    await recover();
    hasRoom = true;
    tracer.resync();
    await cluster.seconds(5);
    tracer.resync();
    await cluster.seconds(5);
    expect(told).to.have.length(1);
  });
});
