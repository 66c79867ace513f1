import { expect } from 'chai';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  it('runs timers in order of their time, also those armed on the way, and promises in between', async () => {
    const clock = new FakeClock(0);
    const ran: string[] = [];
    const note = (what: string) => ran.push(`${clock.now()} ${what}`);
    clock.after(20, () => note('c'));
    clock.after(10, () => {
      note('a');
      clock.after(5, () => note('b'));
      void Promise.resolve().then(() => note('promise'));
    });
    clock.after(20, () => note('d'));
    clock.after(31, () => note('late'));
    clock.after(15, () => note('cancelled'))();
    await clock.advance(30);
    expect(ran).to.deep.equal(['10 a', '10 promise', '15 b', '20 c', '20 d']);
    expect([clock.now(), clock.timers]).to.deep.equal([30, 1]);
  });

  it('settles what needs no time, however long the chain', async () => {
    const clock = new FakeClock();
    let steps = 0;
    void (async () => {
      for (; steps < 1000; steps++) await Promise.resolve();
    })();
    await clock.settle();
    expect(steps).to.equal(1000);
  });
});
