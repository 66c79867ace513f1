import { expect } from 'chai';
import { Process } from './process.ts';
import { VirtualTime } from './virtual-time.ts';

const never = (): boolean => false;

describe('VirtualTime', () => {
  it('runs timers in the order of their time, then of arming, and what they set going before the next', async () => {
    const time = new VirtualTime();
    const startMs = time.now();
    const seen: string[] = [];
    const note = (what: string) => async () => {
      seen.push(`${what} ${time.now() - startMs}`);
      await Promise.resolve();
      seen.push(`${what}, then`);
    };
    for (const ms of [30, 10, 20, 10]) time.after(ms, () => void note(`${ms}`)());
    time.after(15, () => seen.push('cancelled'))();
    await time.runUntil(startMs + 25, never);
    expect(seen).to.deep.equal(['10 10', '10, then', '10 10', '10, then', '20 20', '20, then']);
    expect(time.now() - startMs).to.equal(25);
  });

  it('lets everything come to rest before the next timer, however many there are and however often it is run', async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    const rest = async (turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    };
    for (let index = 0; index < 300; index++) {
      const settles = async (): Promise<void> => {
        await rest(1 + (index % 7) * 10);
        seen.push(index);
      };
      time.after(index, () => void settles());
    }
    for (let run = 0; run < 30; run++) {
      await time.runUntil(time.now() + 10, never);
      expect(seen).to.have.length(Math.min(300, 10 * run + 11));
      await rest(run);
    }
    expect(seen).to.deep.equal(Array.from({ length: 300 }, (_, index) => index));
  });

  it('stands still as soon as it is over', async () => {
    const time = new VirtualTime();
    const startMs = time.now();
    let isOver = false;
    time.after(5, () => (isOver = true));
    await time.runUntil(startMs + 100, () => isOver);
    expect(time.now() - startMs).to.equal(5);
  });
});

describe('a process', () => {
  const begin = (): { time: VirtualTime; process: Process; seen: string[]; run: (ms: number) => Promise<void> } => {
    const time = new VirtualTime();
    return {
      time,
      process: new Process(time, 500),
      seen: [],
      run: (ms) => time.runUntil(time.now() + ms, never),
    };
  };

  it('has a date of its own, and durations that are right', () => {
    const { time, process } = begin();
    expect(process.now() - time.now()).to.equal(500);
    expect(process.monotonic()).to.equal(time.now());
  });

  it('that stands still gets everything when it goes on, in order', async () => {
    const { process, seen, run } = begin();
    process.pause();
    process.after(10, () => seen.push('timer'));
    process.deliver(() => seen.push('answer'));
    await run(50);
    expect(seen).to.deep.equal([]);
    process.deliver(() => void Promise.resolve().then(() => seen.push('what the last sets going')));
    process.resume();
    process.deliver(() => seen.push('later'));
    await run(0);
    expect(seen).to.deep.equal(['answer', 'timer', 'what the last sets going', 'later']);
  });

  it('that is dead gets nothing any more', async () => {
    const { process, seen, run } = begin();
    process.onDeath(() => seen.push('dead'));
    process.after(10, () => seen.push('timer'));
    process.kill();
    process.deliver(() => seen.push('answer'));
    await run(50);
    expect(seen).to.deep.equal(['dead']);
  });
});
