import { expect } from 'chai';
import * as fc from 'fast-check';
import { SequenceWindow } from './sequence-window.ts';

describe('SequenceWindow', () => {
  const cases: [name: string, sequences: number[], answers: (number | string)[]][] = [
    ['counts on', [1, 2, 3], [0, 0, 0]],
    ['starts anywhere', [5000, 5001], [0, 0]],
    ['counts what is left out', [1, 2, 5], [0, 0, 2]],
    ['knows a number that comes twice', [1, 2, 2, 1], [0, 0, 'Duplicate', 'Duplicate']],
    ['knows a number that comes late, and then twice', [1, 3, 2, 2], [0, 1, 'OutOfOrder', 'Duplicate']],
    ['forgets what is 64 back', [1, 3, 66, 2], [0, 1, 62, 'Duplicate']],
    ['clears its memory after a long jump', [1, 1000, 999], [0, 998, 'OutOfOrder']],
    ['takes an absurd number at once', [1, 2 ** 52], [0, 2 ** 52 - 2]],
  ];
  for (const [name, sequences, answers] of cases) {
    it(name, () => {
      const window = new SequenceWindow();
      expect(sequences.map((sequence) => window.take(sequence))).to.deep.equal(answers);
    });
  }

  it('accounts for every number once, in any order within its memory', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(60).keys()].map((i) => i + 1)), (sequences) => {
        const window = new SequenceWindow();
        const first = sequences[0] ?? 1;
        let missed = 0;
        let late = 0;
        for (const sequence of sequences) {
          const answer = window.take(sequence);
          expect(answer).not.to.equal('Duplicate');
          if (typeof answer === 'number') missed += answer;
          else if (sequence > first) late++;
        }
        const after = sequences.filter((sequence) => sequence > first).length;
        expect(missed - late).to.equal(Math.max(...sequences, first) - first - after);
      }),
    );
  });
});
