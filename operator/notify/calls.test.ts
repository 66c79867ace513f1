import { expect } from 'chai';
import { Call, undoCall, type CallObject } from '../actions/call.ts';
import { ApiError } from '../kube/api.ts';
import { Node } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { node } from '../testing/fixtures.ts';
import { Caller, withCalls } from './calls.ts';
import { parseOutsiders } from './file.ts';
import type { Post } from './notifier.ts';
import type { Delivery } from './post.ts';
import { isSigned, signatureHeader } from './sign.ts';

const file = `webhooks:
  - {host: hooks.example.com, secret: s3cret}
  - {host: "plain.example.com:8080", allowHttp: true}
`;
const call = (url: string, name = 'uid-1-step'): CallObject => ({
  apiVersion: 'outside.homeostat.dev/v1',
  kind: 'Call',
  metadata: { name, namespace: 'shop' },
  spec: { url, type: 'dev.homeostat.webhook.do', timeoutSeconds: 5, data: { remediation: { name: 'fix-1' } } },
});

describe('calls', () => {
  const clock = new FakeClock();
  let sent: Post[] = [];
  let delivery: Delivery | Promise<Delivery> = { is: 'Accepted', answer: 'ok' };
  const outsiders = parseOutsiders(file);
  if ('problem' in outsiders) throw new Error(outsiders.problem);
  const caller = (): Caller =>
    new Caller({
      file: { current: outsiders },
      clock,
      send: async (message) => {
        sent.push(message);
        return delivery;
      },
    });
  beforeEach(() => {
    sent = [];
    delivery = { is: 'Accepted', answer: 'ok' };
  });
  const failure = async (attempt: Promise<unknown>): Promise<ApiError> => {
    const error: unknown = await attempt.catch((thrown: unknown) => thrown);
    return error instanceof ApiError ? error : expect.fail('it succeeded');
  };

  it('are signed, and carry their key', async () => {
    await caller().call(call('https://hooks.example.com/a?b=c'), false);
    const [{ headers, body } = expect.fail('nothing was sent')] = sent;
    expect(headers['Idempotency-Key']).to.equal('uid-1-step');
    const signature = headers[signatureHeader] ?? '';
    expect(isSigned(signature, { secret: 's3cret', body, nowMs: clock.now() })).to.equal(true);
  });

  it('leave a host in peace that does not answer, but for what is taken back and for other hosts', async () => {
    const silent: Delivery = { is: 'Later', answer: 'no' };
    const own = caller();
    delivery = silent;
    for (let i = 0; i < 5; i++) await failure(own.call(call('https://hooks.example.com/a', `uid-${i}`), false));
    expect(sent).to.have.length(5);
    const held = await failure(own.call(call('https://hooks.example.com/b'), false));
    expect(held).to.include({ status: 503, reason: 'NotSent', retryAfterSeconds: 1 });
    expect(sent).to.have.length(5);
    const back = call('https://hooks.example.com/b');
    await failure(own.call({ ...back, spec: { ...back.spec, type: undoCall } }, false));
    delivery = { is: 'Accepted', answer: 'ok' };
    await own.call(call('http://plain.example.com:8080/'), false);
    expect(sent).to.have.length(7);
    await clock.advance(1000);
    await own.call(call('https://hooks.example.com/b'), false);
    await own.call(call('https://hooks.example.com/c', 'uid-2-step'), false);
    expect(sent).to.have.length(9);
  });

  const refused: [url: string, says: string][] = [
    ['https://other.example.com', 'may not be called'],
    ['https://hooks.example.com:8443', 'hooks.example.com:8443 may not be called'],
    ['https://hooks.example.com.evil.example', 'may not be called'],
    ['http://hooks.example.com', 'only be called by https'],
    ['https://a:b@hooks.example.com', 'no URL'],
    ['not a url', 'no URL'],
  ];
  for (const [url, says] of refused)
    for (const dryRun of [true, false])
      it(`are not made to ${url}${dryRun ? ', and a dry run says so' : ''}`, async () => {
        const error = await failure(caller().call(call(url), dryRun));
        expect(error).to.include({ status: 403, reason: 'HostNotAllowed' });
        expect(error.message).to.include(says);
        expect(sent).to.deep.equal([]);
      });

  it('are made without TLS where that is allowed', async () => {
    await caller().call(call('http://plain.example.com:8080/x'), false);
    expect(sent).to.have.lengthOf(1);
  });

  it('are not made in a dry run', async () => {
    await caller().call(call('https://hooks.example.com'), true);
    expect(sent).to.deep.equal([]);
  });

  const failures: [delivery: Delivery, status: number, retryAfterSeconds: number | undefined][] = [
    [{ is: 'Refused', answer: 'no' }, 422, undefined],
    [{ is: 'Later', answer: 'busy' }, 503, undefined],
    [{ is: 'Later', answer: 'busy', afterMs: 1500 }, 503, 2],
  ];
  for (const [given, status, retryAfterSeconds] of failures)
    it(`that end with ${JSON.stringify(given)} are answered ${status}`, async () => {
      delivery = given;
      const made = caller();
      const error = await failure(made.call(call('https://hooks.example.com'), false));
      expect(error).to.include({ status, retryAfterSeconds, message: given.answer });
      expect(() => made.get('uid-1-step')).to.throw(ApiError);
    });

  it('are few at once', async () => {
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    delivery = promise;
    const made = caller();
    const under = Array.from({ length: 8 }, (_, i) => made.call(call('https://hooks.example.com', `key-${i}`), false));
    expect(await failure(made.call(call('https://hooks.example.com'), false))).to.include({
      status: 503,
      reason: 'NotSent',
    });
    resolve({ is: 'Accepted', answer: 'ok' });
    await Promise.all(under);
    await made.call(call('https://hooks.example.com'), false);
  });

  it('stand beside the API server, also for another user, and leave everything else to it', async () => {
    const server = new ApiServer({ clock });
    server.seed(Node, node({ name: 'node-1', uid: 'uid-node-1' }));
    const api = withCalls(server, caller()).as('system:serviceaccount:shop:fixer');
    const place = { namespace: 'shop', name: 'uid-1-step' };
    expect(await failure(api.get(Call, place))).to.include({ status: 404 });
    await api.create(Call, call('https://hooks.example.com'));
    expect((await api.get(Call, place)).metadata.name).to.equal('uid-1-step');
    expect((await withCalls(server, caller()).get(Node, { name: 'node-1' })).metadata.uid).to.equal('uid-node-1');
    expect(server.all(Call)).to.deep.equal([]);
  });
});
