import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { connect } from '@nats-io/transport-node';
import { misfit } from '../engine/frame/fit.ts';
import type { Frame, Keyframe, Row } from '../engine/frame/types.ts';
import { issue } from '../hack/cluster/pki/certificate.ts';
import { ensureFramesStream } from '../wire/streams.ts';
import { NatsServer } from '../wire/testing/nats-server.ts';
import { storedFrames } from '../wire/testing/stored-frames.ts';
import { CgroupFixture } from './testing/cgroup-fixture.ts';
import { startKubelet } from './testing/kubelet.ts';
import { until } from './testing/until.ts';

const uid = '0f3ac9b2-7d41-4c5e-9a55-3f1f5b0a7c11';
const podPath = `kubepods/burstable/pod${uid}`;
const certificate = () =>
  issue({
    subject: { commonName: 'node' },
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  });
const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** The program as it is started, against a nats-server of its own and a made-up cgroup tree. */
describe('agent process', function () {
  let server: NatsServer;
  let fixture: CgroupFixture;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    server = await NatsServer.start();
    fixture = new CgroupFixture(2);
    fixture.set(podPath, { memoryBytes: 5e6 });
    fixture.set(`${podPath}/${'c'.repeat(64)}`, { memoryBytes: 4e6, memoryLimitBytes: 8e6 });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await server?.stop();
    fixture.delete();
  });

  const createStream = async (): Promise<void> => {
    const connection = await connect({ servers: server.url });
    await ensureFramesStream(connection, { maxBytes: 64 * 1024 * 1024 });
    await connection.close();
  };
  /** Starts it, and answers with its log lines and the address of its own pages. */
  const start = async (...flags: string[]) => {
    const child = spawn(
      process.execPath,
      [main, '--node', 'n1', '--nats-url', server.url, '--cgroup-root', fixture.root, '--metrics-port', '0', ...flags],
      { stdio: ['ignore', 'inherit', 'pipe'] },
    );
    children.push(child);
    const lines: Record<string, unknown>[] = [];
    child.stderr.on('data', (text: Buffer) => {
      for (const line of text.toString().split('\n'))
        if (line.startsWith('{')) lines.push(JSON.parse(line) as Record<string, unknown>);
    });
    const said = (message: string) => until(message, () => lines.find((line) => line['message'] === message));
    const page = async (path: string): Promise<string> => {
      const { port } = await said('agent runs');
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    const end = async (): Promise<number | null> => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    };
    return { said, page, end, lines };
  };
  const stored = async (): Promise<{ keyframes: Keyframe[]; frames: Frame[] }> => {
    const messages = await storedFrames(server.url);
    return {
      keyframes: messages.filter((message): message is Keyframe => message.kind === 'keyframe'),
      frames: messages.filter((message): message is Frame => message.kind === 'frame'),
    };
  };

  /** The first value of a metric of an object that is in a stored frame. */
  const told = (metric: string, row: Row): Promise<number> =>
    until(`${metric} is in a frame`, async () => {
      const { keyframes, frames } = await stored();
      for (const { columns: directory, rows, generation } of keyframes) {
        const column = directory.findIndex((each) => each.metric === metric);
        const ofScope = rows.filter(({ scope }) => scope === row.scope);
        // Cgroups name a container otherwise, and have a row of the same pod.
        const places = ofScope.flatMap((each, place) => (isDeepStrictEqual(each, row) ? [place] : []));
        for (const { columns } of frames.filter((frame) => frame.generation === generation)) {
          const values = columns.find((each) => each.column === column)?.values;
          const value = places.map((place) => values?.[place] ?? NaN).find((each) => !Number.isNaN(each));
          if (value !== undefined) return value;
        }
      }
      return undefined;
    });

  it('sends readable frames each second, says how it is, and ends cleanly', async () => {
    await createStream();
    const agent = await start();
    await until('three frames are stored', async () => (await stored()).frames.length >= 3 || undefined);
    expect(await agent.page('/readyz')).to.equal('200 ok\n');
    expect(await agent.page('/healthz')).to.equal('200 ok\n');
    expect(await agent.page('/metrics')).to.match(/\nhomeostat_agent_frames_published_total [3-9]/);
    expect(await agent.end()).to.equal(0);
    const { keyframes, frames } = await stored();
    const [keyframe] = keyframes;
    if (keyframe === undefined) throw new Error('no keyframe');
    expect(keyframe.rows.map(({ scope }) => scope)).to.deep.equal(['Node', 'Pod', 'Container']);
    for (const frame of frames) expect(misfit(frame, keyframe)).to.equal(undefined);
    expect(frames.map(({ sequence }) => sequence)).to.deep.equal(frames.map((_, index) => index + 1));
    // A machine that is busy lets frames wait; it never sends more than one a second.
    const spanMs = (frames.at(-1)?.capturedMs ?? NaN) - (frames[0]?.capturedMs ?? NaN);
    expect(Math.round(spanMs / 1000)).to.be.at.least(frames.length - 1);
  });

  it('sends a kill at once', async () => {
    await createStream();
    await start();
    await until('a frame is stored', async () => (await stored()).frames.length >= 1 || undefined);
    fixture.set(podPath, { memoryBytes: 5e6, oomKills: 1 });
    const urgent = await until('it is told', async () =>
      (await stored()).frames.find(({ rows }) => rows !== undefined),
    );
    expect(urgent.columns).to.deep.equal([{ column: urgent.columns[0]?.column, values: Float64Array.of(1) }]);
  });

  it('tells what pods tell of themselves, if it is declared', async () => {
    await createStream();
    const exporter = createServer((_request, response) =>
      response.end('queue{of="web"} 4\nqueue{of="api"} 3\nother 1\n'),
    );
    exporter.listen(0, '127.0.0.1');
    await once(exporter, 'listening');
    const port = (exporter.address() as AddressInfo).port;
    const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(port) };
    const kubelet = await startKubelet(certificate(), {
      '/pods': {
        items: [
          {
            metadata: { uid, namespace: 'shop', name: 'web-1', annotations },
            spec: { containers: [{ name: 'app' }] },
            status: { phase: 'Running', podIP: '127.0.0.1' },
          },
        ],
      },
    });
    const metricsFile = join(kubelet.directory, 'metrics.json');
    const metrics = [
      { name: 'shop.queue', unit: '{order}', kind: 'gauge', series: 'queue', scope: 'Container' },
      { name: 'shop.heat', unit: 'Cel', kind: 'gauge' },
    ];
    writeFileSync(metricsFile, JSON.stringify({ metrics }));
    try {
      const flags = ['--metrics-file', metricsFile, '--scrape', '--scrape-seconds=1', '--ingest-port=0'];
      const agent = await start(...flags, ...kubelet.flags);
      expect(await told('shop.queue', { scope: 'Container', uid, container: 'app' })).to.equal(7);
      const { ingestPort } = await agent.said('agent runs');
      const dataPoints = [{ asInt: '11', timeUnixNano: `${Date.now()}000000` }];
      const scopeMetrics = [{ metrics: [{ name: 'shop.heat', gauge: { dataPoints } }] }];
      const response = await fetch(`http://127.0.0.1:${String(ingestPort)}/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceMetrics: [{ scopeMetrics }] }),
      });
      expect(await response.text()).to.equal('{}');
      expect(await told('shop.heat', { scope: 'Pod', uid })).to.equal(11);
      expect(await agent.page('/metrics')).to.match(/\nhomeostat_agent_pushes_total\{code="2xx"\} 1/);
      expect(await agent.page('/metrics')).to.match(/\nhomeostat_agent_scrapes_total\{result="ok"\} [1-9]/);
      expect(await agent.end()).to.equal(0);
    } finally {
      kubelet.close();
      exporter.closeAllConnections();
      exporter.close();
    }
  });

  it('says what is missing until it is there, and loses nothing meanwhile', async () => {
    const agent = await start();
    const { error } = await agent.said('frames are not stored; they wait and are tried again');
    expect(error).to.match(/no JetStream stream takes/);
    expect(await agent.page('/readyz')).to.match(/^503 no frame was stored yet: NoStream/);
    expect(await agent.page('/healthz')).to.equal('200 ok\n');
    await createStream();
    await agent.said('frames are stored again');
    const before = await stored();
    expect(before.frames[0]?.sequence).to.equal(1);
    await server.kill();
    await agent.said('no connection to nats; frames wait');
    expect(await agent.page('/readyz')).to.match(/^503 no connection to NATS/);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await server.restart();
    const enough = before.frames.length + 4;
    await until('frames go on', async () => (await stored()).frames.length >= enough || undefined);
    expect(await agent.end()).to.equal(0);
    const { frames } = await stored();
    expect(frames.map(({ sequence }) => sequence)).to.deep.equal(frames.map((_, index) => index + 1));
  });

  it('ends in time without a server', async () => {
    await server.kill();
    const agent = await start();
    await agent.said('no connection to nats; frames wait');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await agent.end()).to.equal(0);
    expect(agent.lines.at(-1)).to.include({ message: 'agent stops', signal: 'SIGTERM' });
  });

  it('refuses metrics that are declared wrong', async () => {
    const agent = await start('--metrics-file', '/dev/null', '--kubelet-address', '127.0.0.1:1');
    expect(await agent.said('declared metrics cannot be used')).to.include({ flag: '--metrics-file' });
    await until('it has ended', () => children[0]?.exitCode ?? undefined);
    expect(children[0]?.exitCode).to.equal(5);
  });

  it('refuses a directory that is no cgroup tree, and a port that is taken', async () => {
    const wrong = await start('--cgroup-root', fixture.root + '/kubepods');
    expect(await wrong.said('no cgroup tree')).to.include({ flag: '--cgroup-root' });
    const port = new URL(server.url).port;
    const taken = await start('--metrics-port', port, '--metrics-address', '127.0.0.1');
    expect(await taken.said('cannot listen on the metrics port')).to.include({ flag: '--metrics-port' });
    await until('both have ended', () => children.every(({ exitCode }) => exitCode !== null) || undefined);
    expect(children.map(({ exitCode }) => exitCode)).to.deep.equal([3, 4]);
  });
});
