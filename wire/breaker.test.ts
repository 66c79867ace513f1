import { expect } from 'chai';
import fc from 'fast-check';
import { Breaker, trialMs } from './breaker.ts';

const limits = { failures: 3, firstMs: 100, longestMs: 1000 };

describe('Breaker', () => {
  it('opens after so many failures in a row, and a success between them begins anew', () => {
    const breaker = new Breaker(limits);
    for (const nowMs of [1, 2]) breaker.failed(nowMs);
    breaker.succeeded();
    for (const nowMs of [3, 4]) breaker.failed(nowMs);
    expect([breaker.state(4), breaker.admit(4)]).to.deep.equal(['Closed', 0]);
    breaker.failed(5);
    expect([breaker.state(5), breaker.admit(5), breaker.opened]).to.deep.equal(['Open', 100, 1]);
  });

  it('lets one try when the time is over, and how that ends decides', () => {
    const breaker = new Breaker(limits);
    for (const nowMs of [1, 1, 1]) breaker.failed(nowMs);
    expect(breaker.admit(101)).to.equal(0);
    expect([breaker.state(101), breaker.admit(101)]).to.deep.equal(['HalfOpen', trialMs]);
    breaker.failed(110);
    expect([breaker.state(110), breaker.admit(110)]).to.deep.equal(['Open', 200]);
    expect(breaker.admit(310)).to.equal(0);
    breaker.succeeded();
    expect([breaker.state(311), breaker.admit(311), breaker.admit(311)]).to.deep.equal(['Closed', 0, 0]);
  });

  it('lets another one try when the first was abandoned', () => {
    const breaker = new Breaker({ ...limits, failures: 1 });
    breaker.failed(0);
    expect(breaker.admit(100)).to.equal(0);
    breaker.abandoned();
    expect(breaker.admit(101)).to.equal(0);
  });

  it('is open for twice as long each time, up to the longest', () => {
    const breaker = new Breaker({ ...limits, failures: 1 });
    let nowMs = 0;
    const waits = Array.from({ length: 6 }, () => {
      breaker.failed(nowMs);
      const waitMs = breaker.admit(nowMs);
      nowMs += waitMs;
      breaker.admit(nowMs);
      return waitMs;
    });
    expect(waits).to.deep.equal([100, 200, 400, 800, 1000, 1000]);
  });

  it('counts those that fail together once, and obeys who says how long to wait', () => {
    const breaker = new Breaker({ ...limits, failures: 1 });
    for (let i = 0; i < 10; i++) breaker.failed(i);
    expect(breaker.admit(10)).to.equal(90 + 9);
    const asked = new Breaker(limits);
    asked.failed(0, 5000);
    expect([asked.state(1), asked.admit(1), asked.admit(5000)]).to.deep.equal(['Closed', 4999, 0]);
  });

  it('spreads the time by chance', () => {
    const breaker = new Breaker({ ...limits, failures: 1, random: () => 0.5 });
    breaker.failed(0);
    expect(breaker.admit(0)).to.equal(75);
  });

  it('whatever happens, lets only one at a time try until one succeeds', () => {
    const event = fc.oneof(
      fc.record({ is: fc.constant('wait' as const), ms: fc.nat(400) }),
      fc.record({ is: fc.constantFrom('ask' as const, 'fail' as const, 'succeed' as const), ms: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), (events) => {
        const breaker = new Breaker(limits);
        let [nowMs, underWay] = [0, 0];
        for (const { is, ms } of events) {
          nowMs += ms;
          const wasClosed = breaker.state(nowMs) === 'Closed';
          if (is === 'ask' && breaker.admit(nowMs) === 0) underWay = wasClosed ? 0 : underWay + 1;
          if (is === 'fail' || is === 'succeed') underWay = 0;
          if (is === 'fail') breaker.failed(nowMs);
          if (is === 'succeed') breaker.succeeded();
          expect(underWay).to.be.at.most(1);
          if (is === 'succeed') expect(breaker.admit(nowMs)).to.equal(0);
        }
      }),
    );
  });
});
