import { expect } from 'chai';
import type { Load, StormRecord } from './decision.ts';
import { stormAt, type StormLimits } from './storm.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const at = (seconds: number): string => new Date(nowMs + seconds * 1000).toISOString();
const limits = (above: number | string): StormLimits => ({ above, clearSeconds: 600, observeSeconds: 0 });
const load = (firing: number, matched = 1000): Load => ({ firing, matched });

describe('stormAt', () => {
  const table: [
    what: string,
    above: number | string,
    load: Load | undefined,
    before: StormRecord | undefined,
    is: string,
    record: StormRecord | undefined,
  ][] = [
    ['as many as allowed', '30%', load(300), undefined, 'Calm', undefined],
    ['one more', '30%', load(301), undefined, 'Storm', { since: at(0) }],
    ['a number', 5, load(6), undefined, 'Storm', { since: at(0) }],
    ['a share of few is at least 1', '30%', load(1, 2), undefined, 'Calm', undefined],
    ['2 of 2', '30%', load(2, 2), undefined, 'Storm', { since: at(0) }],
    ['0% allows none', '0%', load(1), undefined, 'Storm', { since: at(0) }],
    ['it goes on', '30%', load(400), { since: at(-60) }, 'Storm', { since: at(-60) }],
    ['it ends', '30%', load(10), { since: at(-60) }, 'Clearing', { since: at(-60), until: at(600) }],
    [
      'it has ended, not long ago',
      '30%',
      load(0),
      { since: at(-60), until: at(1) },
      'Clearing',
      { since: at(-60), until: at(1) },
    ],
    ['it has ended long enough ago', '30%', load(0), { since: at(-60), until: at(0) }, 'Calm', undefined],
    ['it comes back while it clears', '30%', load(400), { since: at(-60), until: at(1) }, 'Storm', { since: at(-60) }],
    ['a restart: nothing is known yet', '30%', undefined, { since: at(-60) }, 'Unknown', { since: at(-60) }],
    ['a limit that cannot be read', 'many', load(0), { since: at(-60) }, 'Unknown', { since: at(-60) }],
  ];
  for (const [what, above, given, before, is, record] of table)
    it(`${what}: ${is}`, () => {
      const found = stormAt(limits(above), given, before, nowMs);
      expect({ is: found.is, record: found.record }).to.deep.equal({ is, record });
    });

  it('says its numbers', () => {
    expect(stormAt(limits('30%'), load(412), undefined, nowMs).message).to.equal(
      '412 of 1000 targets fire, more than 300; it goes on 600 s after that is over',
    );
  });
});
