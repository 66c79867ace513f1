import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { connect } from '@nats-io/transport-node';
import type { Frame } from '../../engine/frame/types.ts';
import { ensureFramesStream } from '../../wire/streams.ts';
import { NatsServer } from '../../wire/testing/nats-server.ts';
import { storedFrames } from '../../wire/testing/stored-frames.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** The program as it is started, against a nats-server of its own. */
describe('simulation process', function () {
  let server: NatsServer | undefined;

  afterEach(() => server?.stop());

  it('speaks for many nodes over one connection, for as long as it is asked to', async () => {
    server = await NatsServer.start();
    const connection = await connect({ servers: server.url });
    await ensureFramesStream(connection, { maxBytes: 64 * 1024 * 1024 });
    await connection.close();

    const flags = ['--nodes', 'fake-0..19', '--pods-per-node', '3', '--seconds', '3', '--nats-url', server.url];
    const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'inherit', 'inherit'] });
    await once(child, 'exit');
    expect(child.exitCode).to.equal(0);

    const frames = (await storedFrames(server.url)).filter((message): message is Frame => message.kind === 'frame');
    const byNode = Map.groupBy(frames, ({ source }) => source.node);
    expect(byNode.size).to.equal(20);
    for (const [node, sent] of byNode) {
      // A machine that is busy skips what it cannot do in time.
      expect(sent, node).to.have.length.within(1, 4);
      expect(sent.map(({ sequence }) => sequence)).to.deep.equal(sent.map((_, index) => index + 1));
    }
  });
});
