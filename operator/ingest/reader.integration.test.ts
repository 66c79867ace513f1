import { DiscardPolicy, jetstream, jetstreamManager, StorageType, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { framesStream } from '../../engine/frame/stream.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { systemClock } from '../kube/clock.ts';
import { silentLogger } from '../kube/logger.ts';
import { TcpProxy } from '../testing/tcp-proxy.ts';
import { Broker } from './broker.ts';
import { Reader } from './reader.ts';
import { frame, keyframe, message } from './testing.ts';
import { eventually } from '../testing/eventually.ts';
import { NatsServer } from './testing-nats.ts';

const wanted = { maxBytes: 16 * 1024 * 1024 };
const stream = framesStream(wanted);

describe('Reader on a nats-server of its own', function () {
  let server: NatsServer;
  let connection: NatsConnection | undefined;
  let nextId = 1;
  const started: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    server = await NatsServer.start();
  });
  afterEach(async () => {
    for (const each of started.splice(0).toReversed()) await each.stop();
    await connection?.close();
    connection = undefined;
    await server.stop();
  });

  function read(lookBackMs = 0, url = server.url) {
    const broker = new Broker({ url, name: 'test', logger: silentLogger });
    const subjects: string[] = [];
    const told: boolean[] = [];
    const lost: [number, string][] = [];
    const payloads: string[] = [];
    const warnings: object[] = [];
    const reader = new Reader({
      broker,
      stream: wanted,
      clock: systemClock,
      logger: { ...silentLogger, warn: (message, fields) => warnings.push({ message, ...fields }) },
      lookBackMs: () => lookBackMs,
      onMessage: ({ subject, data }, caughtUp) => {
        subjects.push(subject);
        payloads.push(data.length < 12 ? new TextDecoder().decode(data) : '');
        told.push(caughtUp);
      },
      onLost: (messages, why) => lost.push([messages, why]),
    });
    started.push(broker, reader);
    reader.start();
    return { reader, broker, subjects, payloads, told, lost, warnings };
  }

  /** Publishes, as often as it takes, until the server has stored it once. */
  async function publish(content: Frame | Keyframe | string): Promise<void> {
    const from = (connection ??= await connect({
      servers: server.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    }));
    const { subject, data } =
      typeof content === 'string' ? { subject: message(frame(1)).subject, data: content } : message(content);
    const msgID = String(nextId++);
    const attempt = (): Promise<unknown> =>
      jetstream(from).publish(subject, data, { msgID, timeout: 500 }).catch(attempt);
    await attempt();
  }
  async function manager(): Promise<JetStreamManager> {
    connection ??= await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    return jetstreamManager(connection);
  }
  const reading = ({ reader }: { reader: Reader }) => eventually('reading', () => reader.caughtUp);

  it('creates the stream and reads what is published, in order', async () => {
    const test = read();
    await reading(test);
    for (const text of ['a', 'b', 'c']) await publish(text);
    await eventually('three messages', () => test.payloads.length === 3);
    expect(test.payloads.join('')).to.equal('abc');
    expect(test.told).to.deep.equal([true, true, true]);
    expect(test.reader.health().reason).to.equal(undefined);
  });

  it('starts with the keyframes that were valid and the asked past, and says when it has caught up', async () => {
    await reading(read());
    await started
      .splice(0)
      .toReversed()
      .reduce((before, each) => before.then(() => each.stop()), Promise.resolve());
    await publish(keyframe());
    await publish('old');
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await publish('new1');
    await publish('new2');
    const test = read(3500);
    await reading(test);
    expect(test.payloads.join(' ')).to.equal(' new1 new2');
    expect(test.subjects[0]).to.match(/\.key$/);
    expect(test.told).to.deep.equal([false, false, true]);
  });

  it('goes on after the server was killed, with every message once', async () => {
    const test = read();
    await reading(test);
    await publish('a');
    await server.kill();
    await eventually('break seen', () => !test.reader.health().connected);
    expect(test.reader.health().reason).to.match(/no connection to NATS at nats:\/\/127/);
    await server.restart();
    await publish('b');
    await publish('c');
    await eventually('b and c', () => test.payloads.includes('c'));
    expect(test.payloads.join('')).to.equal('abc');
    expect(test.reader.health()).to.include({ connected: true, reason: undefined });
  });

  it('notices within seconds that the server hangs, and goes on', async () => {
    const test = read();
    await reading(test);
    server.freeze(true);
    await eventually('hang seen', () => !test.reader.caughtUp);
    server.freeze(false);
    await publish('a');
    await eventually('a', () => test.payloads.includes('a'));
  });

  it('reads on when the stream is deleted, having made it anew', async () => {
    const test = read();
    await reading(test);
    await publish('a');
    await (await manager()).streams.delete(stream.name);
    await eventually('end of the session', () => !test.reader.caughtUp);
    await reading(test);
    await publish('b');
    await eventually('b', () => test.payloads.includes('b'));
    expect([test.payloads.join(''), test.lost]).to.deep.equal(['ab', [[0, 'Recreated']]]);
  });

  it('makes a new consumer when its own is deleted', async () => {
    const test = read();
    await reading(test);
    await publish('a');
    const { consumers } = await manager();
    for await (const { name } of consumers.list(stream.name)) await consumers.delete(stream.name, name);
    await eventually('end of the session', () => !test.reader.caughtUp);
    await publish('b');
    await eventually('b', () => test.payloads.includes('b'));
    expect([test.payloads.join(''), test.lost]).to.deep.equal(['ab', []]);
  });

  it('counts messages that the stream’s limits took before they were read', async () => {
    const proxy = new TcpProxy('127.0.0.1', server.port);
    started.unshift(proxy);
    const test = read(0, `nats://127.0.0.1:${await proxy.start()}`);
    await reading(test);
    await publish('a');
    await eventually('a', () => test.payloads.includes('a'));
    proxy.silent = true;
    await eventually('break seen', () => !test.reader.health().connected);
    for (const text of ['b', 'c', 'd']) await publish(text);
    await (await manager()).streams.purge(stream.name, { seq: 4 });
    proxy.silent = false;
    proxy.cut();
    await eventually('d', () => test.payloads.includes('d'));
    expect([test.payloads.join(''), test.lost]).to.deep.equal(['ad', [[2, 'Expired']]]);
  });

  it('misses nothing when the server comes back without its last messages', async () => {
    const test = read();
    await reading(test);
    await publish('a');
    await server.kill();
    server.keep();
    await server.restart();
    for (const text of ['b', 'c']) await publish(text);
    await eventually('c', () => test.payloads.includes('c'));
    await server.kill();
    server.rollBack();
    await server.restart();
    for (const text of ['d', 'e', 'f']) await publish(text);
    await eventually('f', () => test.payloads.includes('f'));
    expect([test.payloads.join(''), test.lost]).to.deep.equal(['abcdef', [[0, 'Rewound']]]);
  });

  const conditions: [name: string, configuration: string, reason: RegExp][] = [
    ['JetStream is off', '', /has no JetStream.*run it with -js/],
    [
      'there is too little storage',
      'jetstream { store_dir: "STORE", max_file_store: 1000000 }',
      /no room for 16777216 bytes.*--stream-max-bytes/,
    ],
    [
      'the user may not use JetStream',
      'jetstream { store_dir: "STORE" }\nauthorization { users: [{ user: "u", password: "p", permissions: { publish: "a", subscribe: ">" } }] }',
      /does not allow this user.*STREAM\.INFO/,
    ],
    [
      'the password is wrong',
      'authorization { user: "u", password: "other" }',
      /no connection to NATS at nats:\/\/127[^@]*: Authorization Violation/,
    ],
  ];
  for (const [name, configuration, reason] of conditions) {
    it(`says so when ${name}, and goes on when that is mended`, async () => {
      await server.kill();
      server.configure(configuration);
      await server.restart();
      const test = read(0, server.url.replace('//', '//u:p@'));
      await eventually('a reason', () => reason.test(test.reader.health().reason ?? ''));
      await server.kill();
      server.configure('jetstream { store_dir: "STORE" }');
      await server.restart();
      await reading(test);
      expect(test.reader.health().reason).to.equal(undefined);
    });
  }

  it('makes a stream with other limits as it should be, and reads one that it may not change', async () => {
    const streams = (await manager()).streams;
    await streams.add({
      name: stream.name,
      subjects: ['homeostat.frames.>'],
      max_bytes: 1e6,
      discard: DiscardPolicy.New,
    });
    await reading(read());
    expect((await streams.info(stream.name)).config).to.include({ max_bytes: stream.max_bytes, discard: 'old' });
    await streams.delete(stream.name);
    await streams.add({ name: stream.name, subjects: ['homeostat.frames.>'], storage: StorageType.Memory });
    const test = read();
    await reading(test);
    await publish('a');
    await eventually('a', () => test.payloads.includes('a'));
    const reason = test.reader.health().reason ?? '';
    expect(reason).to.match(/settings that cannot be changed.*delete it once/);
    const message = 'the frame stream is not as it should be';
    expect(test.warnings).to.deep.equal([{ message, stream: stream.name, reason }]);
  });

  it('gives the process its turn while it reads a long past', async () => {
    await reading(read());
    await publish('x');
    if (connection === undefined) throw new Error('not connected');
    const { subject, data } = message(frame(1));
    const client = jetstream(connection);
    for (let batch = 0; batch < 10; batch++)
      await Promise.all(Array.from({ length: 1000 }, () => client.publish(subject, data)));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const test = read(60_000);
    await reading(test);
    clearInterval(timer);
    expect(test.subjects.length).to.equal(10_001);
    expect(turns).to.be.greaterThan(5);
  });
});
