import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { declaredOf } from '../../engine/declared.ts';
import { declareMetrics } from '../../engine/metrics.ts';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { podsOf, type NodePod } from '../kubelet/pods.ts';
import { until } from '../testing/until.ts';
import { DeclaredSource } from './declared-source.ts';
import { Scraper } from './scraper.ts';

const declared = declaredOf({
  metrics: [
    { name: 'shop.orders', unit: '{order}', kind: 'counter', series: 'orders_total', scope: 'Container' },
    { name: 'shop.orders.failed', unit: '{order}', kind: 'counter', series: 'orders_total', labels: { state: 'f*' } },
    { name: 'shop.queue', unit: '{order}', kind: 'gauge', series: 'queue', namespaces: ['shop'] },
    {
      name: 'shop.disk.worn',
      unit: '1',
      kind: 'gauge',
      series: 'worn',
      scope: 'Node',
      namespaces: ['shop'],
      combine: 'Max',
    },
  ],
});

/** A real HTTP server as the pod, read by the real client; only time is made up. */
describe('Scraper', () => {
  let server: Server;
  let answer: RequestListener;
  let clock: FakeClock;
  let into: DeclaredSource;
  let scraper: Scraper;
  let pod: NodePod;
  const problems: (string | undefined)[] = [];

  const podWith = (more: object = {}, namespace = 'shop'): NodePod => {
    const { port } = server.address() as AddressInfo;
    const [made] = podsOf({
      items: [
        {
          metadata: {
            uid: 'uid-1',
            namespace,
            name: 'web-1',
            annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(port), ...more },
          },
          spec: { containers: [{ name: 'app', ports: [{ containerPort: port }] }, { name: 'proxy' }] },
          status: { phase: 'Running', podIP: '127.0.0.1' },
        },
      ],
    });
    if (made === undefined) throw new Error('no pod');
    return made;
  };
  const text =
    (...lines: string[]): RequestListener =>
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`);

  before(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    declareMetrics(declared);
  });
  after(() => {
    declareMetrics([]);
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    clock = new FakeClock(1_760_000_000_000);
    into = new DeclaredSource(declared, clock);
    problems.length = 0;
    scraper = new Scraper({
      into,
      everyMs: 10_000,
      maxBytes: 100_000,
      maxSeries: 3,
      clock,
      onProblem: (_pod, problem) => problems.push(problem),
    });
    answer = text('queue 1');
    pod = podWith();
  });
  afterEach(() => scraper.stop());

  /** Lets the next scrape of all pods happen, and end. */
  const scrape = async (): Promise<void> => {
    const ended = (): number => Object.values(scraper.results).reduce((sum, count) => sum + count, 0);
    const before = ended();
    scraper.follow([pod]);
    await clock.advance(10_000);
    await until('the scrape has ended', () => ended() > before || undefined);
  };
  const values = (): Record<string, number> => {
    const found: Record<string, number> = {};
    into.read((metric, object, value) => {
      const { container = '' } = into.objects()[object] ?? {};
      if (!Number.isNaN(value)) found[`${into.metrics[metric]} ${container}`.trim()] = value;
    });
    return found;
  };

  it('tells what is declared, of the pod and of the container that has the port', async () => {
    answer = text('orders_total{state="ok"} 10', 'orders_total{state="failed"} 2', 'queue 4', 'other 1');
    await scrape();
    expect(into.objects()).to.deep.equal([
      { scope: 'Container', uid: 'uid-1', container: 'app' },
      { scope: 'Pod', uid: 'uid-1' },
    ]);
    expect(values()).to.deep.equal({ 'shop.orders app': 0, 'shop.orders.failed': 0, 'shop.queue': 4 });
    answer = text('orders_total{state="ok"} 15', 'orders_total{state="failed"} 3', 'orders_total{state="fatal"} 1');
    await scrape();
    expect(values()).to.deep.include({ 'shop.orders app': 7, 'shop.orders.failed': 2 });
    expect(problems).to.deep.equal([]);
  });

  it('asks for the path that the annotation says, and for text', async () => {
    let asked = '';
    answer = (request, response) => {
      asked = `${request.url} ${request.headers.accept}`;
      response
        .writeHead(200, { 'content-type': 'application/openmetrics-text; version=1.0.0' })
        .end('queue 3\n# EOF\n');
    };
    pod = podWith({ 'prometheus.io/path': 'stats/prom?x=1' });
    await scrape();
    expect(asked).to.match(/^\/stats\/prom\?x=1 text\/plain;version=0\.0\.4/);
    expect(values()).to.deep.equal({ 'shop.queue': 3 });
  });

  it('lets only pods of the namespaces that are named tell of their node', async () => {
    answer = text('worn{disk="a"} 0.2', 'worn{disk="b"} 0.7');
    await scrape();
    expect(values()).to.deep.equal({ 'shop.disk.worn': 0.7 });
    expect(into.objects()).to.deep.equal([]);
    into = new DeclaredSource(declared, clock);
    scraper.stop();
    scraper = new Scraper({ into, everyMs: 10_000, maxBytes: 1e5, maxSeries: 9, clock, onProblem: () => {} });
    pod = podWith({}, 'elsewhere');
    await scrape();
    expect(values()).to.deep.equal({});
    expect(into.refused.not_allowed).to.equal(2);
  });

  for (const [reason, broken, message] of [
    ['status', (_request, response) => response.writeHead(302, { location: '/' }).end(), 'HTTP 302'],
    ['malformed', text('queue 1', 'queue{ 2'), 'a line that is wanted cannot be read'],
    ['malformed', text('<html>'), 'a line that is wanted cannot be read'],
    [
      'malformed',
      (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/openmetrics-text' }).end('queue 1\n'),
      'the text ends before its # EOF',
    ],
    ['too_large', text('queue 1', `# ${'x'.repeat(200_000)}`), 'the answer is longer than 100000 bytes'],
    [
      'too_many_series',
      text(...'abcd'.split('').map((x) => `queue{x="${x}"} 1`)),
      'it has more than 3 series that are declared',
    ],
    ['unreachable', (_request, response) => response.destroy(), 'socket hang up'],
  ] as readonly [keyof Scraper['results'], RequestListener, string][])
    it(`takes nothing of a scrape that fails, and says why once: ${reason}, ${message}`, async () => {
      await scrape();
      answer = broken;
      await scrape();
      expect(values()).to.deep.equal({ 'shop.queue': 1 });
      await scrape();
      expect(values()).to.deep.equal({});
      expect(scraper.results).to.deep.include({ ok: 1, [reason]: 2 });
      answer = text('queue 2');
      await scrape();
      expect(values()).to.deep.equal({ 'shop.queue': 2 });
      expect(problems).to.deep.equal([message, undefined]);
    });

  it('says what is wrong with the annotations', async () => {
    pod = podWith({ 'prometheus.io/port': 'http' });
    await scrape();
    expect(problems).to.deep.equal(['prometheus.io/port must be a port, not http']);
  });

  it('asks nobody any more who is gone, and forgets its rows', async () => {
    await scrape();
    scraper.follow([]);
    into.keep([]);
    await clock.advance(60_000);
    expect(scraper.results.ok).to.equal(1);
    expect(into.objects()).to.deep.equal([]);
  });

  it('asks a pod that does not answer seldomer and seldomer, and at once again when it is another one', async () => {
    answer = (_request, response) => response.writeHead(503).end();
    for (let i = 0; i < 5; i++) await scrape();
    expect([scraper.results.status, scraper.results.left_in_peace]).to.deep.equal([5, 0]);
    await scrape();
    expect(scraper.results.left_in_peace).to.equal(1);
    expect([...scraper.breakers()].map((breaker) => breaker.state(clock.monotonic()))).to.deep.equal(['Open']);
    for (let i = 0; i < 2; i++) await scrape();
    expect(scraper.results.status).to.equal(6);
    answer = text('queue 1');
    scraper.follow([]);
    await scrape();
    expect(scraper.results.ok).to.equal(1);
  });
});
