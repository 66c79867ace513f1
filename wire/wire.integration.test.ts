import { expect } from 'chai';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { aFrame, aKeyframe, aSource } from '../engine/frame/fixtures.ts';
import { framesStream } from '../engine/frame/stream.ts';
import type { Frame } from '../engine/frame/types.ts';
import { systemClock } from './clock.ts';
import { ensureFramesStream } from './streams.ts';
import { NatsBus } from './nats-bus.ts';
import { FramePublisher, type PublisherOptions } from './publisher.ts';
import { NatsServer } from './testing/nats-server.ts';
import { storedFrames } from './testing/stored-frames.ts';

const maxBytes = 64 * 1024 * 1024;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Against a nats-server of its own, which it kills. */
describe('publishing to a real nats-server', function () {
  let server: NatsServer;
  let bus: NatsBus | undefined;
  const connections: string[] = [];
  const problems: string[] = [];

  beforeEach(async () => {
    server = await NatsServer.start();
    connections.length = 0;
    problems.length = 0;
  });
  afterEach(async () => {
    await bus?.close();
    await server.stop();
  });

  const createStream = async (): Promise<void> => {
    const connection = await connect({ servers: server.url });
    await ensureFramesStream(connection, { maxBytes });
    await connection.close();
  };
  const publisherOf = (options: PublisherOptions = {}, url = server.url): FramePublisher => {
    bus = new NatsBus(
      {
        url,
        name: 'test',
        onConnection: (state) => connections.push(state.connected ? 'up' : 'down'),
      },
      systemClock,
    );
    return new FramePublisher(bus, systemClock, {
      ...options,
      onProblem: (problem) => problems.push(problem === undefined ? 'none' : problem.message),
    });
  };
  /** Waits for a problem: others may be told of before, such as no connection while the machine is slow. */
  const problemLike = async (pattern: RegExp): Promise<void> => {
    const untilMs = performance.now() + 60_000;
    while (!problems.some((problem) => pattern.test(problem)) && performance.now() < untilMs) await sleep(10);
    expect(problems.join('\n')).to.match(new RegExp(pattern, 'm'));
  };
  const sequencesOf = (frames: readonly Frame[]): number[] => frames.map(({ sequence }) => sequence);
  const stored = async (): Promise<Frame[]> =>
    (await storedFrames(server.url)).filter((message): message is Frame => message.kind === 'frame');

  it('makes the stream once, and as it should be', async () => {
    const connection = await connect({ servers: server.url });
    try {
      const ensure = (bytes: number) => ensureFramesStream(connection, { maxBytes: bytes });
      const made = await Promise.all([ensure(maxBytes), ensure(maxBytes)]);
      expect(made).to.include('Created');
      expect(await ensure(maxBytes)).to.equal('Unchanged');
      expect(await ensure(2 * maxBytes)).to.equal('Updated');
      const { config } = await (await jetstreamManager(connection)).streams.info('HOMEOSTAT_FRAMES');
      expect(config).to.deep.include(framesStream({ maxBytes: 2 * maxBytes }));
    } finally {
      await connection.close();
    }
  });

  it('stores every frame once and in order although the server is killed again and again', async () => {
    await createStream();
    const publisher = publisherOf();
    const keyframe = aKeyframe();
    let sequence = 0;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 60; i++) {
        publisher.offer(keyframe, aFrame({ sequence: ++sequence }));
        await sleep(2);
        if (i === 30) void server.kill();
      }
      await sleep(100);
      await server.restart();
      while (connections.at(-1) === 'down') await sleep(10);
      await sleep(100);
    }
    expect(await publisher.close(90_000)).to.equal(0);
    const frames = await stored();
    expect(sequencesOf(frames)).to.deep.equal(Array.from({ length: sequence }, (_, i) => i + 1));
    expect(frames.every(({ dropped }) => dropped === 0)).to.equal(true);
    expect(connections.filter((state) => state === 'down')).to.have.length(3);
    const first = await storedFrames(server.url);
    expect(first[0]?.kind).to.equal('keyframe');
    expect(first.filter(({ kind }) => kind === 'keyframe')).to.have.length.of.at.least(4);
  });

  it('drops the oldest while the server is away, counts them, and stores the rest', async () => {
    await createStream();
    const publisher = publisherOf({ maxFrames: 50 });
    const keyframe = aKeyframe();
    publisher.offer(keyframe, aFrame({ sequence: 1 }));
    while (publisher.counts.frames < 1) await sleep(10);
    await server.kill();
    await sleep(100);
    for (let sequence = 2; sequence <= 201; sequence++) publisher.offer(keyframe, aFrame({ sequence }));
    await server.restart();
    expect(await publisher.close(90_000)).to.equal(0);
    const frames = await stored();
    const gap = frames.find(({ dropped }) => dropped > 0);
    expect(publisher.counts.overflowed).to.equal(150);
    expect(gap?.dropped).to.equal(150);
    expect(frames).to.have.length(201 - 150);
    expect(frames.at(-1)).to.include({ sequence: 201, dropped: 150 });
    expect(sequencesOf(frames)).to.deep.equal(sequencesOf(frames).toSorted((a, b) => a - b));
  });

  it('waits for a stream that is not there yet, says so, and goes on', async () => {
    const publisher = publisherOf();
    publisher.offer(aKeyframe(), aFrame({ sequence: 1 }));
    await problemLike(/no JetStream stream takes homeostat\.frames\.[0-9a-v]+\.agent/);
    await createStream();
    expect(await publisher.close(90_000)).to.equal(0);
    expect(sequencesOf(await stored())).to.deep.equal([1]);
    expect(problems.at(-1)).to.equal('none');
  });

  it('waits for a server that is not there yet', async () => {
    await createStream();
    await server.kill();
    const publisher = publisherOf();
    publisher.offer(aKeyframe(), aFrame({ sequence: 1 }));
    while (connections.length === 0) await sleep(10);
    expect(connections).to.deep.equal(['down']);
    await server.restart();
    expect(await publisher.close(90_000)).to.equal(0);
    expect(sequencesOf(await stored())).to.deep.equal([1]);
  });

  it('says that it may not publish, and does not hammer at the server', async () => {
    await server.stop();
    server = await NatsServer.start(
      'authorization { users: [{ user: u, password: p, permissions: { publish: { deny: "homeostat.>" } } }] }',
    );
    const publisher = publisherOf({}, server.url.replace('//', '//u:p@'));
    publisher.offer(aKeyframe(), aFrame({ sequence: 1 }));
    await problemLike(/^we may not publish to homeostat\.frames\.[0-9a-v]+\.agent\.key$/);
    await sleep(500);
    expect(publisher.problem).to.equal('Refused');
    expect(publisher.counts.failures.Refused).to.be.within(1, 10);
    expect(await publisher.close(0)).to.equal(1);
  });

  it('says that it may not hear acknowledgements', async () => {
    await server.stop();
    server = await NatsServer.start(
      'authorization { users: [{ user: u, password: p, permissions: { subscribe: { deny: "_INBOX.>" } } }] }',
    );
    const publisher = publisherOf({}, server.url.replace('//', '//u:p@'));
    publisher.offer(aKeyframe(), aFrame({ sequence: 1 }));
    await problemLike(/^we may not subscribe to _INBOX\.\S+, for acknowledgements$/);
    expect(await publisher.close(0)).to.equal(1);
  });

  it('keeps sources apart that one process speaks for', async () => {
    await createStream();
    const publisher = publisherOf();
    for (const node of ['a', 'b', 'c'])
      for (const sequence of [1, 2]) {
        const source = aSource({ node });
        publisher.offer(aKeyframe({ source }), aFrame({ source, sequence }));
      }
    expect(await publisher.close(90_000)).to.equal(0);
    expect(await stored()).to.have.length(6);
  });
});
