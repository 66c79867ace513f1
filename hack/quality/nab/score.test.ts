import { expect } from 'chai';
import { profiles, type NabFile } from './corpus.ts';
import { bestOf, curveOf, normalised, rawAt, worthOf } from './score.ts';

/** 1,000 rows with windows; the first 150 are for learning. */
const fileOf = (...windows: NabFile['windows']): NabFile => ({
  name: 'a.csv',
  timesMs: new Float64Array(1000),
  values: new Float64Array(1000),
  windows,
});
const flagged = (...rows: readonly number[]): Float64Array =>
  new Float64Array(1000).map((_, i) => (rows.includes(i) ? 1 : 0));

const [standard] = profiles;
if (standard === undefined) throw new Error('no profile');
const rawOf = (file: NabFile, scores: Float64Array): number => rawAt(curveOf([worthOf(file)], [scores], standard), 1);

describe('NAB score', () => {
  const window = { left: 400, right: 499 };
  const file = fileOf(window);

  it('gives a window its best hit alone, most for an early one', () => {
    expect(rawOf(file, flagged(400))).to.be.closeTo(1, 1e-12);
    expect(rawOf(file, flagged(400, 450, 499))).to.be.closeTo(1, 1e-12);
    expect(rawOf(file, flagged(450))).to.be.closeTo(
      (2 / (1 + Math.exp(-2.5)) - 1) / (2 / (1 + Math.exp(-5)) - 1),
      1e-12,
    );
    expect(rawOf(file, flagged(499))).to.be.within(0.02, 0.03);
  });

  it('charges each flagged row outside, less just after a window', () => {
    expect(rawOf(file, flagged(200, 201))).to.be.closeTo(-1 - 0.22, 1e-12);
    expect(rawOf(file, flagged(500))).to.be.within(-1 - 0.01, -1);
    expect(rawOf(file, flagged(999))).to.be.closeTo(-1 - 0.11, 1e-12);
  });

  it('leaves the first rows out', () => {
    expect(rawOf(file, flagged(10))).to.equal(-1);
    expect(worthOf(fileOf({ left: 10, right: 60 })).windows).to.equal(0);
    expect(worthOf(file).first).to.equal(150);
  });

  it('lets rows of equal score switch together, and finds the best threshold', () => {
    const scores = flagged(410).map((value, i) => (value === 1 ? 0.7 : i > 600 ? 0.3 : 0));
    const curve = curveOf([worthOf(file)], [scores], standard);
    expect(Array.from(curve.thresholds)).to.deep.equal([Infinity, 0.7, 0.3]);
    expect(bestOf(curve).threshold).to.equal(0.7);
    expect(rawAt(curve, 0.5)).to.equal(curve.raw[1]);
    expect(rawAt(curve, 0.8)).to.equal(-1);
  });

  it('is 0 for silence and 100 for perfection', () => {
    expect(normalised(-116, 116, standard)).to.equal(0);
    expect(normalised(116, 116, standard)).to.equal(100);
  });
});
