import { expect } from 'chai';
import { untilReached } from './until-reached.ts';

describe('untilReached', () => {
  /** Answers these one after the other, and the last one for ever. */
  const answers = (...counts: readonly number[]): (() => Promise<number>) => {
    let asked = 0;
    return () => Promise.resolve(counts[Math.min(asked++, counts.length - 1)] ?? 0);
  };
  const waiting = (said: string[], patienceMs: number) => ({
    what: 'pods',
    patienceMs,
    everyMs: 1,
    say: (words: string) => said.push(words),
  });

  it('waits for as long as there are more', async () => {
    const said: string[] = [];
    await untilReached(3, answers(0, 0, 1, 1, 3), waiting(said, 60_000));
    expect(said).to.deep.equal(['0 of 3 pods', '1 of 3 pods', '3 of 3 pods']);
  });

  it('gives up when it stands still, and says where', async () => {
    const failure: unknown = await untilReached(3, answers(0, 2, 1), waiting([], 5)).catch((error: unknown) => error);
    expect(String(failure)).to.match(/[12] of 3 pods, and no more in 0.005 s/);
  });
});
