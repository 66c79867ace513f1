import { expect } from 'chai';
import type { Frame, Keyframe } from '../engine/frame/types.ts';
import { FakeClock } from '../wire/testing/fake-clock.ts';
import { Agent, nextTick, phaseOf } from './agent.ts';
import type { Source, Urge } from './sources/source.ts';

const arrange = (slowMs = 0) => {
  const clock = new FakeClock(1_760_000_000_400);
  const sent: { keyframe: Keyframe; frame: Frame }[] = [];
  let urge: Urge = () => {};
  let stopped = false;
  const source: Source = {
    name: 'probe',
    metrics: ['k8s.node.kubelet.probe.failures'],
    read(write) {
      write(0, 0, 0);
      clock.jump(slowMs);
      slowMs = 0;
    },
    start: (given) => {
      urge = given;
    },
    stop: () => {
      stopped = true;
    },
  };
  const readMs: number[] = [];
  const agent = new Agent(
    { node: 'n1', boot: '0'.repeat(32), onRead: (ms) => readMs.push(ms) },
    [source],
    { offer: (keyframe, frame) => sent.push({ keyframe, frame }) },
    clock,
  );
  return {
    clock,
    agent,
    sent,
    readMs,
    urge: (value: number) => urge([{ metric: 0, object: 0, value }]),
    isStopped: () => stopped,
  };
};

describe('Agent', () => {
  it('ticks on its node’s grid, without drift', async () => {
    const { clock, agent, sent } = arrange();
    agent.start();
    await clock.advance(5000);
    expect(sent.map(({ frame }) => frame.sequence)).to.deep.equal([1, 2, 3, 4, 5]);
    const phase = phaseOf('n1', 1000);
    for (const { frame } of sent) expect(frame.capturedMs % 1000).to.equal(phase);
    expect(agent.counts).to.include({ ticks: 5, missedTicks: 0, rows: 1 });
  });

  it('leaves out the ticks that it is too late for, and counts them', async () => {
    const { clock, agent, sent, readMs } = arrange(2300);
    agent.start();
    await clock.advance(5000);
    expect(agent.counts.missedTicks).to.equal(2);
    const phase = phaseOf('n1', 1000);
    expect(sent.slice(1).map(({ frame }) => frame.capturedMs % 1000)).to.deep.equal([phase, phase]);
    expect(agent.counts.ticks).to.equal(3);
    expect(readMs).to.deep.equal([2300, 0, 0]);
  });

  it('sends what is urgent at once, in the same order of numbers', async () => {
    const { clock, agent, sent, urge } = arrange();
    agent.start();
    await clock.advance(1000);
    urge(3);
    expect(sent.at(-1)?.frame).to.deep.include({ sequence: 2, generation: 1, capturedMs: clock.now() });
    expect([...(sent.at(-1)?.frame.rows ?? [])]).to.deep.equal([0]);
    await clock.advance(1000);
    expect(sent.at(-1)?.frame.sequence).to.equal(3);
    expect(agent.counts.urgentFrames).to.equal(1);
  });

  it('can have something urgent before its first tick', () => {
    const { agent, sent, urge } = arrange();
    agent.start();
    urge(1);
    expect(sent[0]?.keyframe.rows).to.have.length(1);
    expect(sent[0]?.frame.sequence).to.equal(1);
  });

  it('stops its sources and itself', async () => {
    const { clock, agent, sent, isStopped } = arrange();
    agent.start();
    await clock.advance(1000);
    agent.stop();
    await clock.advance(5000);
    expect(sent).to.have.length(1);
    expect(isStopped()).to.equal(true);
  });
});

describe('nextTick', () => {
  for (const [nowMs, intervalMs, phaseMs, expected] of [
    [0, 1000, 0, 1000],
    [999, 1000, 0, 1000],
    [1000, 1000, 0, 2000],
    [1000, 1000, 250, 1250],
    [1250, 1000, 250, 2250],
    [100, 1000, 250, 250],
  ] as const)
    it(`after ${nowMs} at phase ${phaseMs} is ${expected}`, () =>
      expect(nextTick(nowMs, intervalMs, phaseMs)).to.equal(expected));
});
