import { expect } from 'chai';
import { Registry } from 'prom-client';
import { silentLogger } from '../kube/logger.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Broker } from './broker.ts';
import { Ingest } from './pipeline.ts';
import { ingestReflectors } from './reflectors.ts';

describe('Ingest', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  });

  function setUp(forbidden?: string) {
    const clock = new FakeClock();
    const logger = silentLogger;
    const authorize = ({ resource }: { resource: { kind: string } }): boolean => resource.kind !== forbidden;
    const api = new ApiServer({ clock, authorize });
    const reflectors = ingestReflectors({ api, clock, logger, random: () => 0 });
    // Nobody listens there.
    const broker = new Broker({ url: 'nats://127.0.0.1:1', name: 'test', logger });
    const ingest = new Ingest({
      broker,
      stream: { maxBytes: 2 ** 20 },
      evaluator: { bind() {}, unbind() {}, frame() {}, advance: () => expect.fail('time passed') },
      reflectors,
      lookBackMs: () => 0,
      clock,
      logger,
      registry: new Registry(),
    });
    stops.push(() => broker.stop());
    stops.push(() => Promise.all(Object.values(reflectors).map((reflector) => reflector.stop())));
    const started = ingest.start();
    stops.push(() =>
      ingest
        .stop()
        .then(() => reflectors.daemonSets.stop())
        .then(() => started),
    );
    for (const reflector of Object.values(reflectors)) reflector.start();
    return { clock, ingest };
  }

  it('says what it waits for and why, before it can read', async () => {
    const { clock, ingest } = setUp('DaemonSet');
    expect(ingest.notLive()).to.equal('waiting for pods');
    await clock.advance(10);
    expect(ingest.notLive()).to.match(/^waiting for daemonSets: .*daemonsets.*forbidden/);
    expect(ingest.health()).to.include({ connected: false, lastMessageMs: undefined });
  });

  it('says that there is no broker, and lets no time pass', async () => {
    const { clock, ingest } = setUp();
    await clock.advance(10_000);
    expect(ingest.live).to.equal(false);
    expect(ingest.notLive()).to.match(/^no connection to NATS at nats:\/\/127.0.0.1:1: /);
  });
});
