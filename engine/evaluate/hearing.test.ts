import { expect } from 'chai';
import fc from 'fast-check';
import { FrameLog } from './frame-log.ts';
import { Hearing, Teller } from './hearing.ts';

const slots = 6;
const waitingMs = 50;

/** What sources do: they are connected to some slots, or not any more, and tell of those that are not left out. */
const happening = fc.oneof(
  { weight: 2, arbitrary: fc.record({ source: fc.nat(2), to: fc.array(fc.nat(slots - 1), { maxLength: 4 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      source: fc.nat(2),
      tMs: fc.nat(200),
      without: fc.constantFrom(-1, -1, 0, 1),
      looks: fc.nat(3),
    }),
  },
);

describe('Hearing', () => {
  it('knows the newest time of each slot, whoever told of it and however', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(happening, { maxLength: 40, size: 'max' }), (isOneByOne, all) => {
        const hearing = new Hearing(isOneByOne);
        hearing.grow(slots);
        const newestMs = new Map<number, number>();
        for (let slot = 0; slot < slots; slot++) hearing.reset(slot, waitingMs);
        const sources = Array.from({ length: 3 }, (_, i) => {
          const log = new FrameLog(`source-${i}`);
          return { log, teller: new Teller(log), to: new Int32Array(0) };
        });
        for (const event of all) {
          const source = sources[event.source];
          if (source === undefined) continue;
          if ('to' in event) {
            const before = source.to;
            source.teller = new Teller(source.log);
            source.to = Int32Array.from(event.to);
            for (const slot of source.to) hearing.addRow(slot, source.teller);
            for (const slot of before) hearing.removeRow(slot);
            continue;
          }
          const { teller, to } = source;
          const values = Float64Array.from(to, (_, i) => (i === event.without ? NaN : 1));
          hearing.take(teller, !values.includes(NaN), to, values, to.length, event.tMs);
          for (const [i, slot] of to.entries()) {
            if (i === event.looks) hearing.toldBy(slot, teller);
            if (i !== event.without) newestMs.set(slot, Math.max(event.tMs, newestMs.get(slot) ?? waitingMs));
          }
          for (let slot = 0; slot < slots; slot++) {
            expect(hearing.lastMs(slot), `slot ${slot}`).to.equal(newestMs.get(slot) ?? waitingMs);
            expect(hearing.isHeard(slot), `slot ${slot}`).to.equal(newestMs.has(slot));
            if (isOneByOne) expect(hearing.ownMs[slot]).to.equal(newestMs.get(slot) ?? waitingMs);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('says who told of a slot last, and how many rows do', () => {
    const hearing = new Hearing(false);
    hearing.grow(1);
    hearing.reset(0, waitingMs);
    expect(hearing.log(0)).to.be.undefined;
    const [one, other] = [new Teller(new FrameLog('one')), new Teller(new FrameLog('other'))];
    for (const teller of [one, other]) hearing.addRow(0, teller);
    expect([hearing.log(0)?.key, hearing.rows(0)]).to.deep.equal(['other', 2]);
    hearing.toldBy(0, one);
    hearing.removeRow(0);
    expect([hearing.log(0)?.key, hearing.rows(0)]).to.deep.equal(['one', 1]);
  });
});
