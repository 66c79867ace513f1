import { expect } from 'chai';
import type { ScoringSpec } from '../../engine/evaluate/scoring.ts';
import { misfit } from '../../engine/frame/fit.ts';
import type { Frame, Keyframe, Row } from '../../engine/frame/types.ts';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { Agent } from '../agent.ts';
import type { Source } from '../sources/source.ts';
import { EdgeScores } from './edge-scores.ts';
import type { State } from './states.ts';

const scoring = (changed: Partial<ScoringSpec> = {}): ScoringSpec => ({
  kind: 'Container',
  metric: 'k8s.container.cpu.usage',
  detect: { anomaly: { minDeviation: '100m', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek: 100 } },
  warmupSeconds: 0,
  ...changed,
});
const container = (uid: string): Row => ({ scope: 'Container', uid, container: 'x' });

/** An agent of a source with some containers, which tell what `value` says. */
const arrange = (maxSeries = 100) => {
  const clock = new FakeClock(1_760_000_000_400);
  const sent: { keyframe: Keyframe; frame: Frame }[] = [];
  const refusals: (string | undefined)[] = [];
  let rows: readonly Row[] = [container('a'), container('b')];
  let value = 1;
  const source: Source = {
    name: 'probe',
    metrics: ['k8s.container.cpu.usage'],
    objects: () => rows,
    read: (write) => rows.forEach((_row, object) => write(0, object, value)),
  };
  const scores = new EdgeScores({ maxSeries, onRefused: (why) => refusals.push(why) });
  const agent = new Agent(
    { node: 'n1', boot: '0'.repeat(32) },
    [source],
    // Values are used again for the next frame.
    { offer: (keyframe, frame) => sent.push({ keyframe, frame: structuredClone(frame) }) },
    clock,
    scores,
  );
  agent.start();
  const seconds = async (count: number, is = value): Promise<{ keyframe: Keyframe; frame: Frame }> => {
    value = is;
    await clock.advance(1000 * count);
    const last = sent.at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    expect(misfit(last.frame, last.keyframe)).to.equal(undefined);
    return last;
  };
  return { scores, refusals, seconds, change: (...uids: string[]) => (rows = uids.map(container)) };
};
const numbers = ({ frame }: { frame: Frame }, column: number): number[] => [
  ...(frame.columns.find((each) => each.column === column)?.values ?? []),
];

describe('EdgeScores', () => {
  it('adds columns when something is to be scored, and takes them away again', async () => {
    const { scores, seconds } = arrange();
    expect((await seconds(1)).keyframe.columns).to.have.length(1);
    scores.want([scoring()]);
    const { keyframe, frame } = await seconds(1);
    expect(keyframe.generation).to.equal(2);
    expect(keyframe.columns.map(({ metric }) => metric.replace(/[0-9a-f]{16}/, 'ID'))).to.deep.equal([
      'k8s.container.cpu.usage',
      ...['score', 'chance', 'view', 'value', 'other'].map((part) => `score/ID/${part}`),
    ]);
    expect(frame.columns.map(({ column }) => column)).to.deep.equal([0, 1]);
    expect(scores.counts).to.deep.equal({ scorings: 1, series: 2, refused: 0 });
    scores.want([]);
    expect((await seconds(1)).keyframe.columns).to.have.length(1);
  });

  it('tells the score of each row, and what fires', async () => {
    const { scores, seconds } = arrange();
    scores.want([scoring()]);
    expect(numbers(await seconds(200), 1)).to.deep.equal([0, 0]);
    const fault = await seconds(1, 5);
    expect(fault.frame.columns.map(({ column }) => column)).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(numbers(fault, 1)[0]).to.be.greaterThan(0.22);
    expect(numbers(fault, 4)).to.deep.equal([5, 5]);
  });

  it('keeps what it knows of rows that stay, and begins anew with those that come', async () => {
    const { scores, seconds, change } = arrange();
    scores.want([scoring()]);
    await seconds(200);
    change('b', 'c');
    const fault = await seconds(2, 5);
    expect(numbers(fault, 2)[0]).to.be.greaterThan(0);
    expect(numbers(fault, 2)[1]).to.be.NaN;
  });

  it('lets rows that come warm up, and not those that were there', async () => {
    const { scores, seconds, change } = arrange();
    scores.want([scoring({ warmupSeconds: 30 })]);
    expect(numbers(await seconds(1), 1)).to.deep.equal([0, 0]);
    change('a', 'c');
    expect(numbers(await seconds(29), 1)[1]).to.be.NaN;
    expect(numbers(await seconds(2), 1)).to.deep.equal([0, 0]);
  });

  it('refuses as a whole what is too much, unknown or not measured, and says so once', async () => {
    const { scores, seconds, refusals, change } = arrange(5);
    const other = scoring({ warmupSeconds: 1 });
    scores.want([scoring(), other, scoring({ metric: 'k8s.container.memory.working_set' }), { version: 9 }]);
    await seconds(3);
    expect(scores.counts).to.deep.equal({ scorings: 2, series: 4, refused: 2 });
    expect(refusals).to.deep.equal([
      'k8s.container.memory.working_set is not measured here; 1 are not known to this version',
    ]);
    scores.want([scoring(), other]);
    change('a', 'b', 'c');
    await seconds(3);
    expect(scores.counts).to.deep.equal({ scorings: 1, series: 3, refused: 1 });
    expect(refusals.at(-1)).to.equal('k8s.container.cpu.usage of 3 rows is more than may be scored');
    change('a');
    await seconds(1);
    expect(refusals.at(-1)).to.equal(undefined);
  });

  it('lets rows go on from what another process knew of them, and no others', async () => {
    const before = arrange();
    before.scores.want([scoring()]);
    await before.seconds(200);
    const states = before.scores.states();
    expect(states.map(({ key }) => key)).to.deep.equal(['a/x', 'b/x']);
    const after = arrange();
    after.scores.remember([...states.slice(0, 1), { ...states[0], id: 'other' } as State], 1_760_000_000_400);
    await after.seconds(1);
    after.scores.want([scoring()]);
    await after.seconds(1);
    // The other process was ahead by minutes; what it knew counts all the same.
    expect([...after.scores.young(0)].map(({ key }) => key)).to.deep.equal(['b/x']);
    const fault = await after.seconds(1, 5);
    expect(numbers(fault, 2)[0]).to.be.greaterThan(0);
    expect(numbers(fault, 2)[1]).to.be.NaN;
  });

  it('refuses states of another form, and forgets what is not asked for in time', async () => {
    const { scores, seconds } = arrange();
    scores.want([scoring()]);
    await seconds(200);
    const [state] = scores.states();
    if (state === undefined) throw new Error('no state');
    expect(scores.restore({ ...state, numbers: state.numbers.slice(1) })).to.equal(false);
    expect(scores.restore({ ...state, numbers: state.numbers.slice().fill(NaN) })).to.equal(false);
    expect(scores.restore({ ...state, key: 'nobody' })).to.equal(false);
    expect(scores.restore(state)).to.equal(true);
    const late = arrange();
    late.scores.remember([state], 0);
    late.scores.want([scoring()]);
    await late.seconds(1);
    expect([...late.scores.young(0)]).to.have.length(2);
  });
});
