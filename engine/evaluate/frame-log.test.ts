import { expect } from 'chai';
import fc from 'fast-check';
import { FrameLog } from './frame-log.ts';

describe('FrameLog', () => {
  it('answers a frame that is old enough, and not much older', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 3000, size: 'max' }),
        fc.integer({ min: 0, max: 3_600_000 }),
        (steps, backMs) => {
          const log = new FrameLog('agent/a');
          const times: number[] = [];
          let nowMs = 1e12;
          for (const [index, stepMs] of steps.entries()) {
            nowMs += stepMs;
            times.push(nowMs);
            log.note(index + 1, nowMs);
          }
          const askedMs = nowMs - backMs;
          const found = times[log.sequenceAt(askedMs) - 1] ?? NaN;
          const isKnown = backMs < 3_500_000 && askedMs >= (times[0] ?? 0);
          if (!isKnown) return;
          expect(found).to.be.at.most(askedMs);
          // A frame may be 5 s apart from the next here, and one a minute is kept of those that are old.
          expect(askedMs - found).to.be.at.most(backMs < 55_000 ? 6_000 : 65_000);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('begins anew with the sequences of a restarted sender', () => {
    const log = new FrameLog('agent/a');
    for (let i = 1; i <= 10; i++) log.note(i, i * 1000);
    log.note(1, 11_000);
    expect(log.sequenceAt(5000)).to.equal(1);
    expect(log.lastSequence).to.equal(1);
  });
});
