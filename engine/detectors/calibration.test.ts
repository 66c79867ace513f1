import { expect } from 'chai';
import { calibrationFigures, confidences } from './testing/calibration.ts';

describe('the confidence of detectors', () => {
  const looks = 60_000;
  const figures = calibrationFigures(looks);

  for (const [detector, kinds] of Object.entries(figures))
    it(`${detector}: is wrong no more often than it says, where nothing is wrong`, () => {
      const all = Object.entries<readonly number[]>(kinds);
      expect(all).not.to.have.length(0);
      for (const [kind, shares] of all)
        for (const [i, confidence] of confidences.entries()) {
          const stated = 1 - confidence;
          // What follows from itself is wrong in runs: a tenth of the looks are news.
          const error = 4 * Math.sqrt(stated / (looksOf(detector) / 10));
          expect(shares[i], `${kind} at ${100 * confidence} %`).to.be.at.most(stated + error);
        }
      // And it says so of something.
      expect(Math.max(...all.map(([, [at90 = 0]]) => at90))).to.be.greaterThan(0.005);
    });

  const looksOf = (detector: string): number =>
    looks / (detector === 'forecast' ? 40 : detector === 'changePoint' ? 4 : 1);
});
