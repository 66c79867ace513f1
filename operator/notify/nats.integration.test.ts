import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { Broker } from '../ingest/broker.ts';
import { NatsServer } from '../ingest/testing-nats.ts';
import { eventually } from '../testing/eventually.ts';
import { systemClock } from '../kube/clock.ts';
import { silentLogger } from '../kube/logger.ts';
import { eventsStream, jetStreamEvents } from './event-bus.ts';
import { Speaker } from './speaker.ts';

describe('events on a nats-server of its own', function () {
  let server: NatsServer;
  let broker: Broker;
  let speaker: Speaker;
  before(async () => {
    server = await NatsServer.start();
    broker = new Broker({ url: server.url, name: 'test', logger: silentLogger });
    speaker = new Speaker({
      path: '/n.yaml',
      read: async () => 'notifiers: [{name: bus, nats: {topic: oncall}}]',
      subjectPrefix: 'homeostat',
      bus: jetStreamEvents({ broker, prefix: 'homeostat', clock: systemClock, registry: new Registry() }),
      isLeader: () => true,
      clock: systemClock,
      random: () => 0,
      logger: silentLogger,
      registry: new Registry(),
    });
    await speaker.start();
  });
  after(async () => {
    await speaker.stop();
    await broker.stop();
    await server.stop();
  });

  const notification = (stage: 'Opened' | 'Resolved') => ({
    id: `uid-1/bus/${stage}`,
    key: 'uid-1',
    stage,
    time: '2026-01-31T08:15:02Z',
    openedTime: '2026-01-31T08:15:00Z',
    severity: 'Warning' as const,
    reason: 'RouteEscalates',
    summary: 'it fires',
    evidence: [],
    tried: [],
    incident: { namespace: 'shop', name: 'leak-1', uid: 'uid-1' },
    policy: 'leak',
    target: { kind: 'Pod' as const, name: 'cart-1', uid: 'uid-cart-1' },
    hints: [],
  });
  const tell = async (stage: 'Opened' | 'Resolved'): Promise<void> => {
    speaker.outbox.offer('shop/leak-1', [{ notifier: 'bus', notification: notification(stage), isTold: false }]);
    await eventually(
      `${stage} is delivered`,
      () => speaker.outbox.report('bus', notification(stage))?.state === 'Delivered',
    );
  };
  const stored = async (): Promise<number> => {
    const { connection = expect.fail('no connection') } = broker;
    const { state } = await (await jetstreamManager(connection)).streams.info(eventsStream('homeostat').name);
    return state.messages;
  };

  it('makes the stream when it is needed, and stores what is told, once', async () => {
    await broker.bus.connected();
    await tell('Opened');
    await tell('Resolved');
    expect(await stored()).to.equal(2);
    // Told again, as after a crash: the same id.
    speaker.outbox.offer('shop/leak-1', []);
    await tell('Resolved');
    expect(await stored()).to.equal(2);
  });

  it('delivers what was offered while the server was away', async () => {
    await server.kill();
    await eventually('the connection is lost', () => !broker.bus.isConnected);
    const next = { ...notification('Opened'), id: 'uid-2/bus/Opened', key: 'uid-2' };
    speaker.outbox.offer('shop/leak-2', [{ notifier: 'bus', notification: next, isTold: false }]);
    await eventually('it fails', () => speaker.outbox.report('bus', next)?.state === 'Failing');
    await server.restart();
    await eventually('it is delivered', () => speaker.outbox.report('bus', next)?.state === 'Delivered');
    expect(await stored()).to.equal(3);
  });
});
