/** What every notifier keeps to, against a receiver over real HTTP (or a bus that acknowledges). */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { FakeClock } from '../testing/fake-clock.ts';
import { silentLogger } from '../kube/logger.ts';
import { Speaker } from './speaker.ts';
import { bind, notifierKinds, notifiers, type NotifierKind } from './registry.ts';
import { storyOf, type Notification, type Stage } from './notification.ts';
import { hmac, isSigned, signatureHeader } from './sign.ts';
import { post } from './post.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const notification = (stage: Stage = 'Opened', edit: Partial<Notification> = {}): Notification => ({
  id: `uid-1/oncall/${stage}`,
  key: 'uid-1',
  stage,
  time: '2026-01-31T08:15:02Z',
  openedTime: '2026-01-31T08:15:00Z',
  severity: 'Critical',
  reason: 'AttemptsExhausted',
  summary: 'leak: Pod shop/cart-1 needs you: 3 of 3 attempts have failed <&>',
  evidence: ['high (k8s.pod.memory) is 0.93, > 90%'],
  tried: [
    {
      remediation: 'restart-1',
      plan: 'restart',
      attempt: 1,
      result: 'StillFiring',
      message: 'the target did not recover within 60 s',
      steps: [{ name: 'restart', state: 'Applied', message: 'the pod was deleted' }],
    },
  ],
  incident: { namespace: 'shop', name: 'leak-4f1d', uid: 'uid-1' },
  policy: 'leak',
  target: { kind: 'Pod', namespace: 'shop', name: 'cart-1', uid: 'uid-cart-1' },
  hints: ['kubectl -n shop describe incident leak-4f1d'],
  ...edit,
});

/** One line a notifier: settings for a receiver, and what it must have understood. */
const cases: {
  readonly [Kind in NotifierKind]: {
    readonly settings: (url: string) => object;
    readonly wrong: readonly object[];
    readonly understood: (stage: Stage, received: Received) => void;
  };
} = {
  webhook: {
    settings: (url) => ({ url, secret: 's3cret' }),
    wrong: [{}, { url: 'ftp://x' }, { url: 'https://x', secret: '' }],
    understood: (stage, { headers, body }) => {
      expect(headers['content-type']).to.equal('application/cloudevents+json');
      expect(headers['idempotency-key']).to.equal(`uid-1/oncall/${stage}`);
      const signature = String(headers[signatureHeader.toLowerCase()]);
      const facts = { secret: 's3cret', body, nowMs: Date.UTC(2026, 0, 1) };
      expect(isSigned(signature, facts)).to.equal(true);
      expect(isSigned(signature, { ...facts, body: `${body} ` })).to.equal(false);
      expect(isSigned(signature, { ...facts, secret: 'other' })).to.equal(false);
      expect(isSigned(signature, { ...facts, nowMs: facts.nowMs + 301_000 })).to.equal(false);
      const event = JSON.parse(body) as Record<string, unknown>;
      expect(event).to.include({ specversion: '1.0', type: `dev.homeostat.incident.${stage.toLowerCase()}` });
      expect(event['data']).to.deep.equal(notification(stage));
    },
  },
  slack: {
    settings: (url) => ({ url }),
    wrong: [{}, { url: 'hooks.slack.com' }],
    understood: (_stage, { body }) => {
      const { text } = JSON.parse(body) as { text: string };
      expect(text).to.include('have failed &lt;&amp;&gt;').and.to.include('attempt 1 (restart-1): StillFiring');
    },
  },
  pagerDuty: {
    settings: (url) => ({ url, routingKey: 'R1' }),
    wrong: [{}, { routingKey: '' }],
    understood: (stage, { body }) => {
      const event = JSON.parse(body) as { payload?: object };
      const action = { Opened: 'trigger', Message: 'trigger', Acknowledged: 'acknowledge', Resolved: 'resolve' }[stage];
      expect(event).to.include({ routing_key: 'R1', event_action: action, dedup_key: 'uid-1' });
      if (action === 'trigger') expect(event.payload).to.include({ severity: 'critical', source: 'shop/cart-1' });
      else expect(event).not.to.have.property('payload');
    },
  },
  alertmanager: {
    settings: (url) => ({ url: `${url}/`, bearerToken: 't0' }),
    wrong: [{}, { url: 'x' }],
    understood: (stage, { url, headers, body }) => {
      expect(url).to.equal('/api/v2/alerts');
      expect(headers.authorization).to.equal('Bearer t0');
      const [alert] = JSON.parse(body) as { labels: object; startsAt: string; endsAt: string }[];
      expect(alert?.labels).to.include({ alertname: 'leak', severity: 'critical', namespace: 'shop', matter: 'uid-1' });
      expect(alert?.startsAt).to.equal('2026-01-31T08:15:00Z');
      expect(alert?.endsAt).to.equal(stage === 'Resolved' ? '2026-01-31T08:15:02Z' : '2026-01-01T00:05:00.000Z');
    },
  },
  nats: {
    settings: () => ({ topic: 'oncall' }),
    wrong: [{ topic: 'a.b' }, { topic: '*' }],
    understood: (stage, { url, body }) => {
      expect(url).to.equal('homeostat.events.notifications.oncall');
      expect(JSON.parse(body)).to.include({ type: `dev.homeostat.incident.${stage.toLowerCase()}` });
    },
  },
};

describe('notifiers', () => {
  let server: Server;
  let base = '';
  let received: Received[] = [];
  let answers: { status: number; headers?: Record<string, string>; body?: string }[] = [];
  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ url: request.url ?? '', headers: request.headers, body });
        const { status, headers = {}, body: said = 'ok' } = answers.shift() ?? { status: 202 };
        response.writeHead(status, headers).end(said);
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    received = [];
    answers = [];
  });

  const moment = { nowMs: Date.UTC(2026, 0, 1), hmac, subjectPrefix: 'homeostat' };
  const tell = async (kind: NotifierKind, stage: Stage): Promise<Received | undefined> => {
    const settings = cases[kind].settings(base);
    const message = bind({ [kind]: { url: undefined, ...settings } }).message(notification(stage), moment);
    if (message === undefined) return undefined;
    if (message.is === 'Publish') return { url: message.subject, headers: {}, body: message.body };
    expect(await post(message)).to.include({ is: 'Accepted' });
    return received.at(-1);
  };

  for (const kind of notifierKinds) {
    describe(kind, () => {
      for (const stage of ['Opened', 'Acknowledged', 'Resolved', 'Message'] as const)
        it(`is understood by its receiver: ${stage}`, async () => {
          const told = await tell(kind, stage);
          if (told !== undefined) cases[kind].understood(stage, told);
          // Only of who looks after it may nothing be said.
          else expect(stage).to.equal('Acknowledged');
        });

      it('says the same of the same', async () => {
        expect((await tell(kind, 'Opened'))?.body).to.equal((await tell(kind, 'Opened'))?.body);
      });

      it('says when it is over what it said that it began', () => {
        const { lasting, repeatMs } = notifiers[kind];
        if (repeatMs !== undefined) expect(lasting).to.equal(true);
      });

      it('has wrong settings refused, by the name of the field, without showing a value', async () => {
        for (const wrong of cases[kind].wrong) {
          const file = await fileOf(`notifiers: [{name: a, ${kind}: ${JSON.stringify(wrong)}}]`);
          expect(file.problem).to.include(`notifiers[0].${kind}`);
        }
      });

      it('bounds a long story', async () => {
        const long = notification('Opened', { summary: '😀<'.repeat(5000) });
        const message = bind({ [kind]: cases[kind].settings(base) }).message(long, moment);
        expect(Buffer.byteLength(message?.body ?? '')).to.be.below(200_000);
      });
    });
  }

  const fileOf = async (text: string): Promise<Speaker['file']> => {
    const { file } = speaker(text);
    await file.start();
    file.stop();
    return file;
  };
  const speaker = (text: string) => {
    const built = new Speaker({
      path: '/notifiers.yaml',
      read: () => Promise.resolve(text),
      subjectPrefix: 'homeostat',
      bus: { publish: () => Promise.resolve() },
      isLeader: () => true,
      clock: new FakeClock(),
      random: () => 0,
      logger: silentLogger,
      registry: new Registry(),
    });
    return built;
  };

  describe('a post', () => {
    const message = () => ({ is: 'Post', url: `${base}/secret-path`, headers: {}, body: '{}' }) as const;
    const outcomes: [status: number, is: string][] = [
      [200, 'Accepted'],
      [204, 'Accepted'],
      [301, 'Refused'],
      [400, 'Refused'],
      [401, 'Refused'],
      [404, 'Refused'],
      [408, 'Later'],
      [429, 'Later'],
      [500, 'Later'],
      [503, 'Later'],
    ];
    for (const [status, is] of outcomes)
      it(`that is answered ${status} is ${is}, and shows no secret`, async () => {
        const headers: Record<string, string> = status === 301 ? { Location: `${base}/other` } : {};
        answers = [{ status, headers, body: '' }];
        const delivery = await post(message());
        expect(delivery.is).to.equal(is);
        expect(delivery.answer).to.include(String(status)).and.not.to.include('secret-path');
        expect(received).to.have.lengthOf(1);
      });

    it('obeys Retry-After', async () => {
      answers = [{ status: 429, headers: { 'Retry-After': '7' } }];
      expect(await post(message())).to.include({ is: 'Later', afterMs: 7000 });
    });

    it('may have arrived when the connection breaks', async () => {
      const breaking = createServer((request) => request.socket.destroy());
      await new Promise<void>((resolve) => void breaking.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(breaking.address() as AddressInfo).port}`;
      const broken = await post({ ...message(), url });
      breaking.close();
      expect(broken.is).to.equal('Later');
      expect(broken).not.to.have.property('unsent');
    });

    const unconnected: [
      what: string,
      cause: { readonly errors?: object[]; readonly code?: string; readonly syscall?: string },
      unsent: boolean,
    ][] = [
      ['nobody has that name', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }, true],
      ['it took too long to get there', { code: 'UND_ERR_CONNECT_TIMEOUT' }, true],
      ['no address of a host answers', { errors: [{ syscall: 'connect' }, { syscall: 'connect' }] }, true],
      ['its certificate is not trusted', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, true],
      ['its certificate is of another host', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, true],
      [
        'it wants a certificate, which TLS 1.3 says when all is sent',
        { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' },
        false,
      ],
      ['one of them broke off', { errors: [{ syscall: 'connect' }, { syscall: 'write' }] }, false],
      ['the host cannot be reached any more', { code: 'EHOSTUNREACH', syscall: 'write' }, false],
    ];
    for (const [what, { errors, ...more }, unsent] of unconnected)
      it(`says whether anything was sent when ${what}`, async () => {
        const failed = (fields: object): Error => Object.assign(new Error('failed'), fields);
        const cause = errors === undefined ? failed(more) : new AggregateError(errors.map(failed));
        const delivery = await post(message(), 50, () => Promise.reject(new TypeError('fetch failed', { cause })));
        expect([delivery.is, 'unsent' in delivery]).to.deep.equal(['Later', unsent]);
      });

    it('was not sent to one with whom no TLS can be agreed on', async () => {
      const plain = createServer((_request, response) => response.end());
      const closing = createTcpServer((socket) => socket.once('data', () => socket.destroy()));
      for (const server of [plain, closing]) {
        await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
        const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
        expect(await post({ ...message(), url })).to.include({ is: 'Later', unsent: true });
        server.close();
      }
    });

    it('is given up after a while, and when nobody listens', async () => {
      const silent = createServer(() => {});
      await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const late = await post({ ...message(), url }, 50);
      silent.closeAllConnections();
      silent.close();
      expect(late).to.deep.include({ is: 'Later' });
      expect(late.answer).to.include('it took too long');
      expect(late).not.to.have.property('unsent');
      const refused = await post({ ...message(), url });
      expect(refused).to.include({ is: 'Later', unsent: true });
      expect(refused.answer).to.include('did not answer');
    });
  });

  it('tell the whole story', () => {
    expect(storyOf(notification()).split('\n')).to.deep.equal([
      'leak: Pod shop/cart-1 needs you: 3 of 3 attempts have failed <&>',
      '- high (k8s.pod.memory) is 0.93, > 90%',
      'attempt 1 (restart-1): StillFiring, the target did not recover within 60 s',
      '  restart: applied, the pod was deleted',
      'kubectl -n shop describe incident leak-4f1d',
    ]);
  });
});
