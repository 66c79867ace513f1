import { expect } from 'chai';
import { silentLogger } from '../kube/logger.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { parseOutsiders } from './file.ts';
import { WatchedFile } from './watched-file.ts';

const one = 'notifiers: [{name: chat, slack: {url: "https://hooks.example.com/T0/B0/token"}}]';
const two = `${one}\nwebhooks: [{host: "hooks.example.com:8443", secret: s3cret}]`;

describe('notifiers file', () => {
  const wrong: [text: string, ...says: string[]][] = [
    ['notifiers: [', 'is not YAML', 'line'],
    ['- a', 'the file must be an object'],
    ['notifier: []', 'notifier is not a field', 'notifiers, webhooks'],
    ['notifiers: [{slack: {url: "https://x"}}]', 'notifiers[0].name is required'],
    ['notifiers: [{name: a}]', 'notifiers[0] must name exactly one kind of notifier: webhook, slack'],
    ['notifiers: [{name: a, slack: {url: "https://x"}, nats: {}}]', 'exactly one kind'],
    ['notifiers: [{name: a, nats: {}}, {name: a, nats: {}}]', 'duplicate'],
    ['webhooks: [{host: "https://x"}]', 'webhooks[0].host must be a host'],
    ['webhooks: [{host: "*"}]', 'webhooks[0].host must be a host'],
  ];
  for (const [text, ...says] of wrong)
    it(`is refused: ${text}`, () => {
      const found = parseOutsiders(text);
      const problem = 'problem' in found ? found.problem : 'none';
      for (const part of says) expect(problem).to.include(part);
    });

  it('fills in what is usual', () => {
    const found = parseOutsiders('notifiers: [{name: a, pagerDuty: {routingKey: R}}]\nwebhooks: [{host: a}]');
    if ('problem' in found) return expect.fail(found.problem);
    expect(found.webhooks.get('a')).to.deep.include({ allowHttp: false });
    expect([...found.notifiers.keys()]).to.deep.equal(['a']);
  });

  it('is read again when it changes; one that cannot be used changes nothing, and says what is wrong', async () => {
    const clock = new FakeClock();
    let text: string | undefined = one;
    const read = (): Promise<string> =>
      text === undefined ? Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' })) : Promise.resolve(text);
    const file = new WatchedFile({ path: '/n.yaml', clock, logger: silentLogger, read });
    let changes = 0;
    file.onChange(() => changes++);
    expect(file.problem).to.equal('notifiers file /n.yaml was not read yet');
    await file.start();
    expect([file.problem, changes]).to.deep.equal([undefined, 1]);
    await clock.advance(20_000);
    expect(changes).to.equal(1);
    text = 'notifiers: [{name: chat}]';
    await clock.advance(5000);
    expect(file.problem).to.include('exactly one kind').and.to.include('the version before holds');
    expect([...file.current.notifiers.keys()]).to.deep.equal(['chat']);
    text = undefined;
    await clock.advance(5000);
    expect(file.problem).to.include('cannot be read (ENOENT)');
    text = two;
    await clock.advance(5000);
    expect([file.problem, file.current.webhooks.size, changes]).to.deep.equal([undefined, 1, 4]);
    file.stop();
    expect(clock.timers).to.equal(0);
  });

  it('comes back as it was after it was away', async () => {
    const clock = new FakeClock();
    let there = true;
    const read = (): Promise<string> => (there ? Promise.resolve(one) : Promise.reject(new Error('gone')));
    const file = new WatchedFile({ path: '/n.yaml', clock, logger: silentLogger, read });
    await file.start();
    there = false;
    await clock.advance(5000);
    expect(file.problem).to.include('cannot be read');
    there = true;
    await clock.advance(5000);
    expect(file.problem).to.equal(undefined);
    file.stop();
  });

  it('may be absent altogether', async () => {
    const clock = new FakeClock();
    const file = new WatchedFile({ path: undefined, clock, logger: silentLogger });
    await file.start();
    expect([file.problem, clock.timers]).to.deep.equal([undefined, 0]);
  });
});
