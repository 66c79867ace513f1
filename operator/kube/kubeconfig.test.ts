import { expect } from 'chai';
import { HttpServer, json } from '../testing/http-server.ts';
import { connect } from './http-api.ts';
import { KubeConfigError } from './kubeconfig.ts';
import { Node } from './resources.ts';

describe('connect', () => {
  let server: HttpServer;
  beforeEach(async () => {
    server = new HttpServer();
    await server.start();
  });
  afterEach(() => server.stop());

  const tokens = () => server.seen.map(({ headers }) => headers.authorization);

  it('runs an exec plug-in once for many calls', async () => {
    const calls = server.file('calls', '');
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-exec' },
    };
    const script = server.file(
      'plugin',
      `#!/bin/sh\necho x >> ${calls}\necho '${JSON.stringify(credential)}'\n`,
      0o700,
    );
    const api = connect({
      kubeconfig: server.kubeconfig({ exec: { apiVersion: credential.apiVersion, command: script } }),
    });
    await Promise.all([1, 2, 3].map(() => api.get(Node, { name: 'n' })));
    await api.get(Node, { name: 'n' });
    api.close();
    expect(tokens()).to.deep.equal(Array(4).fill('Bearer from-exec'));
    expect((await import('node:fs')).readFileSync(calls, 'utf8')).to.equal('x\n');
  });

  it('says that an exec plug-in failed, and that nothing was done', async () => {
    const api = connect({ kubeconfig: server.kubeconfig({ exec: { apiVersion: 'v1', command: '/no/such/plugin' } }) });
    const error: unknown = await api.get(Node, { name: 'n' }).catch((reason: unknown) => reason);
    expect(String(error)).to.match(
      /^ApiError: no credentials for http:.*spawn \/no\/such\/plugin ENOENT; check the user/,
    );
    expect(error).to.include({ reason: 'Unauthorized', status: 401 });
  });

  it('reads the kubeconfig again when the server refuses the token, once', async () => {
    const file = server.kubeconfig({ token: 'old' });
    const api = connect({ kubeconfig: file });
    server.answer = (response, { headers }) => json(response, headers.authorization === 'Bearer new' ? 200 : 401, {});
    server.kubeconfig({ token: 'new' });
    await api.get(Node, { name: 'n' });
    server.kubeconfig({ token: 'newer' });
    server.answer = (response) =>
      json(response, 401, { kind: 'Status', message: 'Unauthorized', reason: 'Unauthorized' });
    const error: unknown = await api.get(Node, { name: 'n' }).catch((reason: unknown) => reason);
    api.close();
    expect(error).to.include({ reason: 'Unauthorized' });
    expect(tokens()).to.deep.equal(['Bearer old', 'Bearer new', 'Bearer new']);
  });

  const good = (change: (config: Record<string, unknown>) => void): string => {
    const config: Record<string, unknown> = {
      'current-context': 'a',
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
    };
    change(config);
    return server.file('config', JSON.stringify(config));
  };
  const refusals: { name: string; file: () => string; context?: string; message: RegExp }[] = [
    {
      name: 'a missing file',
      file: () => '/no/such/file',
      message: /^cannot read the kubeconfig \/no\/such\/file \(ENOENT\); check --kubeconfig or KUBECONFIG/,
    },
    { name: 'a directory', file: () => '/', message: /^cannot read the kubeconfig \/ \(EISDIR\)/ },
    {
      name: 'a file that is not YAML',
      file: () => server.file('config', 'a: [b'),
      message: /config is not valid: .*kubectl config view/,
    },
    { name: 'an empty file', file: () => server.file('config', ''), message: /config is not valid: / },
    {
      name: 'a text',
      file: () => server.file('config', 'hello'),
      message: /has no current-context; pass --context \(it has: none\)/,
    },
    {
      name: 'no current context',
      file: () => good((config) => delete config['current-context']),
      message: /has no current-context; pass --context \(it has: a\)/,
    },
    {
      name: 'an unknown context',
      file: () => good(() => {}),
      context: 'b',
      message: /has no context "b" \(it has: a\)/,
    },
    {
      name: 'a context without its cluster',
      file: () => good((config) => (config['clusters'] = [])),
      message: /has no cluster "c", which its context "a" names/,
    },
    {
      name: 'a context without its user',
      file: () => good((config) => (config['users'] = [])),
      message: /has no user "u", which its context "a" names/,
    },
    {
      name: 'a bad server',
      file: () => good((config) => (config['clusters'] = [{ name: 'c', cluster: { server: 'x y' } }])),
      message: /has an invalid server "x y" for its cluster "c"/,
    },
    {
      name: 'plain http',
      file: () => good((config) => (config['clusters'] = [{ name: 'c', cluster: { server: 'http://x' } }])),
      message: /has the plain http server http:\/\/x; use https, or set insecure-skip/,
    },
    {
      name: 'a missing authority',
      file: () =>
        good(
          (config) =>
            (config['clusters'] = [{ name: 'c', cluster: { server: 'https://x', 'certificate-authority': '/no/ca' } }]),
        ),
      message: /names \/no\/ca as its certificate-authority, which does not exist/,
    },
  ];
  for (const { name, file, context, message } of refusals) {
    it(`refuses ${name}`, () => {
      expect(() => connect({ kubeconfig: file(), context })).to.throw(KubeConfigError, message);
    });
  }

  it('merges several files as kubectl does: the first that names something wins, missing ones are skipped', () => {
    const first = server.file(
      'first',
      JSON.stringify({
        'current-context': 'a',
        contexts: [{ name: 'a', context: { cluster: 'c', user: 'u', namespace: 'one' } }],
      }),
    );
    const second = good(
      (config) => (config['contexts'] = [{ name: 'a', context: { cluster: 'c', user: 'u', namespace: 'two' } }]),
    );
    withEnvironment({ KUBECONFIG: `${first}:/no/such/file:${second}` }, () => {
      const api = connect();
      expect([api.namespace, api.server]).to.deep.equal(['one', 'https://127.0.0.1:1/']);
    });
  });

  it('says where it looked when there is no kubeconfig at all', () => {
    withEnvironment({ KUBECONFIG: undefined, HOME: '/no/such/home', KUBERNETES_SERVICE_HOST: undefined }, () => {
      expect(() => connect()).to.throw(
        KubeConfigError,
        /^no kubeconfig found: .*pass --kubeconfig FILE or set KUBECONFIG$/,
      );
    });
  });
});

/** Calls `f` with these variables set (or unset), and puts the old ones back. */
function withEnvironment(variables: Record<string, string | undefined>, f: () => void): void {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  const set = (values: Record<string, string | undefined>): void => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  set(variables);
  try {
    f();
  } finally {
    set(before);
  }
}
