import { expect } from 'chai';
import { Registry } from 'prom-client';
import { forbidden, timeout, tooManyRequests } from '../testing/api-errors.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { node, pod } from '../testing/fixtures.ts';
import type { KubeObject } from './api.ts';
import { type EventRecord, EventRecorder, type EventRecorderOptions, referenceTo } from './events.ts';
import { silentLogger } from './logger.ts';
import { Event, Pod } from './resources.ts';

interface EventObject extends KubeObject {
  note: string;
  reason: string;
  action: string;
  eventTime: string;
  series?: { count: number; lastObservedTime: string };
}

const scaled: EventRecord = {
  regarding: referenceTo(pod({ uid: 'u1' })),
  type: 'Normal',
  reason: 'ScaledOut',
  action: 'Scale',
  note: 'from 2 to 3',
};

function setUp(options: Partial<EventRecorderOptions> = {}) {
  const clock = new FakeClock();
  const server = new ApiServer({ clock });
  const registry = new Registry();
  const recorder = new EventRecorder({
    api: server,
    clock,
    logger: silentLogger,
    controller: 'homeostat.dev/operator',
    instance: 'operator-0',
    registry,
    ...options,
  });
  const stored = () => server.all<EventObject>(Event);
  const counted = async () => {
    const metric = await registry.getSingleMetric('homeostat_events_total')?.get();
    return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['result'], value]));
  };
  return { clock, server, recorder, registry, stored, counted };
}

describe('EventRecorder', () => {
  it('writes an event as the API wants it, beside what it regards', async () => {
    const { clock, recorder, stored } = setUp();
    recorder.record({ ...scaled, related: referenceTo({ ...node(), apiVersion: 'v1', kind: 'Node' }) });
    await clock.advance(0);
    const [event] = stored();
    const { metadata, ...rest } = event ?? expect.fail('no event');
    expect([metadata.name.startsWith('web-1.'), metadata.namespace]).to.deep.equal([true, 'shop']);
    expect(rest).to.deep.equal({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      type: 'Normal',
      reason: 'ScaledOut',
      action: 'Scale',
      note: 'from 2 to 3',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'homeostat.dev/operator',
      reportingInstance: 'operator-0',
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u1' },
      related: { apiVersion: 'v1', kind: 'Node', namespace: undefined, name: 'node-1', uid: undefined },
    });
  });

  it('puts events of cluster-scoped objects into the namespace default', async () => {
    const { clock, recorder, stored } = setUp();
    recorder.record({ ...scaled, regarding: referenceTo({ ...node(), apiVersion: 'v1', kind: 'Node' }) });
    await clock.advance(0);
    expect(stored()[0]?.metadata.namespace).to.equal('default');
  });

  it('counts what repeats within six minutes, and begins anew after that', async () => {
    const { clock, recorder, stored } = setUp();
    for (let i = 0; i < 3; i++) {
      recorder.record({ ...scaled, note: `note ${i}` });
      await clock.advance(5 * 60_000);
    }
    expect(stored().map(({ series, note }) => [note, series])).to.deep.equal([
      ['note 0', { count: 3, lastObservedTime: '2026-01-01T00:10:00.000000Z' }],
    ]);
    await clock.advance(60_000);
    recorder.record(scaled);
    recorder.record({ ...scaled, type: 'Warning' });
    await clock.advance(0);
    expect(stored()).to.have.length(3);
  });

  it('counts together what comes together', async () => {
    const { clock, server, recorder, stored } = setUp();
    for (let i = 0; i < 50; i++) recorder.record(scaled);
    await clock.advance(0);
    expect([server.requests.length, stored()[0]?.series?.count]).to.deep.equal([1, 50]);
  });

  it('sends a few at once, of one kind one after the other', async () => {
    const { clock, server, recorder, stored } = setUp({ senders: 3 });
    server.faults = () => ({ kind: 'delayMs', ms: 1000 });
    recorder.record(scaled);
    await clock.advance(0);
    recorder.record({ ...scaled, note: 'again' });
    for (const reason of ['A', 'B', 'C']) recorder.record({ ...scaled, reason });
    await clock.advance(999);
    expect(server.requests).to.have.length(3);
    await clock.advance(5000);
    expect(stored().map(({ reason, series }) => [reason, series?.count])).to.deep.equal([
      ['ScaledOut', 2],
      ['A', undefined],
      ['B', undefined],
      ['C', undefined],
    ]);
  });

  it('begins anew when the server has let the first one expire', async () => {
    const { clock, server, recorder, stored } = setUp();
    recorder.record(scaled);
    await clock.advance(1000);
    const [first] = stored();
    await server.delete(Event, first?.metadata ?? expect.fail('no event'));
    recorder.record(scaled);
    await clock.advance(1000);
    expect(stored()).to.have.length(1);
  });

  it('cuts what is too long, between characters', async () => {
    const { clock, recorder, stored } = setUp();
    recorder.record({ ...scaled, reason: 'R'.repeat(300), action: 'A'.repeat(300), note: 'é'.repeat(2000) });
    await clock.advance(0);
    const [event] = stored();
    expect([event?.reason.length, event?.action.length]).to.deep.equal([128, 128]);
    expect(Buffer.byteLength(event?.note ?? '')).to.be.within(1020, 1024);
    expect(event?.note).to.match(/^é+…$/);
  });

  it('tries again what may pass, and gives up on what will not', async () => {
    const { clock, server, recorder, stored, counted } = setUp();
    const errors = [timeout(), tooManyRequests(10), forbidden(Pod, undefined, 'me', 'create')];
    server.faults = () => {
      const error = errors.shift();
      return error && { kind: 'error', error };
    };
    recorder.record(scaled);
    recorder.record({ ...scaled, reason: 'Other' });
    await clock.advance(60_000);
    expect(stored().map(({ reason }) => reason)).to.deep.equal(['Other']);
    expect(await counted()).to.deep.equal({ sent: 1, dropped: 0, failed: 1 });
  });

  it('makes one event of one whose answer was lost', async () => {
    const { clock, server, recorder, stored, counted } = setUp();
    let lost = 1;
    server.faults = () => (lost-- > 0 ? { kind: 'afterCommit', error: timeout() } : undefined);
    recorder.record(scaled);
    await clock.advance(60_000);
    expect([stored().length, await counted()]).to.deep.equal([1, { sent: 1, dropped: 0, failed: 0 }]);
  });

  it('sends one after the other while there is more important', async () => {
    let busy = true;
    const { clock, server, recorder } = setUp({ isBusy: () => busy });
    server.faults = () => ({ kind: 'delayMs', ms: 1000 });
    for (let i = 0; i < 20; i++) recorder.record({ ...scaled, reason: `R${i}` });
    await clock.advance(2500);
    expect(server.requests).to.have.length(3);
    busy = false;
    await clock.advance(500);
    expect(server.requests).to.have.length(7);
    await clock.advance(10_000);
  });

  it('says how many wait', async () => {
    const { clock, server, recorder, registry } = setUp({ senders: 1 });
    server.faults = () => ({ kind: 'delayMs', ms: 1000 });
    for (const reason of ['A', 'B', 'C']) recorder.record({ ...scaled, reason });
    await clock.advance(0);
    const metric = await registry.getSingleMetric('homeostat_events_waiting')?.get();
    expect(metric?.values[0]?.value).to.equal(2);
    await clock.advance(10_000);
  });

  it('drops and counts what does not fit, and never throws', async () => {
    const { clock, server, recorder, counted } = setUp({ capacity: 2 });
    server.faults = () => ({ kind: 'delayMs', ms: 1000 });
    for (const reason of ['A', 'B', 'C', 'D']) recorder.record({ ...scaled, reason });
    await clock.advance(10_000);
    expect(await counted()).to.deep.equal({ sent: 2, dropped: 2, failed: 0 });
  });

  it('says once that events are dropped, and again only after one was taken', async () => {
    const said: string[] = [];
    const { clock, server, recorder } = setUp({
      capacity: 1,
      logger: { ...silentLogger, warn: (message) => said.push(message) },
    });
    server.faults = () => ({ kind: 'delayMs', ms: 1000 });
    for (let i = 0; i < 100; i++) recorder.record({ ...scaled, reason: `R${i}` });
    expect(said).to.deep.equal(['events are dropped']);
    await clock.advance(2000);
    for (let i = 0; i < 100; i++) recorder.record({ ...scaled, reason: `S${i}` });
    expect(said).to.deep.equal(['events are dropped', 'events are dropped']);
    await clock.advance(10_000);
  });

  it('begins nothing more when the time to stop in is over', async () => {
    const { clock, server, recorder, counted } = setUp();
    server.faults = () => ({ kind: 'delayMs', ms: 3_600_000 });
    for (let i = 0; i < 50; i++) recorder.record({ ...scaled, reason: `R${i}` });
    const stopping = recorder.stop(2000);
    await clock.advance(2000);
    await stopping;
    expect(server.requests).to.have.length(4);
    expect(await counted()).to.deep.equal({ sent: 0, dropped: 46, failed: 4 });
  });

  it('sends what waits when it stops, but not for ever', async () => {
    const { clock, server, recorder, stored } = setUp();
    recorder.record(scaled);
    await recorder.stop();
    expect(stored()).to.have.length(1);
    recorder.record(scaled);
    expect(stored()).to.have.length(1);

    const second = setUp({ api: server, clock });
    server.faults = () => ({ kind: 'delayMs', ms: 3_600_000 });
    second.recorder.record(scaled);
    const stopping = second.recorder.stop(5000);
    await clock.advance(5000);
    await stopping;
  });
});
