import type { NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { compileScoring, RowScores } from '../../engine/evaluate/row-scores.ts';
import type { Row } from '../../engine/frame/types.ts';
import { baselinesBucket } from '../../wire/kv.ts';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { EdgeScores } from './edge-scores.ts';
import { Heritage } from './heritage.ts';
import { decodeStates, encodeStates } from './states.ts';

const spec = {
  kind: 'Container',
  metric: 'k8s.container.cpu.usage',
  detect: { anomaly: { minDeviation: '100m', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek: 100 } },
  warmupSeconds: 0,
};
const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ scope: 'Container', uid: `p${i}`, container: 'x' }));
const kinOf = (rows: readonly Row[], donors: string[] = []) => ({
  of: new Map(rows.map(({ uid }) => [`${uid}/x`, 'web.app'])),
  donors: new Set(donors),
});

/** What a row has learnt in 200 values. */
function taught(): Uint8Array {
  const scoring = compileScoring(spec);
  if (scoring === undefined) throw new Error('no scoring');
  const scores = new RowScores(scoring);
  scores.take([{ row: { scope: 'Container', uid: 'a' }, fromMs: 0 }], 0);
  for (let i = 1; i <= 200; i++) scores.score(Float32Array.of(1), i * 1000);
  const numbers = scores.heritage('a/');
  if (numbers === undefined) throw new Error('nothing was learnt');
  return encodeStates([{ id: scoring.id, key: '', numbers }]);
}

/** An agent with so many rows, and a bucket in which `stored` is found. */
const arrange = (count: number, stored: Uint8Array | undefined) => {
  const clock = new FakeClock(1_760_000_000_000);
  const asked: string[] = [];
  const written: { subject: string; payload: Uint8Array }[] = [];
  const problems: string[] = [];
  const connection = {
    request: (_subject: string, query: string) => {
      asked.push(query);
      return Promise.resolve(
        stored === undefined ? { data: new Uint8Array(), headers: { code: 404 } } : { data: stored },
      );
    },
  };
  const scores = new EdgeScores({ maxSeries: 100, onRefused: () => {} });
  scores.want([spec]);
  const columns = [{ metric: 'k8s.container.cpu.usage', scope: 'Container' }] as const;
  const rows = rowsOf(count);
  scores.arrange(rows, columns, clock.now());
  const heritage = new Heritage({
    scores,
    bucket: baselinesBucket(),
    token: 'n1',
    connection: () => connection as unknown as NatsConnection,
    publish: (subject, payload) => Promise.resolve(written.push({ subject, payload })),
    clock,
    random: () => 0,
    everyMs: 60_000,
    onProblem: (message) => problems.push(message),
  });
  heritage.start();
  return { clock, asked, written, problems, scores, rows, heritage };
};

describe('Heritage', () => {
  it('asks for what is usual of rows of known kinds, ten a round, and then knows it', async () => {
    const { clock, asked, scores, rows, heritage } = arrange(25, taught());
    await clock.advance(2000);
    expect(asked).to.have.length(0);
    heritage.know(kinOf(rows));
    await clock.advance(1000);
    expect(asked).to.have.length(10);
    expect(asked[0]).to.match(/\$KV\.homeostat-baselines\.web\.app\.[0-9a-f]{16}\.\*"/);
    await clock.advance(5000);
    expect(asked).to.have.length(25);
    expect(heritage.counts.inherited).to.equal(25);
    expect([...scores.young(0)]).to.have.length(0);
  });

  it('asks again after half a minute, and no more once a row has learnt by itself', async () => {
    const { clock, asked, rows, heritage } = arrange(1, undefined);
    heritage.know(kinOf(rows));
    await clock.advance(65_000);
    expect(asked).to.have.length(3);
    await clock.advance(600_000);
    const after = asked.length;
    await clock.advance(600_000);
    expect(asked.length).to.equal(after);
  });

  it('refuses what is no state, and says so once', async () => {
    const broken = taught();
    broken[99] = 1 + (broken[99] ?? 0);
    const { clock, problems, rows, heritage, scores } = arrange(2, broken);
    heritage.know(kinOf(rows));
    await clock.advance(3000);
    expect(problems).to.deep.equal(['they were cut off or changed']);
    expect(heritage.counts).to.include({ inherited: 0, failures: 2 });
    expect([...scores.young(0)]).to.have.length(2);
  });

  it('hands on what chosen rows have learnt, under the own node, once in a while', async () => {
    const { clock, written, rows, heritage, scores } = arrange(2, undefined);
    heritage.know(kinOf(rows, ['p1/x']));
    await clock.advance(120_000);
    expect(written, 'before anything is learnt').to.have.length(0);
    for (let i = 0; i < 200; i++) scores.score([Float32Array.of(1, 1)], 1, clock.now() + i * 1000);
    await clock.advance(180_000);
    expect(written).to.have.length(3);
    expect(written[0]?.subject).to.match(/^\$KV\.homeostat-baselines\.web\.app\.[0-9a-f]{16}\.n1$/);
    const [state] = decodeStates(written[0]?.payload ?? new Uint8Array());
    expect(state?.key).to.equal('');
    expect(heritage.counts.handedOn).to.equal(3);
  });
});
