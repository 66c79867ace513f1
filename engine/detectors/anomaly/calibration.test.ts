import { expect } from 'chai';
import { look, Sight, viewsSize } from './look.ts';
import { learn, placeOf, rank, tailSize } from './tail.ts';
import { healthy, seriesOf } from './testing/healthy.ts';
import { strangenessOf } from './views.ts';

const sensitivity = { tails: { upper: true, lower: true }, least: 0.001, forgetAfter: 20_000 };
const steps = 20_000;
/** Values before these are few to compare with. */
const learnt = 2000;

/** Which share of the values of a healthy series is said to be strange with this confidence or a greater one. */
function wrongShare(values: Float64Array, confidence: number): number {
  const state = new Float64Array(viewsSize + tailSize);
  const sight = new Sight();
  let wrong = 0;
  for (const [i, value] of values.entries()) {
    sight.given[0] = value;
    sight.given[1] = i * 60_000;
    look(state, 0, sensitivity, sight);
    const place = placeOf(strangenessOf(sight.scores), sight.far[0] ?? 0);
    if (i >= learnt && 1 - rank(state, viewsSize, place) >= confidence) wrong++;
    learn(state, viewsSize, place);
  }
  return wrong / (values.length - learnt);
}

describe('anomaly: confidence', () => {
  for (const confidence of [0.99, 0.999])
    it(`is right in ${confidence * 100} % of all cases when it says so, and means no more by it`, () => {
      const stated = 1 - confidence;
      let sum = 0;
      for (const [kind, make] of Object.entries(healthy)) {
        const wrong = wrongShare(seriesOf(make, steps, 2026), confidence);
        // Four deviations of a share that is measured over so many values; they come in runs of two and more.
        const error = 4 * Math.sqrt((2 * stated) / (steps - learnt));
        expect(wrong, kind).to.be.at.most(stated + error);
        sum += wrong;
      }
      expect(sum / Object.keys(healthy).length).to.be.within(0.5 * stated, 1.1 * stated);
    });

  it('ranks the strange above the usual, and the far above the near', () => {
    expect(placeOf(0.011, 0)).to.be.greaterThan(placeOf(0, 1));
    expect(placeOf(0, 0.9)).to.be.greaterThan(placeOf(0.005, 0.8));
    expect(placeOf(2, 0)).to.be.greaterThan(placeOf(1, 1));
  });
});
