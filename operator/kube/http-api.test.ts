import { expect } from 'chai';
import { HttpServer, json } from '../testing/http-server.ts';
import { ApiError, type KubeObject, type Patch, type WatchEvent } from './api.ts';
import { connect, type HttpKubeApi } from './http-api.ts';
import { Deployment, Lease, Node, Pod, Remediation } from './resources.ts';

const web = { name: 'web', namespace: 'shop' };

const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await promise.then(
    () => expect.fail('did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) expect.fail(`not an ApiError: ${String(error)}`);
  return error;
};

describe('HttpKubeApi', () => {
  let server: HttpServer;
  let api: HttpKubeApi;

  beforeEach(async () => {
    server = new HttpServer();
    await server.start();
    api = connect({ kubeconfig: server.kubeconfig() }, { callMs: 2000, watchMs: 2000 });
  });
  afterEach(async () => {
    api.close();
    await server.stop();
  });

  it('makes twenty calls over one connection', async () => {
    for (let i = 0; i < 20; i++) await api.get(Node, { name: 'n' });
    expect([server.seen.length, server.connections]).to.deep.equal([20, 1]);
  });

  it('repeats a read whose kept-alive connection was closed meanwhile, but not a write', async () => {
    await api.get(Node, { name: 'n' });
    let cuts = 1;
    server.answer = (response) => (cuts-- > 0 ? response.destroy() : json(response, 200, {}));
    await api.get(Node, { name: 'n' });
    expect(server.seen).to.have.length(3);

    cuts = 1;
    const error = await failure(api.patch(Node, { name: 'n' }, { type: 'merge', body: {} }));
    expect([error.reason, error.status, error.uncertain]).to.deep.equal(['Unreachable', 0, true]);
    expect(server.seen.filter(({ method }) => method === 'PATCH')).to.have.length(1);
  });

  it('gives up on a call that never answers, and on an answer that never ends', async () => {
    const impatient = connect({ kubeconfig: server.kubeconfig() }, { callMs: 50 });
    server.answer = () => {};
    const silent = await failure(impatient.get(Node, { name: 'n' }));
    expect([silent.reason, silent.status, silent.uncertain, silent.message]).to.deep.equal([
      'Timeout',
      0,
      true,
      'GET /api/v1/nodes/n: no answer from the API server within 0.05 s',
    ]);
    server.answer = (response) => void response.write('{"metadata":');
    expect((await failure(impatient.get(Node, { name: 'n' }))).reason).to.equal('Timeout');
    impatient.close();
  });

  it('says that the server cannot be reached', async () => {
    await server.stop();
    const error = await failure(api.get(Node, { name: 'n' }));
    expect([error.reason, error.message]).to.deep.equal([
      'Unreachable',
      'GET /api/v1/nodes/n: the API server cannot be reached (ECONNREFUSED)',
    ]);
    server = new HttpServer();
    await server.start();
  });

  const requests: { name: string; call: () => Promise<unknown>; line: string; type?: string; body?: unknown }[] = [
    {
      name: 'get',
      call: () => api.get(Deployment, web, 'scale'),
      line: 'GET /apis/apps/v1/namespaces/shop/deployments/web/scale',
    },
    {
      name: 'create',
      call: () => api.create(Pod, { metadata: web }, { fieldManager: 'me', fieldValidation: 'Strict' }),
      line: 'POST /api/v1/namespaces/shop/pods?fieldManager=me&fieldValidation=Strict',
      type: 'application/json',
      body: { apiVersion: 'v1', kind: 'Pod', metadata: web },
    },
    {
      name: 'evict',
      call: () =>
        api.create(
          Pod,
          { apiVersion: 'policy/v1', kind: 'Eviction', metadata: web },
          { subresource: 'eviction', dryRun: true },
        ),
      line: 'POST /api/v1/namespaces/shop/pods/web/eviction?dryRun=All',
      type: 'application/json',
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: web },
    },
    {
      name: 'replace',
      call: () => api.replace(Lease, { metadata: web }, { fieldManager: 'me' }),
      line: 'PUT /apis/coordination.k8s.io/v1/namespaces/shop/leases/web?fieldManager=me',
      type: 'application/json',
      body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: web },
    },
    {
      name: 'merge patch',
      call: () => patch({ type: 'merge', body: { a: 1 } }),
      line: 'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=me',
      type: 'application/merge-patch+json',
      body: { a: 1 },
    },
    {
      name: 'JSON patch',
      call: () => patch({ type: 'json', body: [{ op: 'test', path: '/a', value: 1 }] }),
      line: 'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=me',
      type: 'application/json-patch+json',
      body: [{ op: 'test', path: '/a', value: 1 }],
    },
    {
      name: 'apply',
      call: () => patch({ type: 'apply', body: { metadata: web }, force: true }),
      line: 'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=me&force=true',
      type: 'application/apply-patch+yaml',
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: web },
    },
    {
      name: 'apply of a status',
      call: () =>
        api.patch(
          Remediation,
          web,
          { type: 'apply', body: { status: {} } },
          { fieldManager: 'me', subresource: 'status' },
        ),
      line: 'PATCH /apis/homeostat.dev/v1alpha1/namespaces/shop/remediations/web/status?fieldManager=me',
      type: 'application/apply-patch+yaml',
      body: { apiVersion: 'homeostat.dev/v1alpha1', kind: 'Remediation', status: {} },
    },
    {
      name: 'delete',
      call: () => api.delete(Pod, web, { uid: 'u', gracePeriodSeconds: 5, propagationPolicy: 'Background' }),
      line: 'DELETE /api/v1/namespaces/shop/pods/web',
      type: 'application/json',
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'u' },
        gracePeriodSeconds: 5,
        propagationPolicy: 'Background',
      },
    },
  ];
  const patch = (body: Patch) => api.patch(Deployment, web, body, { fieldManager: 'me' });

  for (const { name, call, line, type, body } of requests) {
    it(`sends a ${name} with the right path, query, content type and body`, async () => {
      await call();
      const [seen] = server.seen;
      expect(`${seen?.method} ${seen?.url.pathname}${seen?.url.search}`).to.equal(line);
      expect(seen?.headers['content-type']).to.equal(type);
      if (body !== undefined) expect(JSON.parse(seen?.body ?? '')).to.deep.equal(body);
      expect(seen?.headers.authorization).to.equal('Bearer secret-token');
    });
  }

  it('lists a page of plain JSON with kinds, and times as text', async () => {
    const items = [{ metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' } }];
    server.answer = (response) => json(response, 200, { items, metadata: { resourceVersion: '7', continue: 'next' } });
    const list = await api.list(Pod, {
      namespace: 'shop',
      labelSelector: 'app=web',
      fieldSelector: 'spec.nodeName=n',
      limit: 1,
      resourceVersion: '0',
    });
    expect(list).to.deep.equal({
      items: [{ ...items[0], apiVersion: 'v1', kind: 'Pod' }],
      resourceVersion: '7',
      continue: 'next',
    });
    expect(Object.getPrototypeOf(list.items[0])).to.equal(Object.prototype);
    expect(server.seen[0]?.url.search).to.equal(
      '?labelSelector=app%3Dweb&fieldSelector=spec.nodeName%3Dn&limit=1&resourceVersion=0',
    );
  });

  it('impersonates', async () => {
    await api.as('system:serviceaccount:shop:fixer').get(Node, { name: 'n' });
    await api.get(Node, { name: 'n' });
    expect(server.seen.map(({ headers }) => headers['impersonate-user'])).to.deep.equal([
      'system:serviceaccount:shop:fixer',
      undefined,
    ]);
  });

  it('impersonates a member of groups, each in a header of its own', async () => {
    await api.as('bob', ['ops', 'on call']).get(Node, { name: 'n' });
    await api.as('bob', ['ops']).as('eve').get(Node, { name: 'n' });
    const groups = server.seen.map(({ rawHeaders }) =>
      rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'impersonate-group'),
    );
    expect(groups).to.deep.equal([['ops', 'on call'], []]);
  });

  for (const name of ['', '.', '..', 'a/b', '../secrets/x', 'a%2fb']) {
    it(`refuses the name ${JSON.stringify(name)} before anything is sent`, async () => {
      expect((await failure(api.get(Node, { name }))).reason).to.equal('BadRequest');
      expect(server.seen).to.deep.equal([]);
    });
  }

  const refusals = [
    {
      name: 'a Status',
      status: 409,
      body: { kind: 'Status', message: 'no', reason: 'AlreadyExists', details: { name: 'web' } },
      expected: ['no', 'AlreadyExists', undefined],
    },
    {
      name: 'a throttling',
      status: 429,
      body: { kind: 'Status', message: 'slow', reason: 'TooManyRequests' },
      headers: { 'Retry-After': '7' },
      expected: ['slow', 'TooManyRequests', 7],
    },
    {
      name: 'a page of a proxy',
      status: 503,
      body: '<html>secret</html>',
      expected: ['the API server answered 503 without saying why', 'ServiceUnavailable', undefined],
    },
    {
      name: 'a patch with the uid of another object',
      status: 422,
      body: { kind: 'Status', message: 'm', reason: 'Invalid', details: { causes: [{ field: 'metadata.uid' }] } },
      expected: ['m', 'Conflict', undefined],
      becomes: 409,
    },
    {
      name: 'an invalid field',
      status: 422,
      body: { kind: 'Status', message: 'm', reason: 'Invalid', details: { causes: [{ field: 'spec.x' }] } },
      expected: ['m', 'Invalid', undefined],
    },
    {
      name: 'an expired version',
      status: 410,
      body: { kind: 'Status', message: 'too old', reason: 'Expired' },
      expected: ['too old', 'Expired', undefined],
    },
  ];
  for (const { name, status, body, headers, expected, becomes = status } of refusals) {
    it(`translates ${name} once, without headers or bodies in the message`, async () => {
      server.answer = (response) => json(response, status, body, { 'X-Secret': 'secret', ...headers });
      const error = await failure(api.get(Node, { name: 'n' }));
      expect([error.message, error.reason, error.retryAfterSeconds]).to.deep.equal(expected);
      expect([error.status, JSON.stringify(error).includes('secret')]).to.deep.equal([becomes, false]);
    });
  }

  it('refuses an answer that is not JSON', async () => {
    server.answer = (response) => response.end('<html>');
    expect((await failure(api.get(Node, { name: 'n' }))).reason).to.equal('Malformed');
  });

  describe('watch', () => {
    const options = (signal: AbortSignal) => ({ timeoutSeconds: 60, resourceVersion: '5', namespace: 'shop', signal });
    const read = async (signal = new AbortController().signal): Promise<WatchEvent<KubeObject>[]> => {
      const events: WatchEvent<KubeObject>[] = [];
      for await (const event of api.watch(Pod, options(signal))) events.push(event);
      return events;
    };
    const line = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;

    it('asks for bookmarks and a time-out, and yields events however the bytes are cut', async () => {
      const bytes = Buffer.from(line('höchst-größe') + line('b') + '\n');
      server.answer = (response) => {
        void (async () => {
          for (const byte of bytes) {
            response.write(Buffer.from([byte]));
            await new Promise(setImmediate);
          }
          response.end();
        })();
      };
      const events = await read();
      expect(events.map(({ object }) => 'metadata' in object && object.metadata.name)).to.deep.equal([
        'höchst-größe',
        'b',
      ]);
      expect(`${server.seen[0]?.url.pathname}${server.seen[0]?.url.search}`).to.equal(
        '/api/v1/namespaces/shop/pods?resourceVersion=5&watch=true&allowWatchBookmarks=true&timeoutSeconds=60',
      );
    });

    const broken = [
      { name: 'a line that is not JSON', text: `${line('a')}{"type":\n`, reason: 'Malformed' },
      { name: 'a line that is not an event', text: '{"kind":"Status"}\n', reason: 'Malformed' },
      { name: 'a stream that ends within a line', text: line('a').slice(0, -5), reason: 'Unreachable' },
    ];
    for (const { name, text, reason } of broken) {
      it(`reports ${name}`, async () => {
        server.answer = (response) => response.end(text);
        expect((await failure(read())).reason).to.equal(reason);
      });
    }

    it('reports a refusal and a connection that breaks', async () => {
      server.answer = (response) => json(response, 410, { kind: 'Status', message: 'old', reason: 'Expired' });
      expect((await failure(read())).reason).to.equal('Expired');
      server.answer = (response) => {
        response.write(line('a'));
        setImmediate(() => server.dropConnections());
      };
      expect((await failure(read())).reason).to.equal('Unreachable');
    });

    it('yields an ERROR event as it is', async () => {
      server.answer = (response) =>
        response.end('{"type":"ERROR","object":{"code":500,"reason":"InternalError","message":"m"}}\n');
      expect(await read()).to.deep.equal([
        { type: 'ERROR', object: { code: 500, reason: 'InternalError', message: 'm' } },
      ]);
    });

    it('ends at the signal, also before the headers and in silence', async () => {
      for (const answer of [() => {}, (response: { flushHeaders(): void }) => response.flushHeaders()]) {
        server.answer = answer;
        const abort = new AbortController();
        setTimeout(() => abort.abort(), 20);
        expect(await read(abort.signal)).to.deep.equal([]);
      }
    });

    it('gives up when the headers do not come', async () => {
      api = connect({ kubeconfig: server.kubeconfig() }, { watchMs: 30 });
      server.answer = () => {};
      expect((await failure(read())).reason).to.equal('Timeout');
    });
  });
});
