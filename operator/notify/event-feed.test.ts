import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { KubeObject } from '../kube/api.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { CloudEvent } from './cloud-event.ts';
import { EventFeed, type Changing } from './event-feed.ts';

/** Objects of a kind, changed by the test. */
class Objects implements Changing {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(key: string) => void>();
  get = (key: string): KubeObject | undefined => this.#objects.get(key);
  list = (): Iterable<KubeObject> => this.#objects.values();
  onChange = (listener: (key: string) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
  put(name: string, resourceVersion: string, status: object = {}): void {
    const metadata = { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion };
    this.#objects.set(`shop/${name}`, { metadata, status } as KubeObject);
    for (const listener of this.#listeners) listener(`shop/${name}`);
  }
  remove(name: string): void {
    this.#objects.delete(`shop/${name}`);
    for (const listener of this.#listeners) listener(`shop/${name}`);
  }
}

describe('the feed of events', () => {
  let clock: FakeClock;
  let incidents: Objects;
  let published: [subject: string, event: CloudEvent][];
  let failures: number;
  let isLeader: boolean;
  let feed: EventFeed;
  beforeEach(() => {
    [clock, incidents, published, failures, isLeader] = [new FakeClock(), new Objects(), [], 0, true];
    feed = new EventFeed({
      kinds: { incidents, remediations: new Objects() },
      bus: {
        publish: async (subject, payload, id) => {
          if (failures-- > 0) throw new Error('no connection');
          const event = JSON.parse(new TextDecoder().decode(payload)) as CloudEvent;
          expect(event.id).to.equal(id);
          published.push([subject, event]);
        },
      },
      subjectPrefix: 'homeostat',
      isLeader: () => isLeader,
      clock,
      registry: new Registry(),
    });
  });
  const told = (): string[] => published.map(([, { type, id }]) => `${type.replace('dev.homeostat.', '')} ${id}`);

  it('tells each version once, on the subject of the object, and the end', async () => {
    incidents.put('leak.1', '7');
    await clock.advance(1);
    incidents.put('leak.1', '7');
    await clock.advance(1);
    incidents.put('leak.1', '9');
    await clock.advance(1);
    incidents.remove('leak.1');
    await clock.advance(1);
    expect(told()).to.deep.equal([
      'incident.seen uid-leak.1/7',
      'incident.changed uid-leak.1/9',
      'incident.deleted uid-leak.1/deleted',
    ]);
    expect(published[0]?.[0]).to.equal('homeostat.events.incidents.shop.leak_1');
  });

  it('goes on when the broker is back, with the newest only', async () => {
    failures = 3;
    incidents.put('a', '1');
    await clock.advance(100);
    incidents.put('a', '2');
    await clock.advance(60_000);
    expect(told()).to.deep.equal(['incident.seen uid-a/2']);
  });

  it('says nothing while another process leads, and everything that there is after that', async () => {
    isLeader = false;
    incidents.put('a', '1');
    incidents.put('b', '1');
    await clock.advance(1);
    expect(told()).to.deep.equal([]);
    isLeader = true;
    feed.resync();
    await clock.advance(1);
    expect(told()).to.have.lengthOf(2);
  });

  it('leaves out what no broker would take', async () => {
    incidents.put('a', '1', { text: 'x'.repeat(1_000_000) });
    await clock.advance(1);
    expect(published[0]?.[1].data).to.have.property('metadata');
    expect(published[0]?.[1].data).not.to.have.property('status');
  });

  it('ends', async () => {
    await feed.stop();
    incidents.put('a', '1');
    await clock.advance(1);
    expect(told()).to.deep.equal([]);
  });
});
