import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { compilePolicy } from '../../../engine/evaluate/compile.ts';
import type { Scoring } from '../../../engine/evaluate/scoring.ts';
import { decodeWanted } from '../../../engine/evaluate/wanted.ts';
import { systemClock as wireClock } from '../../../wire/clock.ts';
import { bucketStream, kvGet, kvSubject, scoringBucket } from '../../../wire/kv.ts';
import { NatsBus } from '../../../wire/nats-bus.ts';
import { serversOf } from '../../../wire/nats-url.ts';
import { ToldKey } from '../../../wire/told-key.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { silentLogger as logger } from '../../kube/logger.ts';
import { eventually } from '../../testing/eventually.ts';
import { Broker } from '../broker.ts';
import { NatsServer } from '../testing-nats.ts';
import { ScoringWishes } from './scoring-wishes.ts';

const detect = { anomaly: { minDeviation: '5%', direction: 'Both', everySeconds: 10, falseAlarmsPerWeek: 1 } };
function scoringOf(metric: string): Scoring {
  const signals = [{ name: 'odd', metric, detect }];
  const compiled = compilePolicy('p', '1', { target: { kind: 'Container' }, signals, routes: [{ to: 'Incident' }] });
  const scoring = 'policy' in compiled ? compiled.policy.signals[0]?.scoring : undefined;
  if (scoring === undefined) throw new Error('no scoring');
  return scoring;
}

/** What an agent may do beside its frames, and nothing else (docs/detection.md). */
const agentMay = `
  jetstream { store_dir: "STORE" }
  authorization {
    users = [
      { user: operator, password: o }
      { user: agent, password: a, permissions: {
        publish: ["$JS.API.DIRECT.GET.KV_homeostat-scoring", "$JS.API.DIRECT.GET.KV_homeostat-baselines",
                  "$KV.homeostat-baselines.*.*.*.dpig"],
        subscribe: ["_INBOX.>", "$KV.homeostat-scoring.wanted", "$KV.homeostat-scoring.kin.dpig"] } }
    ]
  }`;

describe('ScoringWishes, on a nats-server of its own', function () {
  let server: NatsServer;
  let agent: NatsConnection | undefined;
  const stops: (() => Promise<unknown> | void)[] = [];

  beforeEach(async () => {
    server = await NatsServer.start(agentMay);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
    await agent?.close();
    await server.stop();
  });

  const as = (user: string): string => server.url.replace('//', `//${user}@`);

  it('tell agents what to score, again when it changes, and who comes later too', async () => {
    let scorings = [scoringOf('k8s.container.cpu.usage')];
    const broker = new Broker({ url: as('operator:o'), name: 'test', logger });
    const wishes = new ScoringWishes({ broker, clock, logger, random: Math.random, wanted: () => scorings });
    stops.push(
      () => broker.stop(),
      () => wishes.setActive(false),
    );
    const heard: string[] = [];
    const bus = new NatsBus({ url: as('agent:a'), name: 'agent' }, wireClock);
    const told = new ToldKey({
      connection: () => bus.natsConnection,
      bucket: scoringBucket(),
      key: 'wanted',
      clock: wireClock,
      onValue: (value) => heard.push(JSON.stringify(decodeWanted(new TextDecoder().decode(value)))),
    });
    stops.push(
      () => bus.close(),
      () => told.stop(),
    );
    told.start();
    wishes.setActive(true);
    await eventually('it is told', () => heard.length === 1);
    scorings = [...scorings, scoringOf('k8s.container.memory.limit_utilization')];
    await eventually('the change is told', () => heard.length === 2);
    expect(JSON.parse(heard.at(-1) ?? '')).to.have.length(2);
    await server.kill();
    await server.restart();
    const late = new NatsBus({ url: as('agent:a'), name: 'late' }, wireClock);
    stops.push(() => late.close());
    await late.connected();
    const { natsConnection } = late;
    const found = natsConnection && (await kvGet(natsConnection, scoringBucket(), 'wanted'));
    expect(found && JSON.stringify(decodeWanted(new TextDecoder().decode(found)))).to.equal(heard.at(-1));
    expect(natsConnection && (await kvGet(natsConnection, scoringBucket(), 'nothing'))).to.equal(undefined);
  });

  it('leave an agent what it needs, and no other node’s keys', async () => {
    const operator = await connect(serversOf(as('operator:o')));
    stops.push(() => operator.close());
    agent = await connect(serversOf(as('agent:a')));
    const refused: string[] = [];
    void (async () => {
      for await (const status of agent.status()) if (status.type === 'error') refused.push(status.error.message);
    })();
    for (const key of ['wanted', 'kin.dpig']) agent.publish(kvSubject(scoringBucket(), key), 'mine');
    agent.publish('$KV.homeostat-baselines.uid.app.id.other', 'mine');
    agent.publish('$KV.homeostat-baselines.uid.app.id.dpig', 'mine');
    await agent.flush();
    await eventually('three are refused', () => refused.length >= 3);
    expect(refused.every((text) => !text.includes('id.dpig'))).to.equal(true);
    expect(bucketStream(scoringBucket()).name).to.equal('KV_homeostat-scoring');
  });
});
