import { expect } from 'chai';
import * as fc from 'fast-check';
import { SourceClock, type StreamTime } from './source-clock.ts';

const start = Date.UTC(2026, 0, 1);

/** Frames a second apart, under way for `delayMs`, from a clock that is wrong by `errorMs` (positive: ahead). */
function run(clock: SourceClock, fromSecond: number, count: number, errorMs: number, delayMs = 3): StreamTime[] {
  return Array.from({ length: count }, (_, i) => {
    const trueMs = start + (fromSecond + i) * 1000;
    return clock.read(trueMs + errorMs, trueMs + delayMs);
  });
}
const faults = (times: readonly StreamTime[]) => times.map(({ fault }) => fault ?? '-').join(' ');

describe('SourceClock', () => {
  it('leaves a good clock alone, so that the time under way can be seen', () => {
    const times = run(new SourceClock(), 0, 100, 0, 40);
    expect(times.map(({ atMs }) => (atMs - start) % 1000)).to.deep.equal(Array(100).fill(0));
    expect(faults(times)).not.to.match(/[A-Z]/);
  });

  it('bounds one frame from the future and forgets it', () => {
    const clock = new SourceClock();
    run(clock, 0, 5, 0);
    expect(run(clock, 5, 1, 86_400_000)).to.deep.equal([{ atMs: start + 5003, fault: 'Future' }]);
    expect(run(clock, 6, 3, 0).map(({ atMs }) => atMs - start)).to.deep.equal([6000, 7000, 8000]);
  });

  it('believes a clock that was set ahead after three frames that agree', () => {
    const clock = new SourceClock();
    run(clock, 0, 5, 0);
    const times = run(clock, 5, 5, 300_000);
    expect(faults(times)).to.equal('Future Future - - -');
    expect(times.map(({ atMs }) => atMs - start)).to.deep.equal([5003, 6003, 7003, 8003, 9003]);
    expect(clock.skewMs).to.equal(-299_997);
  });

  it('does not believe frames from the future that disagree', () => {
    const clock = new SourceClock();
    run(clock, 0, 5, 0);
    const times = [1e7, 2e7, 3e7, 4e7].flatMap((error, i) => run(clock, 5 + i, 1, error));
    expect(faults(times)).to.equal('Future Future Future Future');
    expect(clock.correctionMs).to.equal(0);
  });

  it('believes a clock that was set back', () => {
    const clock = new SourceClock();
    run(clock, 0, 30, 0);
    const times = run(clock, 30, 5, -3_600_000);
    expect(faults(times)).to.equal('Backwards Backwards - - -');
    expect(times.map(({ atMs }) => atMs - start)).to.deep.equal([30_003, 31_003, 32_003, 33_003, 34_003]);
  });

  it('finds within half a minute that a clock is behind', () => {
    const clock = new SourceClock();
    const times = run(clock, 0, 40, -120_000);
    expect(times[29]).to.deep.equal({ atMs: start + 29_000 - 120_000, fault: 'Late' });
    expect(times[35]).to.deep.equal({ atMs: start + 35_003 });
  });

  it('keeps the times of frames that a sender had to hold back', () => {
    const clock = new SourceClock();
    run(clock, 0, 30, 0);
    const flushed = start + 90_000;
    const times = Array.from({ length: 60 }, (_, i) => clock.read(start + (30 + i) * 1000, flushed + i));
    expect(times.map(({ atMs }) => (atMs - start) / 1000)).to.deep.equal(Array.from({ length: 60 }, (_, i) => 30 + i));
    expect([times[0]?.fault, times[59]?.fault]).to.deep.equal(['Late', undefined]);
    expect(clock.correctionMs).to.equal(0);
  });

  it('does not take a slow queue for a slow clock longer than the queue is slow', () => {
    const clock = new SourceClock();
    run(clock, 0, 60, 0, 4000);
    expect(clock.correctionMs).to.equal(4000);
    run(clock, 60, 1, 0, 5);
    expect(clock.correctionMs).to.equal(0);
  });

  it('tells times that never run back and are never after the storing, whatever a sender writes', () => {
    const captured = fc.oneof(fc.double(), fc.integer({ min: start - 1e7, max: start + 1e7 }), fc.constant(Infinity));
    fc.assert(
      fc.property(fc.array(fc.tuple(captured, fc.nat(5000)), { maxLength: 50 }), (frames) => {
        const clock = new SourceClock();
        let storedMs = start;
        let lastMs = -Infinity;
        for (const [capturedMs, passed] of frames) {
          storedMs += passed;
          const { atMs } = clock.read(capturedMs, storedMs);
          expect(atMs).to.be.at.least(lastMs).and.at.most(storedMs);
          lastMs = atMs;
        }
      }),
    );
  });
});
