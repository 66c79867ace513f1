import { expect } from 'chai';
import { timeout } from '../testing/api-errors.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Clock } from './clock.ts';
import { LeaderElection, type LeaderElectionOptions, type LeaseObject } from './lease.ts';
import { silentLogger } from './logger.ts';
import { Lease } from './resources.ts';

const at = { namespace: 'homeostat-system', name: 'homeostat' };

function setUp() {
  const clock = new FakeClock();
  const server = new ApiServer({ clock });
  const story: string[] = [];
  const begin = clock.now();
  const candidate = (identity: string, options: Partial<LeaderElectionOptions> = {}) => {
    const api = server.as(identity); // So that faults can tell the candidates apart.
    const note = (what: string) => void story.push(`${(clock.now() - begin) / 1000} ${identity} ${what}`);
    return new LeaderElection({
      api,
      ...at,
      identity,
      clock,
      random: () => 0,
      logger: silentLogger,
      onStartedLeading: () => note('leads'),
      onStoppedLeading: () => note('stops'),
      ...options,
    });
  };
  const spec = () => server.find<LeaseObject>(Lease, at)?.spec;
  const cut = (...identities: string[]) => {
    server.faults = ({ user = '' }) => (identities.includes(user) ? { kind: 'error', error: timeout() } : undefined);
  };
  return { clock, server, story, candidate, spec, cut };
}

describe('LeaderElection', () => {
  it('gets a free lease, renews it, and keeps it from the others', async () => {
    const { clock, story, candidate, spec } = setUp();
    const [a, b] = [candidate('a'), candidate('b')];
    a.start();
    await clock.settle();
    b.start();
    await clock.advance(60_000);
    expect(story).to.deep.equal(['0 a leads']);
    expect([a.isLeader(), b.isLeader(), b.holder]).to.deep.equal([true, false, 'a']);
    expect(spec()).to.deep.equal({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:01:00.000000Z',
    });
    await Promise.all([a.stop(), b.stop()]);
    expect(clock.timers).to.equal(0);
  });

  it('stops acting before another one can begin, when it is cut off', async () => {
    const { clock, story, candidate, spec, cut } = setUp();
    const [a, b] = [candidate('a'), candidate('b')];
    a.start();
    await clock.settle();
    b.start();
    await clock.advance(10_000);
    cut('a');
    for (let ms = 0; ms < 30_000; ms += 100) {
      await clock.advance(100);
      expect(a.isLeader() && b.isLeader()).to.equal(false);
    }
    // a renewed last at 10 s; b saw that at 10 s too.
    expect(story).to.deep.equal(['0 a leads', '20 a stops', '26 b leads']);
    expect(spec()?.leaseTransitions).to.equal(1);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('keeps leading through a short outage', async () => {
    const { clock, story, candidate, cut } = setUp();
    const a = candidate('a');
    a.start();
    await clock.advance(10_000);
    cut('a');
    await clock.advance(7000);
    cut();
    await clock.advance(60_000);
    expect(story).to.deep.equal(['0 a leads']);
    await a.stop();
  });

  it('does not act on an answer that comes too late, and gives up in time while a call hangs', async () => {
    const { clock, server, story, candidate } = setUp();
    const a = candidate('a');
    a.start();
    await clock.advance(1000);
    server.faults = ({ verb }) => (verb === 'replace' ? { kind: 'delayMs', ms: 12_000 } : undefined);
    await clock.advance(10_000);
    expect([a.isLeader(), story]).to.deep.equal([false, ['0 a leads', '10 a stops']]);
    server.faults = () => undefined;
    await clock.advance(20_000);
    expect(a.isLeader()).to.equal(true);
    await a.stop();
  });

  it('is no leader any more when its timers run late', async () => {
    const { candidate } = setUp();
    let nowMs = 0;
    const frozen: Clock = { now: () => 0, monotonic: () => nowMs, after: () => () => {} };
    const server = new ApiServer({ clock: frozen });
    const a = candidate('a', { api: server, clock: frozen });
    a.start();
    await new Promise(setImmediate);
    expect(a.isLeader()).to.equal(true);
    nowMs = 10_000;
    expect(a.isLeader()).to.equal(false);
    void a.stop();
  });

  it('trusts no other clock: a lease from the past or the future lasts 15 s from when it is first seen', async () => {
    for (const renewTime of ['1999-01-01T00:00:00.000000Z', '2099-01-01T00:00:00.000000Z']) {
      const { clock, server, story, candidate } = setUp();
      const lease: LeaseObject = {
        metadata: at,
        spec: { holderIdentity: 'other', leaseDurationSeconds: 15, renewTime, leaseTransitions: 3 },
      };
      server.seed(Lease, lease);
      const a = candidate('a');
      a.start();
      await clock.advance(30_000);
      expect(story).to.deep.equal(['16 a leads']);
      await a.stop();
    }
  });

  it('releases when it is stopped, after onStoppedLeading, so that the next one need not wait', async () => {
    const { clock, story, candidate, spec } = setUp();
    const draining = Promise.withResolvers<void>();
    const a = candidate('a', { onStoppedLeading: () => draining.promise });
    const b = candidate('b');
    a.start();
    await clock.settle();
    b.start();
    await clock.advance(10_000);
    const stopping = a.stop();
    await clock.advance(1000);
    expect([a.isLeader(), spec()?.holderIdentity]).to.deep.equal([false, 'a']);
    draining.resolve();
    await stopping;
    expect(spec()?.holderIdentity).to.equal('');
    await clock.advance(3000);
    expect(story).to.deep.equal(['0 a leads', '12 b leads']);
    await b.stop();
  });

  it('finds its own lease after a write whose answer was lost', async () => {
    const { clock, server, story, candidate } = setUp();
    let lost = 2;
    server.faults = ({ verb }) =>
      verb !== 'get' && lost-- > 0 ? { kind: 'afterCommit', error: timeout() } : undefined;
    const a = candidate('a');
    a.start();
    await clock.advance(60_000);
    expect([a.isLeader(), story]).to.deep.equal([true, ['4 a leads']]);
    await a.stop();
  });

  it('yields at once to somebody who took the lease over', async () => {
    const { clock, server, story, candidate } = setUp();
    const a = candidate('a');
    a.start();
    await clock.advance(1000);
    const lease = server.find<LeaseObject>(Lease, at);
    server.seed(Lease, { ...lease, metadata: at, spec: { ...lease?.spec, holderIdentity: 'thief' } });
    await clock.advance(4000);
    expect([a.isLeader(), a.holder, story]).to.deep.equal([false, 'thief', ['0 a leads', '4 a stops']]);
    await a.stop();
  });

  it('knows no holder while its own lease cannot be renewed any more', async () => {
    const { clock, server, candidate } = setUp();
    const a = candidate('a');
    a.start();
    await clock.advance(1000);
    expect(a.holder).to.equal('a');
    server.faults = ({ verb }) => (verb === 'replace' ? { kind: 'delayMs', ms: 60_000 } : undefined);
    await clock.advance(20_000);
    for (let s = 0; s < 60; s++) {
      await clock.advance(1000);
      expect([a.isLeader(), a.holder]).to.deep.equal([false, undefined]);
    }
    const stopping = a.stop();
    await clock.advance(10_000);
    await stopping;
  });

  it('knows no holder when the one it saw has let the lease expire and it cannot be taken over', async () => {
    const { clock, server, candidate } = setUp();
    const [a, b] = [candidate('a'), candidate('b')];
    a.start();
    await clock.settle();
    b.start();
    await clock.advance(10_000);
    server.faults = ({ verb }) => (verb === 'replace' ? { kind: 'error', error: timeout() } : undefined);
    await clock.advance(10_000);
    expect(b.holder).to.equal('a');
    await clock.advance(10_000);
    expect([b.isLeader(), b.holder]).to.deep.equal([false, undefined]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('survives callbacks that throw, and does not begin again before the last end was dealt with', async () => {
    const { clock, candidate, cut, story } = setUp();
    const draining = Promise.withResolvers<void>();
    let begun = 0;
    const a = candidate('a', {
      onStartedLeading: () => {
        begun++;
        throw new Error('broken');
      },
      onStoppedLeading: () => draining.promise,
    });
    a.start();
    await clock.advance(1000);
    cut('a');
    await clock.advance(20_000);
    cut();
    await clock.advance(60_000);
    expect([a.isLeader(), begun]).to.deep.equal([false, 1]);
    draining.resolve();
    await clock.advance(10_000);
    expect([a.isLeader(), begun, story]).to.deep.equal([true, 2, []]);
    await a.stop();
  });
});
