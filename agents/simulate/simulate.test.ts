import { expect } from 'chai';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { misfit } from '../../engine/frame/fit.ts';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { madeUp, parseNodes, podsOf } from './population.ts';
import { parseScript, ScriptError } from './script.ts';
import { virtualNode } from './virtual-node.ts';

/** Runs one node under a script, and answers what it sent. */
const simulate = async (script: string, seconds: number): Promise<{ keyframe: Keyframe; frame: Frame }[]> => {
  const clock = new FakeClock();
  const sent: { keyframe: Keyframe; frame: Frame }[] = [];
  // The agent uses its arrays again.
  const sink = {
    offer: (keyframe: Keyframe, frame: Frame) => void sent.push({ keyframe, frame: structuredClone(frame) }),
  };
  const agent = virtualNode('fake-0', '0'.repeat(32), madeUp(['fake-0'], 2), parseScript(script), 1000, sink, clock);
  agent.start();
  await clock.advance(seconds * 1000);
  agent.stop();
  return sent;
};
const series = (sent: { keyframe: Keyframe; frame: Frame }[], metric: string, row = 0): number[] =>
  sent.flatMap(({ keyframe, frame }) => {
    const column = keyframe.columns.findIndex((each) => each.metric === metric);
    const values = frame.columns.find((each) => each.column === column)?.values;
    return values === undefined ? [] : [values[row] ?? Number.NaN];
  });

describe('simulation', () => {
  it('sends whole frames that fit their keyframes, the same ones each time', async () => {
    const sent = await simulate('faults: []', 3);
    expect(sent).to.have.length(3);
    for (const { keyframe, frame } of sent) expect(misfit(frame, keyframe)).to.equal(undefined);
    expect(sent[0]?.keyframe.rows).to.have.length(5);
    expect(await simulate('faults: []', 3)).to.deep.equal(sent);
  });

  it('steps, for a while, and tells counters at once', async () => {
    const sent = await simulate(
      `faults:
       - {at: 1, for: 2, metric: system.cpu.load_average.1m, shape: {step: {to: 42}}}
       - {at: 1.5, pods: ["00000000-0000-4000-8000-000000000001"], metric: k8s.pod.oom_kills, shape: {step: {to: 3}}}`,
      4,
    );
    expect(series(sent, 'system.cpu.load_average.1m').map((value) => value === 42)).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);
    const urgent = sent.filter(({ frame }) => frame.rows !== undefined);
    expect(urgent).to.have.length(1);
    expect(series(urgent, 'k8s.pod.oom_kills')).to.deep.equal([3]);
    expect(series(sent.slice(-1), 'k8s.pod.oom_kills', 1)).to.deep.equal([3]);
    expect(series(sent.slice(-1), 'k8s.pod.oom_kills', 0)).to.deep.equal([0]);
  });

  it('ramps from the level to the end', async () => {
    const sent = await simulate(
      'faults: [{at: 0, metric: k8s.container.memory.usage, shape: {ramp: {to: 550e6, seconds: 4}}}]',
      6,
    );
    const values = series(sent, 'k8s.container.memory.usage');
    expect(values).to.deep.equal(values.toSorted((a, b) => a - b));
    expect(values.at(-1)).to.equal(550e6);
  });

  it('loses values, or whole frames', async () => {
    const missing = await simulate('faults: [{at: 1, metric: k8s.pod.cpu.usage, shape: {gap: {}}}]', 3);
    expect(series(missing, 'k8s.pod.cpu.usage').map(Number.isNaN)).to.deep.equal([false, true, true]);
    const lost = await simulate('faults: [{at: 1, for: 1, shape: {gap: {}}}]', 4);
    expect(lost.map(({ frame }) => frame.sequence)).to.deep.equal([1, 3, 4]);
  });

  it('has a wrong clock', async () => {
    const right = await simulate('faults: []', 2);
    const wrong = await simulate('faults: [{at: 0, shape: {skew: {seconds: -90}}}]', 2);
    expect(wrong.map(({ frame }, i) => frame.capturedMs - (right[i]?.frame.capturedMs ?? 0))).to.deep.equal([
      -90_000, -90_000,
    ]);
  });

  it('lets other nodes be', async () => {
    const script = 'faults: [{at: 0, nodes: [fake-1], metric: system.cpu.load_average.1m, shape: {step: {to: 42}}}]';
    expect(series(await simulate(script, 2), 'system.cpu.load_average.1m')).not.to.include(42);
  });
});

const badScripts: Record<string, RegExp> = {
  'faults: [': /not YAML/,
  '{}': /must have required property 'faults'/,
  'faults: [{shape: {gap: {}}}]': /\/faults\/0 must have required property 'at'/,
  'faults: [{at: 1, metric: system.cpu.utilization, shape: {stepp: {to: 1}}}]': /\/faults\/0\/shape/,
  'faults: [{at: 1, metric: system.cpu.utilization, shape: {step: {}}}]': /\/faults\/0\/shape\/step must have/,
  'faults: [{at: 1, metric: cpu, shape: {step: {to: 1}}}]': /names no metric of the catalogue: cpu/,
  'faults: [{at: 1, metric: k8s.pod.ready, shape: {step: {to: 1}}}]': /that agents do not measure/,
  'faults: [{at: 1, shape: {step: {to: 1}}}]': /\/faults\/0 must have a metric/,
  'faults: [{at: 1, metric: system.cpu.utilization, shape: {skew: {seconds: 1}}}]': /concerns the whole node/,
};

describe('simulation script', () => {
  for (const [text, message] of Object.entries(badScripts))
    it(`refuses ${text}`, () => expect(() => parseScript(text)).to.throw(ScriptError, message));
});

describe('population', () => {
  it('knows ranges', () => {
    expect(parseNodes('fake-8..11, other')).to.deep.equal(['fake-8', 'fake-9', 'fake-10', 'fake-11', 'other']);
    for (const bad of ['', 'A', 'fake-5..4', 'fake-0..99999']) expect(() => parseNodes(bad), bad).to.throw();
  });

  it('takes pods from kubectl, by runtime id or by name', () => {
    const pods = {
      items: [
        {
          metadata: { uid: 'a' },
          spec: { nodeName: 'n1', containers: [{ name: 'web' }] },
          status: { containerStatuses: [{ containerID: 'containerd://abc123' }] },
        },
        { metadata: { uid: 'b' }, spec: { nodeName: 'n1', containers: [{ name: 'web' }, { name: 'log' }] } },
        { metadata: { uid: 'pending' }, spec: { containers: [] } },
      ],
    };
    expect(podsOf(JSON.stringify(pods))).to.deep.equal([
      { node: 'n1', uid: 'a', containers: ['abc123'] },
      { node: 'n1', uid: 'b', containers: ['web', 'log'] },
    ]);
    expect(() => podsOf('[]')).to.throw(/no items/);
    expect(() => podsOf('items: [{}]')).to.throw(/items\[0\] has no metadata.uid/);
  });
});
