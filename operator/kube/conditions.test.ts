import { expect } from 'chai';
import type { Condition } from './api.ts';
import { findCondition, isTrue, setCondition } from './conditions.ts';

const start = Date.parse('2026-01-31T08:00:00.700Z');
const ready = { type: 'Ready', status: 'True', reason: 'Synced', message: '', observedGeneration: 1 } as const;

describe('setCondition', () => {
  it('adds a missing condition with a whole-second time', () => {
    const conditions: Condition[] = [];
    expect(setCondition(conditions, ready, start)).to.equal(true);
    expect(conditions).to.deep.equal([{ ...ready, lastTransitionTime: '2026-01-31T08:00:00Z' }]);
  });

  const cases = [
    { name: 'nothing when equal', change: ready, changed: false, moves: false },
    { name: 'a reason without moving the time', change: { ...ready, reason: 'Other' }, changed: true, moves: false },
    { name: 'a message without moving the time', change: { ...ready, message: 'x' }, changed: true, moves: false },
    {
      name: 'a generation without moving the time',
      change: { ...ready, observedGeneration: 2 },
      changed: true,
      moves: false,
    },
    { name: 'the status and the time', change: { ...ready, status: 'Unknown' as const }, changed: true, moves: true },
  ];
  for (const { name, change, changed, moves } of cases) {
    it(`changes ${name}`, () => {
      const conditions: Condition[] = [];
      setCondition(conditions, ready, start);
      expect(setCondition(conditions, change, start + 60_000)).to.equal(changed);
      const lastTransitionTime = moves ? '2026-01-31T08:01:00Z' : '2026-01-31T08:00:00Z';
      expect(conditions).to.deep.equal([{ ...change, lastTransitionTime }]);
    });
  }

  it('leaves the other conditions alone and cuts a message at the API limit', () => {
    const conditions: Condition[] = [];
    setCondition(conditions, ready, start);
    setCondition(conditions, { ...ready, type: 'Firing', status: 'False', message: 'x'.repeat(40_000) }, start);
    expect(conditions.map(({ type }) => type)).to.deep.equal(['Ready', 'Firing']);
    expect(findCondition(conditions, 'Firing')?.message).to.have.length(32_768);
    expect([isTrue(conditions, 'Ready'), isTrue(conditions, 'Firing'), isTrue(undefined, 'Ready')]).to.deep.equal([
      true,
      false,
      false,
    ]);
  });
});
