import { expect } from 'chai';
import { segmentsOf } from './machine.ts';
import { averagePrecision, bestF1, f1Of, outcomeAt, thresholdFor } from './measures.ts';

const counting = { eventRows: 10, graceRows: 3 };
const rows = (length: number, marks: Readonly<Record<number, number>>): Float64Array =>
  Float64Array.from({ length }, (_, i) => marks[i] ?? 0);

describe('quality measures', () => {
  const labels = Uint8Array.from({ length: 100 }, (_, i) => (i >= 40 && i < 50 ? 1 : 0));
  const segments = segmentsOf(labels);

  it('finds the segments', () => {
    expect(segments).to.deep.equal([{ first: 40, last: 49 }]);
    expect(segmentsOf(Uint8Array.of(1, 0, 1))).to.deep.equal([
      { first: 0, last: 0 },
      { first: 2, last: 2 },
    ]);
  });

  it('has the average precision of a perfect, a constant and a known order', () => {
    expect(averagePrecision(Float64Array.from(labels), labels)).to.equal(1);
    expect(averagePrecision(new Float64Array(100), labels)).to.be.closeTo(0.1, 1e-12);
    // Right, wrong, right: (1/1 + 2/3) / 2.
    expect(averagePrecision(Float64Array.of(0.9, 0.8, 0.7, 0.1), Uint8Array.of(1, 0, 1, 0))).to.be.closeTo(
      5 / 6,
      1e-12,
    );
  });

  it('counts a segment once, and false alarms by the hour', () => {
    const outcome = outcomeAt(rows(100, { 10: 1, 15: 1, 21: 1, 43: 1, 45: 1, 51: 1, 80: 1 }), segments, 1, counting);
    expect(outcome).to.deep.equal({ found: 1, missed: 0, falseEvents: 3, delays: [3] });
    expect(f1Of(outcome)).to.equal(2 / 5);
  });

  it('finds the best threshold, and one for a quiet stretch', () => {
    const scores = rows(100, { 10: 0.5, 44: 0.8 });
    expect(bestF1(scores, segments, counting)).to.equal(1);
    expect(thresholdFor(scores, 1, counting)).to.equal(0.8);
    expect(thresholdFor(scores, 2, counting)).to.equal(0.5);
  });
});
