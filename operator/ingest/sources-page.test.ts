import { expect } from 'chai';
import { newQuality, type Quality } from './quality.ts';
import { sourcesPage } from './sources-page.ts';
import { startMs } from './testing.ts';

const nowMs = startMs + 60_000;

/** Figures of a source that was heard a second ago. */
const heard = (changes: Partial<Quality> = {}): Quality => ({
  ...newQuality(),
  lastStoredMs: nowMs - 1000,
  lastReadMs: nowMs - 1000,
  ...changes,
});

describe('sources page', () => {
  it('tells of every source, the worst first', () => {
    const page = sourcesPage(
      [
        ['agent/well', heard()],
        ['agent/skewed', heard({ skewMs: -900 })],
        ['agent/lossy', heard({ missed: 7 })],
        ['agent/late', heard({ results: { ...newQuality().results, Evaluated: 5, OutOfOrder: 2 } })],
        ['agent/silent', heard({ lastStoredMs: nowMs - 42_000, lastReadMs: nowMs - 42_000 })],
      ],
      nowMs,
      (key) => (key === 'agent/lossy' ? { infiniteSamples: 3, counterResets: 0, outliers: 1 } : undefined),
    );
    const told = JSON.parse(page) as { nowMs: number; sources: ({ source: string; stale?: object } & Quality)[] };
    expect(told.nowMs).to.equal(nowMs);
    expect(told.sources.map(({ source }) => source)).to.deep.equal([
      'agent/silent',
      'agent/lossy',
      'agent/late',
      'agent/skewed',
      'agent/well',
    ]);
    expect(told.sources[0]?.stale).to.deep.equal({ reason: 'Silent', message: 'no frame for 42 s' });
    expect(told.sources[1]).to.include({ missed: 7, skewMs: 0 });
    expect(told.sources[1]).to.deep.include({ samples: { infiniteSamples: 3, counterResets: 0, outliers: 1 } });
    expect(told.sources[1]).not.to.have.property('stale');
  });
});
