import { expect } from 'chai';
import type { Remediation } from '../../../crds/remediation.ts';
import { Line } from './line.ts';

type Stand = 'New' | 'Waiting' | 'Paused' | 'Reserved' | 'Begun' | 'Finished';

const blocked: Partial<Record<Stand, [status: string, reason: string]>> = {
  Waiting: ['True', 'MaxConcurrent'],
  Paused: ['True', 'Paused'],
  Reserved: ['Unknown', 'Reserved'],
  Begun: ['False', 'Admitted'],
  Finished: ['False', 'Ended'],
};

/** Created `place` seconds after midnight. */
function remediation(place: number, stand: Stand, plan = 'plan'): Remediation {
  const [status, reason] = blocked[stand] ?? [];
  const conditions =
    status === undefined ? [] : [{ type: 'Blocked', status, reason, message: '', lastTransitionTime: '' }];
  const creationTimestamp = `2026-01-01T00:00:${String(place).padStart(2, '0')}Z`;
  return {
    metadata: { name: `r${place}`, namespace: 'shop', uid: `uid-${place}`, creationTimestamp },
    spec: { mode: 'Enforce', planRef: { name: plan, uid: plan, generation: 1 } },
    status: {
      conditions,
      ...(stand === 'Begun' || stand === 'Finished' ? { startedTime: creationTimestamp } : {}),
      ...(stand === 'Finished' ? { finishedTime: creationTimestamp } : {}),
    },
  } as unknown as Remediation;
}

describe('the line of those that wait for a place', () => {
  const waiting = Array.from({ length: 9 }, (_, i) => remediation(10 + i, 'Waiting'));
  const move = (from: Stand, to: Stand | 'Gone', all = waiting): string[] => {
    const line = new Line();
    const key = 'shop/r1';
    for (const other of all) line.changed(`shop/${other.metadata.name}`, other, 'Seen');
    line.changed(key, remediation(1, from), 'Seen');
    return line.changed(key, to === 'Gone' ? undefined : remediation(1, to), 'Seen');
  };
  const first = ['shop/r10', 'shop/r11'];

  const table: [from: Stand, to: Stand | 'Gone', wakes: boolean][] = [
    ['New', 'Waiting', false],
    ['New', 'Reserved', false],
    ['Waiting', 'Reserved', false],
    ['Reserved', 'Waiting', true],
    ['Reserved', 'Begun', true],
    ['Reserved', 'Reserved', false],
    ['Begun', 'Begun', false],
    ['Begun', 'Finished', true],
    ['Begun', 'Gone', true],
    ['Finished', 'Gone', false],
  ];
  for (const [from, to, wakes] of table) {
    it(`${from} -> ${to} wakes ${wakes ? 'the first two' : 'nobody'}`, () => {
      expect(move(from, to)).to.deep.equal(wakes ? first : []);
    });
  }

  it('is woken once more when the watch tells of what was written, and not again', () => {
    const line = new Line();
    for (const other of waiting) line.changed(`shop/${other.metadata.name}`, other, 'Seen');
    line.changed('shop/r1', remediation(1, 'Begun'), 'Seen');
    const changes = ['Written', 'Written', 'Echo', 'Seen'] as const;
    const woken = changes.map((change) => line.changed('shop/r1', remediation(1, 'Finished'), change));
    expect(woken).to.deep.equal([first, [], first, []]);
  });

  it('wakes nobody who waits for something else', () => {
    expect(move('Begun', 'Finished', [remediation(10, 'Paused'), remediation(11, 'Finished')])).to.deep.equal([]);
  });

  it('lets no other plan’s line hide its own', () => {
    const other = waiting.map(({ metadata }) => remediation(Number(metadata.name.slice(1)) - 5, 'Waiting', 'other'));
    expect(move('Begun', 'Finished', [...other, ...waiting])).to.include.members(first);
  });
});
