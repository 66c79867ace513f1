import { expect } from 'chai';
import fc from 'fast-check';
import { initial, step, type Condition, type Standing } from './standing.ts';

const timing = { forMs: 10, clearForMs: 20 };
const at = (state: Standing['state'], held: Standing['held'] = state as Standing['held']): Standing => ({
  state,
  sinceMs: 100,
  firstSampleMs: held === 'Inactive' ? NaN : 90,
  held,
});

describe('standing', () => {
  /** State (held state), condition, time since it began -> state (held state). */
  for (const [state, held, condition, afterMs, next, nextHeld, same] of [
    ['Inactive', 'Inactive', 'False', 50, 'Inactive', 'Inactive', true],
    ['Inactive', 'Inactive', 'True', 50, 'Pending', 'Pending', false],
    ['Inactive', 'Inactive', 'Unknown', 50, 'Unknown', 'Inactive', false],
    ['Pending', 'Pending', 'False', 5, 'Inactive', 'Inactive', false],
    ['Pending', 'Pending', 'True', 9, 'Pending', 'Pending', true],
    ['Pending', 'Pending', 'True', 10, 'Firing', 'Firing', false],
    ['Pending', 'Pending', 'Unknown', 50, 'Unknown', 'Pending', false],
    ['Firing', 'Firing', 'True', 50, 'Firing', 'Firing', true],
    ['Firing', 'Firing', 'False', 50, 'Clearing', 'Clearing', false],
    ['Firing', 'Firing', 'Unknown', 50, 'Unknown', 'Firing', false],
    ['Clearing', 'Clearing', 'False', 19, 'Clearing', 'Clearing', true],
    ['Clearing', 'Clearing', 'False', 20, 'Inactive', 'Inactive', false],
    ['Clearing', 'Clearing', 'True', 5, 'Firing', 'Firing', false],
    ['Clearing', 'Clearing', 'Unknown', 50, 'Unknown', 'Clearing', false],
    ['Unknown', 'Inactive', 'Unknown', 50, 'Unknown', 'Inactive', true],
    ['Unknown', 'Inactive', 'False', 50, 'Inactive', 'Inactive', false],
    ['Unknown', 'Inactive', 'True', 50, 'Pending', 'Pending', false],
    ['Unknown', 'Pending', 'False', 50, 'Inactive', 'Inactive', false],
    // Time that was not watched does not count.
    ['Unknown', 'Pending', 'True', 50, 'Pending', 'Pending', false],
    ['Unknown', 'Firing', 'True', 50, 'Firing', 'Firing', false],
    ['Unknown', 'Firing', 'False', 50, 'Clearing', 'Clearing', false],
    ['Unknown', 'Clearing', 'True', 50, 'Firing', 'Firing', false],
    ['Unknown', 'Clearing', 'False', 50, 'Clearing', 'Clearing', false],
    ['Unknown', 'Clearing', 'Unknown', 50, 'Unknown', 'Clearing', true],
  ] as const)
    it(`${state}${state === 'Unknown' ? ` (${held})` : ''} + ${condition} after ${afterMs} ms -> ${next}`, () => {
      const before = at(state, held);
      const after = step(before, condition, 100 + afterMs, timing);
      expect(after).to.include({ state: next, held: nextHeld });
      expect(after === before, 'the same object').to.equal(same);
      expect(after.sinceMs).to.equal(same ? 100 : 100 + afterMs);
    });

  it('with forMs 0 fires at once, with clearForMs 0 is clear at once', () => {
    const now = { forMs: 0, clearForMs: 0 };
    const firing = step(initial(0), 'True', 5, now);
    expect(firing).to.deep.equal({ state: 'Firing', sinceMs: 5, firstSampleMs: 5, held: 'Firing' });
    expect(step(firing, 'False', 6, now)).to.include({ state: 'Inactive', sinceMs: 6 });
  });

  it('remembers when the episode began until it is over', () => {
    const conditions: [Condition, number][] = [
      ['True', 1],
      ['True', 11],
      ['False', 12],
      ['True', 13],
      ['Unknown', 14],
      ['True', 15],
    ];
    let standing = initial(0);
    for (const [condition, ms] of conditions) {
      standing = step(standing, condition, ms, timing);
      expect(standing.firstSampleMs).to.equal(1);
    }
    standing = step(step(standing, 'False', 20, timing), 'False', 40, timing);
    expect(standing.state).to.equal('Inactive');
    expect(standing.firstSampleMs).to.be.NaN;
  });

  it('never fires before the condition has held for forMs without a break, whatever happens', () => {
    const change = fc.record({ condition: fc.constantFrom<Condition>('True', 'False', 'Unknown'), ms: fc.nat(15) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        let standing = initial(0);
        let nowMs = 0;
        let heldSinceMs: number | undefined;
        for (const { condition, ms } of changes) {
          nowMs += ms;
          heldSinceMs = condition === 'True' ? (heldSinceMs ?? nowMs) : undefined;
          const before = standing;
          standing = step(standing, condition, nowMs, timing);
          const begins = standing.state === 'Firing' && (before.state === 'Pending' || before.held === 'Inactive');
          if (begins) expect(nowMs - (heldSinceMs ?? nowMs)).to.be.at.least(timing.forMs);
          if (condition === 'Unknown') expect(standing.state).to.equal('Unknown');
          else expect(standing.state).not.to.equal('Unknown');
          expect(Number.isNaN(standing.firstSampleMs)).to.equal(standing.held === 'Inactive');
        }
      }),
    );
  });
});
