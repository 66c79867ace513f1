import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { createRegistry } from './metrics.ts';
import { readiness, serve, type ObserveServer } from './server.ts';

describe('observe server', () => {
  let server: ObserveServer;
  let reason: string | undefined;
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.text() };
  };

  beforeEach(async () => {
    reason = undefined;
    const checks = [
      { name: 'crds', missing: () => undefined },
      { name: 'stream', missing: () => reason },
    ];
    server = await serve({ port: 0, address: '127.0.0.1' }, createRegistry('1.2.3'), checks, {
      '/sources': () => '{}',
    });
  });
  afterEach(() => server.close());

  it('is healthy as soon as it answers', async () => {
    expect(await get('/healthz')).to.deep.equal({ status: 200, body: 'ok\n' });
  });

  it('is ready when every check is met, and says which is not and why', async () => {
    expect(await get('/readyz')).to.deep.equal({ status: 200, body: '[+] crds ok\n[+] stream ok\n' });
    reason = 'no NATS server at nats://n:4222';
    expect(await get('/readyz')).to.deep.equal({
      status: 503,
      body: '[+] crds ok\n[-] stream: no NATS server at nats://n:4222\n',
    });
  });

  it('shows the build among the metrics', async () => {
    expect((await get('/metrics')).body).to.include('homeostat_build_info{version="1.2.3"');
  });

  it('shows the documents that it was given', async () => {
    expect(await get('/sources')).to.deep.equal({ status: 200, body: '{}' });
  });

  it('answers 404 for anything else', async () => {
    expect((await get('/')).status).to.equal(404);
  });

  it('answers 404 for what is no URL at all, and goes on', async () => {
    for (const path of ['//', 'http://[', '*']) {
      const answered = Promise.withResolvers<number | undefined>();
      const request = httpRequest({ host: '127.0.0.1', port: server.port, path }, (response) => {
        response.resume();
        answered.resolve(response.statusCode);
      });
      request.on('error', answered.reject).end();
      expect(await answered.promise, path).to.equal(404);
    }
    expect((await get('/healthz')).status).to.equal(200);
  });

  it('rejects when the port is taken', async () => {
    const taken = serve({ port: server.port, address: '127.0.0.1' }, createRegistry('x'), []);
    expect(
      await taken.then(
        () => 'served',
        (error: NodeJS.ErrnoException) => error.code,
      ),
    ).to.equal('EADDRINUSE');
  });

  it('is ready with nothing to check', () => {
    expect(readiness([]).ready).to.equal(true);
  });
});
