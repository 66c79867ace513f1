import { expect } from 'chai';
import type { PublisherCounts } from '../wire/publisher.ts';
import { liveness, readiness } from './probes.ts';

const counts = { ticks: 1, missedTicks: 0, urgentFrames: 0, readSeconds: 0, rows: 1 };
const publisher = (storedMs: number | undefined): PublisherCounts => ({
  frames: 0,
  keyframes: 0,
  duplicates: 0,
  overflowed: 0,
  tooLarge: 0,
  queuedFrames: 3,
  queuedBytes: 0,
  storedMs,
  failures: { Disconnected: 0, NoStream: 0, Refused: 0, TooLarge: 0, Timeout: 0 },
});

describe('agent probes', () => {
  it('is alive while it ticks', () => {
    expect(liveness({ ...counts, lastTickMs: 1000 }, 1000, 5900).ok).to.equal(true);
    expect(liveness({ ...counts, lastTickMs: 1000 }, 1000, 7000)).to.deep.equal({ ok: false, text: 'no tick for 6 s' });
  });

  it('lets a long interval be long', () =>
    expect(liveness({ ...counts, lastTickMs: 0 }, 60_000, 200_000).ok).to.equal(true));

  it('is ready between two frames of a long interval', () => {
    const at = (nowMs: number) =>
      readiness({ connected: () => true, publisher: publisher(100_000) }, undefined, nowMs, 30_000).ok;
    expect(at(131_000)).to.equal(true);
    expect(at(190_000)).to.equal(false);
  });

  const cases: [string, boolean, number | undefined, 'NoStream' | undefined, boolean, RegExp][] = [
    ['stored lately', true, 99_000, undefined, true, /ok/],
    ['not connected', false, 99_000, undefined, false, /no connection to NATS; 3 frames wait/],
    ['nothing stored yet', true, undefined, 'NoStream', false, /no frame was stored yet: NoStream/],
    ['nothing stored lately', true, 80_000, undefined, false, /no frame was stored for 20 s/],
  ];
  for (const [what, connected, storedMs, problem, ok, text] of cases)
    it(`is ${ok ? '' : 'not '}ready: ${what}`, () => {
      const found = readiness({ connected: () => connected, publisher: publisher(storedMs) }, problem, 100_000, 1000);
      expect(found.ok).to.equal(ok);
      expect(found.text).to.match(text);
    });
});
