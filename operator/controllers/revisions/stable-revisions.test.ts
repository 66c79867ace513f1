import { expect } from 'chai';
import { FakeClock } from '../../testing/fake-clock.ts';
import { StableRevisions, stableMs, type RevisionKey } from './stable-revisions.ts';

const key: RevisionKey = ['uid-rs', ''];

describe('the revisions that were available', () => {
  /** Seconds pass; `+` a pod becomes ready, `-` the first of those that are is not any more. */
  const table: [what: string, story: readonly (number | '+' | '-')[], expected: boolean][] = [
    ['a pod that was never ready', [600], false],
    ['a pod that is ready for too short yet', ['+', 59], false],
    ['a pod that is ready for a minute', ['+', 60], true],
    ['a pod that was', ['+', 60, '-', 600], true],
    ['a pod that is ready for a moment again and again', ['+', 5, '-', 30, '+', 5, '-', 30, '+', 5, '-', 600], false],
    ['two pods, one of which is always ready', ['+', 40, '+', 10, '-', 10, '-'], true],
    ['two pods, none of which is in between', ['+', 40, '-', 1, '+', 40, '-'], false],
  ];
  for (const [what, story, expected] of table)
    it(`${expected ? 'are those' : 'are none'} of ${what}`, async () => {
      const clock = new FakeClock();
      const revisions = new StableRevisions(clock);
      let ready = 0;
      for (const step of story) {
        if (typeof step === 'string') ready += step === '+' ? 1 : -1;
        if (step === '+') revisions.podReady(key);
        else if (step === '-') revisions.podUnready(key);
        else await clock.advance(step * 1000);
      }
      expect(revisions.ready('uid-rs')).to.equal(ready);
      expect(revisions.has(key)).to.equal(expected);
      expect(revisions.of('uid-rs')).to.deep.equal(expected ? [key] : []);
    });

  it('are known when another process has seen them, and until their controller is gone', async () => {
    const clock = new FakeClock();
    const revisions = new StableRevisions(clock);
    revisions.restore(['uid-db', 'db-1']);
    revisions.podReady(['uid-db', 'db-2']);
    await clock.advance(stableMs);
    expect(revisions.of('uid-db')).to.deep.equal([
      ['uid-db', 'db-1'],
      ['uid-db', 'db-2'],
    ]);
    revisions.forget('uid-db');
    revisions.podUnready(['uid-db', 'db-2']);
    expect(revisions.of('uid-db')).to.deep.equal([]);
  });
});
