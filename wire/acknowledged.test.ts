import { expect } from 'chai';
import type { NatsConnection } from '@nats-io/transport-node';
import { Acknowledged } from './acknowledged.ts';
import { FakeClock, settled } from './testing/fake-clock.ts';

type Callback = (error: Error | null, message: object) => void;

/** A connection that keeps what is published, and answers what a test has it answer. */
const arrange = () => {
  const clock = new FakeClock();
  const published: { subject: string; reply: string; id: string }[] = [];
  const inboxes: { subject: string; callback: Callback; closed: boolean }[] = [];
  const throwing: Error[] = [];
  const connection = {
    publish(subject: string, _: Uint8Array, { reply, headers }: { reply: string; headers: Map<string, string> }) {
      const error = throwing.shift();
      if (error !== undefined) throw error;
      published.push({ subject, reply, id: headers.get('Nats-Msg-Id') ?? '' });
    },
    subscribe(subject: string, { callback }: { callback: Callback }) {
      const inbox = { subject, callback, closed: false };
      inboxes.push(inbox);
      return { getSubject: () => subject, isClosed: () => inbox.closed };
    },
  };
  const acknowledged = new Acknowledged(connection as unknown as NatsConnection, clock, 2000);
  const ends: string[] = [];
  const publish = (id: string, subject = 'frames'): void => {
    acknowledged.publish(subject, new Uint8Array(1), id).then(
      ({ duplicate }) => ends.push(duplicate ? `${id} again` : id),
      (error: Error) => ends.push(`${id}: ${error.name} ${error.message}`),
    );
  };
  /** The server answers the nth publish. */
  const answer = (nth: number, body: object = { stream: 'S', seq: 1 }): void =>
    inboxes.at(-1)?.callback(null, { subject: published[nth]?.reply, data: [1], json: () => body });
  return { clock, published, inboxes, throwing, acknowledged, ends, publish, answer };
};

describe('Acknowledged', () => {
  it('tells each whether it is stored, in whatever order the answers come', async () => {
    const { published, inboxes, ends, publish, answer } = arrange();
    for (const id of ['a', 'b', 'c']) publish(id);
    answer(2);
    answer(0, { duplicate: true });
    answer(1, { error: { code: 503, err_code: 10077, description: 'maximum messages exceeded' } });
    await settled();
    expect(ends).to.deep.equal(['c', 'a again', 'b: JetStreamApiError maximum messages exceeded']);
    expect(published.map(({ id }) => id)).to.deep.equal(['a', 'b', 'c']);
    expect(inboxes).to.have.length(1);
  });

  it('gives up after a while, and hears no answer that comes later, though the place is another’s', async () => {
    const { clock, ends, publish, answer } = arrange();
    publish('a');
    await clock.advance(1500);
    publish('b');
    await clock.advance(600);
    expect(ends).to.deep.equal(['a: TimeoutError timeout']);
    publish('c');
    answer(0);
    await settled();
    expect(ends).to.have.length(1);
    answer(2);
    await clock.advance(3000);
    expect(ends.slice(1)).to.deep.equal(['c', 'b: TimeoutError timeout']);
  });

  it('says that nobody stores what is published', async () => {
    const { published, inboxes, ends, publish } = arrange();
    publish('a');
    inboxes[0]?.callback(null, { subject: published[0]?.reply, data: [], headers: { code: 503 } });
    await settled();
    expect(ends).to.deep.equal(["a: NoResponders no responders: 'frames'"]);
  });

  it('loses all of them with the connection, and those of one subject when that is forbidden', async () => {
    const { acknowledged, ends, publish, answer } = arrange();
    publish('a', 'one');
    publish('b', 'other');
    publish('c', 'one');
    acknowledged.lose(new Error('forbidden'), 'one');
    await settled();
    expect(ends).to.deep.equal(['a: Error forbidden', 'c: Error forbidden']);
    acknowledged.lose(new Error('gone'));
    publish('d');
    answer(3);
    await settled();
    expect(ends.slice(2)).to.deep.equal(['b: Error gone', 'd']);
  });

  it('rejects with what the client throws, and goes on', async () => {
    const { throwing, ends, publish, answer } = arrange();
    throwing.push(new Error('payload'));
    publish('a');
    publish('b');
    answer(0);
    await settled();
    expect(ends).to.deep.equal(['a: Error payload', 'b']);
  });

  it('listens again when it was not allowed to', async () => {
    const { inboxes, ends, publish } = arrange();
    publish('a');
    const [inbox] = inboxes;
    if (inbox !== undefined) inbox.closed = true;
    inbox?.callback(new Error('may not subscribe'), {});
    publish('b');
    await settled();
    expect(ends).to.deep.equal(['a: Error may not subscribe']);
    expect(inboxes).to.have.length(2);
  });
});
