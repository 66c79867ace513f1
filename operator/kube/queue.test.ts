import { expect } from 'chai';
import { FakeClock } from '../testing/fake-clock.ts';
import { WorkQueue, type WorkQueueOptions } from './queue.ts';

/** A queue whose work waits for `finish()`, and a record of what ran when. */
function setUp(options: Partial<WorkQueueOptions> = {}) {
  const clock = new FakeClock(0);
  const ran: [key: string, atMs: number][] = [];
  const open: (() => void)[] = [];
  const work = async (key: string) => {
    ran.push([key, clock.now()]);
    await new Promise<void>((resolve) => open.push(resolve));
  };
  const queue = new WorkQueue({ work, clock, jitter: 0, ...options });
  const finish = async () => {
    open.shift()?.();
    await clock.settle();
  };
  return { clock, ran, queue, finish };
}

describe('WorkQueue', () => {
  it('runs a key once for many additions, and once more for additions while it runs', async () => {
    const { clock, ran, queue, finish } = setUp();
    for (let i = 0; i < 3; i++) queue.add('a');
    await clock.settle();
    for (let i = 0; i < 3; i++) queue.add('a');
    expect(ran).to.have.length(1);
    await finish();
    expect(ran).to.have.length(2);
    await finish();
    expect(ran).to.have.length(2);
  });

  it('works on different keys at once, up to the number of workers, in order of arrival', async () => {
    const { ran, queue, finish, clock } = setUp({ workers: 2 });
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await clock.advance(70);
    expect([ran.map(([key]) => key).join(''), queue.depth, queue.active, queue.ageMs]).to.deep.equal(['ab', 2, 2, 70]);
    await finish();
    expect(ran.map(([key]) => key).join('')).to.equal('abc');
  });

  it('works on urgent keys before the others, also on one that waited or ran already, each once', async () => {
    const { ran, queue, finish, clock } = setUp({ workers: 1 });
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await clock.advance(70);
    queue.add('d', true);
    queue.add('e', true);
    queue.add('e');
    queue.add('a', true);
    queue.add('a');
    expect([queue.depth, queue.ageMs]).to.deep.equal([4, 70]);
    for (let i = 0; i < 6; i++) await finish();
    expect(ran.map(([key]) => key).join('')).to.equal('adeabc');
    expect(queue.depth).to.equal(0);
  });

  it('keeps the earliest of several appointments and leaves no timer behind', async () => {
    const { clock, ran, queue, finish } = setUp();
    queue.addAfter('a', 100);
    queue.addAfter('a', 10);
    queue.addAfter('a', 500);
    expect(clock.timers).to.equal(1);
    await clock.advance(10);
    await finish();
    await clock.advance(1000);
    expect(ran).to.deep.equal([['a', 10]]);
  });

  it('backs off from failures, up to a limit, forgets them after a success, and keeps the wished interval', async () => {
    let left = 4;
    const errors: unknown[] = [];
    const at: number[] = [];
    const clock = new FakeClock(0);
    const queue = new WorkQueue({
      clock,
      baseMs: 10,
      maxMs: 50,
      jitter: 0,
      onError: (key, error, failures, retryInMs) => errors.push([key, String(error), failures, retryInMs]),
      work: async () => {
        at.push(clock.now());
        if (left-- > 0 || at.length === 7) throw new Error('no');
        return 1000;
      },
    });
    queue.add('a');
    await clock.advance(3000);
    expect(at).to.deep.equal([0, 10, 30, 70, 120, 1120, 2120, 2130]);
    expect(errors.slice(0, 2)).to.deep.equal([
      ['a', 'Error: no', 1, 10],
      ['a', 'Error: no', 2, 20],
    ]);
    expect(errors.at(-1)).to.deep.equal(['a', 'Error: no', 1, 10]);
  });

  it('waits about as long as it has been failing, however often it was added meanwhile', async () => {
    let isWell = false;
    const at: number[] = [];
    const clock = new FakeClock(0);
    const queue = new WorkQueue({
      clock,
      baseMs: 100,
      jitter: 0,
      work: () => (at.push(clock.now()), isWell ? Promise.resolve() : Promise.reject(new Error('no'))),
    });
    for (let i = 0; i < 10; i++) {
      queue.add('a');
      await clock.advance(10);
    }
    expect(at).to.deep.equal([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    await clock.advance(100);
    expect(at.slice(10)).to.deep.equal([190]);
    isWell = true;
    await clock.advance(200);
    expect(at.slice(11)).to.deep.equal([390]);
  });

  it('spreads retries by jitter', async () => {
    const delays: number[] = [];
    const clock = new FakeClock(0);
    const queue = new WorkQueue({
      clock,
      baseMs: 100,
      jitter: 0.5,
      random: () => 0.5,
      onError: (_key, _error, _failures, retryInMs) => delays.push(retryInMs),
      work: () => Promise.reject(new Error('no')),
    });
    queue.add('a');
    await clock.advance(0);
    expect(delays).to.deep.equal([125]);
  });

  it('survives a reporter that throws', async () => {
    const clock = new FakeClock(0);
    let runs = 0;
    const queue = new WorkQueue({
      clock,
      work: async () => {
        runs++;
        throw new Error('no');
      },
      onError: () => {
        throw new Error('broken reporter');
      },
    });
    queue.add('a');
    await clock.advance(100);
    expect(runs).to.be.greaterThan(2);
  });

  it('drains on close: running work ends, waiting work does not start, nothing is taken', async () => {
    const { clock, ran, queue, finish } = setUp({ workers: 1 });
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    let closed = false;
    const closing = queue.close().then(() => (closed = true));
    queue.add('d');
    await clock.advance(100);
    expect(closed).to.equal(false);
    await finish();
    await closing;
    expect([ran.map(([key]) => key), clock.timers]).to.deep.equal([['a'], 0]);
  });
});
