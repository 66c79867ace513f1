import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { expect } from 'chai';
import { declaredOf } from '../../engine/declared.ts';
import { declareMetrics } from '../../engine/metrics.ts';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { DeclaredSource } from '../declared/declared-source.ts';
import { NodePods } from '../kubelet/node-pods.ts';
import { until } from '../testing/until.ts';
import { fieldsOf, int64Of, textOf } from './protobuf.ts';
import { serveIngest, type IngestServer } from './server.ts';

const declared = declaredOf({
  metrics: [
    { name: 'own.orders', unit: '{order}', kind: 'counter', series: 'shop.orders', scope: 'Container' },
    { name: 'own.queue', unit: '{order}', kind: 'gauge', series: 'shop.queue' },
    { name: 'own.latency', unit: 's', kind: 'gauge', series: 'shop.latency' },
    { name: 'own.tills', unit: '{order}', kind: 'gauge', series: 'queue', scope: 'Container' },
  ],
});
const capture = (name: string): Buffer => readFileSync(`${import.meta.dirname}/captures/${name}`);
const pod = (uid: string, namespace: string, podIP: string, ...containers: string[]) => ({
  metadata: { uid, namespace, name: uid.replace('uid', 'web') },
  spec: { containers: containers.map((name) => ({ name })) },
  status: { phase: 'Running', podIP },
});
/** When the captures were made. */
const capturedMs = (JSON.parse(capture('python-cumulative.json').toString()) as typeof shape).resourceMetrics[0]
  .scopeMetrics[0].metrics[0].sum.dataPoints[0].timeUnixNano;
const shape = {
  resourceMetrics: [{ scopeMetrics: [{ metrics: [{ sum: { dataPoints: [{ timeUnixNano: '' }] } }] }] }],
} as const;

describe('ingest', () => {
  let clock: FakeClock;
  let into: DeclaredSource;
  let pods: NodePods;
  let server: IngestServer;
  let items: object[];

  before(() => declareMetrics(declared));
  after(() => declareMetrics([]));
  const begin = async (nowMs: number, trustedNamespaces: string[] = []): Promise<void> => {
    clock = new FakeClock(nowMs);
    into = new DeclaredSource(declared, clock);
    pods = new NodePods({ ask: async () => ({ items }), clock, onProblem: () => {} });
    pods.start();
    await until('the pods are known', () => pods.isKnown || undefined);
    const options = { port: 0, address: '127.0.0.1', into, pods, trustedNamespaces, holdMs: 120_000, clock };
    server = await serveIngest(options);
  };
  beforeEach(() => {
    items = [pod('uid-1', 'shop', '127.0.0.1', 'app', 'proxy'), pod('uid-2', 'shop', '10.0.0.2', 'app')];
  });
  afterEach(async () => {
    pods.stop();
    await server.close();
  });

  const post = async (path: string, body: Buffer | string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { 'content-type': 'application/x-protobuf', ...headers },
    });
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  };
  const values = (): Record<string, number> => {
    const found: Record<string, number> = {};
    into.read((metric, object, value) => {
      const { uid = '', container } = into.objects()[object] ?? {};
      if (!Number.isNaN(value)) found[[into.metrics[metric], uid, container].join(' ').trim()] = value;
    });
    return found;
  };
  const atCapture = (): number => Number(capturedMs) / 1e6 + 1000;

  it('takes what the SDK for Python pushes, and says what it does not take', async () => {
    await begin(atCapture());
    const { status, headers, body } = await post('/v1/metrics', capture('python-cumulative.bin'));
    expect([status, headers.get('content-type')]).to.deep.equal([200, 'application/x-protobuf']);
    const [partial] = fieldsOf(body);
    const [rejected, message] = fieldsOf(partial?.bytes ?? Buffer.alloc(0));
    expect(rejected && int64Of(rejected)).to.equal(1);
    expect(message && textOf(message)).to.match(/^1 × wrong_kind: .*histogram/);
    expect(values()).to.deep.equal({ 'own.orders uid-1 app': 0, 'own.queue uid-1': 3 });
    expect(into.refused.wrong_kind).to.equal(1);
  });

  it('takes the same as JSON, and answers in JSON', async () => {
    await begin(atCapture());
    const { body } = await post('/v1/metrics', capture('python-cumulative.json'), {
      'content-type': 'application/json',
    });
    expect(JSON.parse(body.toString())).to.have.nested.property('partialSuccess.rejectedDataPoints', '1');
    expect(values()).to.deep.equal({ 'own.orders uid-1 app': 0, 'own.queue uid-1': 3 });
  });

  it('adds up differences, once each', async () => {
    await begin(atCapture() + 1000);
    const gzip = { 'content-encoding': 'gzip' };
    await post('/v1/metrics', capture('python-delta.bin.gz'), gzip);
    await post('/v1/metrics', capture('python-delta.bin.gz'), gzip);
    expect(values()['own.orders uid-1 app']).to.equal(9);
  });

  it('counts all of what has begun since the agent runs', async () => {
    await begin(atCapture() - 60_000);
    clock.jump(60_000);
    await post('/v1/metrics', capture('python-cumulative.bin'));
    expect(values()['own.orders uid-1 app']).to.equal(9);
  });

  it('holds nothing old', async () => {
    await begin(atCapture() + 200_000);
    await post('/v1/metrics', capture('python-cumulative.bin'));
    expect(values()).to.deep.equal({});
    expect(into.refused.too_old).to.equal(3);
  });

  const gauge = (attributes: Record<string, string>) =>
    JSON.stringify({
      resourceMetrics: [
        {
          resource: {
            attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
          },
          scopeMetrics: [{ metrics: [{ name: 'shop.queue', gauge: { dataPoints: [{ asInt: '5' }] } }] }],
        },
      ],
    });
  const json = { 'content-type': 'application/json' };
  const speak = async (attributes: Record<string, string>): Promise<string> =>
    (await post('/v1/metrics', gauge(attributes), json)).body.toString();

  it('takes whoever names nobody for itself', async () => {
    await begin(0);
    expect(await speak({})).to.equal('{}');
    expect(values()).to.deep.equal({ 'own.queue uid-1': 5 });
  });

  it('lets a pod speak of itself only', async () => {
    await begin(0);
    expect(await speak({ 'k8s.pod.uid': 'uid-2' })).to.include('not_sender');
    expect(await speak({ 'k8s.pod.uid': 'uid-3' })).to.include('foreign');
    expect(await speak({ 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web-1' })).to.equal('{}');
    expect(into.refused).to.include({ foreign: 1, not_sender: 1 });
  });

  it('lets pods of trusted namespaces speak of all, but not of nobody', async () => {
    items.unshift(pod('uid-9', 'monitoring', '127.0.0.1', 'collector'));
    await begin(0, ['monitoring']);
    expect(await speak({ 'k8s.pod.uid': 'uid-2' })).to.equal('{}');
    expect(await speak({})).to.include('foreign');
    expect(values()).to.deep.equal({ 'own.queue uid-2': 5 });
  });

  it('takes what Prometheus writes', async () => {
    await begin(1_760_000_001_500);
    const snappy = { 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' };
    const { status } = await post('/api/v1/write', capture('write.snappy'), snappy);
    expect(status).to.equal(204);
    // 0.5 to 39.5, without the first, which has ended.
    expect(values()).to.deep.equal({ 'own.tills uid-1 app': 799.5 });
  });

  it('takes remote write 2.0, and says how much', async () => {
    await begin(1_760_000_001_500);
    const { status, headers } = await post('/api/v1/write', capture('write-2.snappy'), {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    });
    expect(status).to.equal(204);
    const what = ['samples', 'histograms', 'exemplars'];
    expect(what.map((each) => headers.get(`x-prometheus-remote-write-${each}-written`))).to.deep.equal(['2', '1', '1']);
    expect(values()).to.deep.equal({ 'own.tills uid-1 app': 4 });
  });

  it('tells Prometheus what it will never take, so that it is not sent again', async () => {
    items = [pod('uid-2', 'shop', '127.0.0.1', 'app')];
    await begin(1_760_000_001_500);
    const { status, body } = await post('/api/v1/write', capture('write.snappy'), { 'content-encoding': 'snappy' });
    expect([status, body.toString()]).to.deep.equal([
      400,
      '81 × foreign: there is no such pod on this node; push to the agent of its node, and name the pod\n',
    ]);
  });

  for (const [what, path, body, headers, status] of [
    ['another path', '/v1/traces', '', {}, 404],
    ['no message', '/v1/metrics', 'x', {}, 400],
    ['no JSON', '/v1/metrics', '{', json, 400],
    ['JSON that is something else', '/v1/metrics', '[]', json, 400],
    ['no gzip', '/v1/metrics', 'x', { 'content-encoding': 'gzip' }, 400],
    ['no snappy', '/api/v1/write', '', { 'content-encoding': 'snappy' }, 400],
    ['another encoding', '/v1/metrics', 'x', { 'content-encoding': 'zstd' }, 415],
    [
      'another remote write',
      '/api/v1/write',
      '',
      { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' },
      415,
    ],
    ['too much', '/v1/metrics', 'x'.repeat(5_000_000), {}, 413],
  ] as const)
    it(`answers ${status} to ${what}`, async () => {
      await begin(0);
      const answer = await post(path, body, headers);
      expect(answer.status).to.equal(status);
      expect(answer.body.length).to.be.greaterThan(0);
    });

  it('says why in a status of the encoding that was sent', async () => {
    await begin(0);
    const binary = fieldsOf((await post('/v1/metrics', 'x')).body);
    expect(binary.map(({ number }) => number)).to.deep.equal([1, 2]);
    expect(JSON.parse((await post('/v1/metrics', '{', json)).body.toString())).to.deep.equal({
      code: 3,
      message: 'OtlpError: it is no JSON',
    });
  });

  it('asks to come again while it does not know the pods', async () => {
    await begin(0);
    Object.defineProperty(pods, 'isKnown', { value: false });
    const { status, headers } = await post('/v1/metrics', capture('python-cumulative.bin'));
    expect([status, headers.get('retry-after')]).to.deep.equal([503, '5']);
  });

  it('asks to come again while four requests are under way', async () => {
    await begin(0);
    const open = Array.from({ length: 4 }, () => {
      const asked = requestHttp({ port: server.port, host: '127.0.0.1', path: '/v1/metrics', method: 'POST' });
      asked.on('error', () => {});
      asked.write('x');
      return asked;
    });
    const answer = await until('it is busy', async () => {
      const { status } = await post('/v1/metrics', '{"resourceMetrics":[]}', json);
      return status === 503 || undefined;
    });
    expect(answer).to.equal(true);
    for (const asked of open) asked.destroy();
    await until('it is not any more', async () => {
      const { status } = await post('/v1/metrics', '{"resourceMetrics":[]}', json);
      return status === 200 || undefined;
    });
    expect(server.answered['5xx']).to.be.greaterThan(0);
  });
});
