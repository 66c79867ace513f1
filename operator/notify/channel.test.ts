import { expect } from 'chai';
import { FakeClock } from '../testing/fake-clock.ts';
import { Channel, mostWaiting } from './channel.ts';
import type { Delivery } from './post.ts';
import type { Notification, Stage } from './notification.ts';

const about = (key: string, stage: Stage = 'Opened'): Notification => ({
  id: `${key}/${stage}`,
  key,
  stage,
  time: '2026-01-31T08:15:02Z',
  openedTime: '2026-01-31T08:15:00Z',
  severity: 'Warning',
  reason: 'RouteEscalates',
  summary: key,
  evidence: [],
  tried: [],
  incident: { namespace: 'shop', name: key, uid: key },
  policy: 'leak',
  target: { kind: 'Pod', name: 'cart-1', uid: 'uid-cart-1' },
  hints: [],
});

const accepted: Delivery = { is: 'Accepted', answer: 'ok' };
const later: Delivery = { is: 'Later', answer: 'down' };

describe('the way to a notifier', () => {
  let clock: FakeClock;
  let sent: string[];
  let reports: string[];
  let counts: Record<string, number>;
  let answer: (notification: Notification) => Delivery | Promise<Delivery> | undefined;
  let isLeader: boolean;
  let repeatMs: number | undefined;
  let channel: Channel;
  beforeEach(() => {
    clock = new FakeClock();
    [sent, reports, counts] = [[], [], {}];
    answer = () => accepted;
    [isLeader, repeatMs] = [true, undefined];
    channel = new Channel({
      clock,
      random: () => 0,
      isLeader: () => isLeader,
      repeatMs: () => repeatMs,
      send: (notification) => {
        const delivery = answer(notification);
        if (delivery === undefined) return undefined;
        sent.push(`${(clock.now() - Date.UTC(2026, 0, 1)) / 1000} ${notification.id}`);
        return Promise.resolve(delivery);
      },
      onReport: (key, job) => void reports.push(`${key} ${job.report.state}`),
      count: (result) => void (counts[result] = (counts[result] ?? 0) + 1),
    });
  });
  const offer = (key: string, stage: Stage = 'Opened', isTold = false) => channel.offer(key, about(key, stage), isTold);

  it('tells a thing once, however often it is offered', async () => {
    offer('a');
    await clock.advance(1000);
    offer('a');
    await clock.advance(600_000);
    expect(sent).to.deep.equal(['0 a/Opened']);
    expect(reports).to.deep.equal(['a Delivered']);
    expect(channel.waiting).to.equal(0);
  });

  it('tries again with growing pauses, and says that it fails only once', async () => {
    let failures = 3;
    answer = () => (failures-- > 0 ? later : accepted);
    offer('a');
    await clock.advance(60_000);
    expect(sent).to.deep.equal(['0 a/Opened', '1 a/Opened', '3 a/Opened', '7 a/Opened']);
    expect(reports).to.deep.equal(['a Failing', 'a Delivered']);
    expect(counts).to.deep.equal({ Retried: 3, Delivered: 1 });
  });

  it('leaves everybody of a receiver in peace that asks for it', async () => {
    answer = ({ key }) =>
      key === 'a' && sent.length === 0 ? { is: 'Later', answer: '429', afterMs: 20_000 } : accepted;
    offer('a');
    await clock.advance(1000);
    offer('b');
    await clock.advance(30_000);
    expect(sent).to.deep.equal(['0 a/Opened', '20 a/Opened', '20 b/Opened']);
  });

  it('leaves a receiver in peace that does not answer, and lets one try whether it is back', async () => {
    answer = () => later;
    for (let i = 0; i < 20; i++) offer(`job-${i}`);
    await clock.advance(29_000);
    expect(sent.length).to.be.within(5, 8);
    const before = sent.length;
    await clock.advance(2000);
    expect(sent.length - before).to.be.within(1, 2);
    answer = () => accepted;
    await clock.advance(600_000);
    expect(channel.waiting).to.equal(0);
  });

  it('says the newest only', async () => {
    answer = () => later;
    offer('a');
    await clock.advance(10);
    answer = () => accepted;
    offer('a', 'Resolved');
    await clock.advance(60_000);
    expect(sent).to.deep.equal(['0 a/Opened', '0.01 a/Resolved']);
  });

  it('says what is offered while something older is on its way', async () => {
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    answer = ({ stage }) => (stage === 'Opened' ? promise : accepted);
    offer('a');
    await clock.advance(10);
    offer('a', 'Resolved');
    await clock.advance(10);
    expect(sent).to.deep.equal(['0 a/Opened']);
    resolve(accepted);
    await clock.advance(10);
    expect(sent).to.have.lengthOf(2);
    expect(channel.get('a')?.report.state).to.equal('Delivered');
  });

  it('tells again what lasts, and stops when that is over', async () => {
    repeatMs = 60_000;
    offer('a', 'Opened', true);
    await clock.advance(125_000);
    offer('a', 'Resolved');
    await clock.advance(600_000);
    expect(sent).to.deep.equal(['0 a/Opened', '60 a/Opened', '120 a/Opened', '125 a/Resolved']);
    expect(reports).to.deep.equal(['a Delivered']);
  });

  it('seldom tries again what is refused, and at once when the settings are other ones', async () => {
    answer = () => ({ is: 'Refused', answer: '403' });
    offer('a');
    await clock.advance(599_000);
    expect(sent).to.have.lengthOf(1);
    answer = () => accepted;
    channel.retry();
    await clock.advance(10);
    expect(reports).to.deep.equal(['a Refused', 'a Delivered']);
  });

  it('waits for a notifier that is not configured', async () => {
    answer = () => undefined;
    offer('a');
    await clock.advance(10);
    expect(channel.get('a')?.report.state).to.equal('UnknownNotifier');
    answer = () => accepted;
    channel.retry();
    await clock.advance(10);
    expect(sent).to.have.lengthOf(1);
  });

  it('is bounded', async () => {
    answer = () => later;
    for (let i = 0; i < mostWaiting; i++) expect(offer(`job-${i}`)).to.equal(true);
    expect(offer('one-more')).to.equal(false);
    expect(counts['Deferred']).to.equal(1);
    await channel.stop();
  });

  it('says nothing while another process leads', async () => {
    isLeader = false;
    offer('a');
    await clock.advance(60_000);
    isLeader = true;
    expect(offer('a')).to.equal(true);
    await clock.advance(10);
    expect(sent).to.have.lengthOf(1);
  });
});
