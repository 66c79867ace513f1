import { expect } from 'chai';
import { Features, recordSize, scoreAll, type Habits } from './record.ts';

const both = { upper: true, lower: true };
const habitsOf = (habits: Partial<Habits>): Habits => ({
  tails: [both, both],
  learning: Uint16Array.of(2, 2),
  margins: Float64Array.of(0.1, 0.1),
  lasting: Float64Array.of(1, 1),
  ...habits,
});

/** What two features score that have been 10 and -10 once, then 1 and -1 for so many values, and now are `value`. */
function scoresOf(habits: Habits, values: number, value: number): Float64Array {
  const state = new Float64Array(2 * recordSize);
  const features = new Features(2);
  for (const x of [10, -10, ...Array.from({ length: values }, (_, i) => (i % 2 === 0 ? 1 : -1)), value]) {
    features.values.fill(x);
    scoreAll(state, 0, features, habits, 1000);
  }
  return features.scores;
}

describe('anomaly: records', () => {
  it('are half forgotten after so many values, or the share of them that their habits say', () => {
    const habits = habitsOf({ lasting: Float64Array.of(1, 0.5) });
    expect(Array.from(scoresOf(habits, 1000, 4), (score) => score > 0)).to.deep.equal([false, true]);
    expect(Array.from(scoresOf(habits, 1000, 6), (score) => score > 0)).to.deep.equal([true, true]);
    expect(Array.from(scoresOf(habits, 1000, 2), (score) => score > 0)).to.deep.equal([false, false]);
  });

  it('have to be exceeded by more, the wider the margin', () => {
    const [near = 0, far = 0] = scoresOf(habitsOf({ margins: Float64Array.of(0.1, 0.2) }), 10, 12);
    expect(near).to.be.greaterThan(0);
    expect(1 / far - 1).to.be.closeTo(2 * (1 / near - 1), 1e-9);
  });
});
