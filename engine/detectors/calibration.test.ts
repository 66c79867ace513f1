import { expect } from 'chai';
import type { DetectorName } from './registry.ts';
import { calibrationFigures, confidences } from './testing/calibration.ts';
import { compiled } from './testing/one-series.ts';

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

  it('is measured of every detector that can be wrong by chance', () => {
    const examples: Record<DetectorName, object> = {
      threshold: { above: '1' },
      forecast: { reaches: '1', withinSeconds: 60, overSeconds: 60, direction: 'Rising' },
      state: { in: ['1'] },
      flapping: { changes: 3, withinSeconds: 60 },
      absence: { forSeconds: 60 },
      anomaly: { minDeviation: '1', direction: 'Both', everySeconds: 10, falseAlarmsPerWeek: 1 },
      changePoint: { minDeviation: '1', direction: 'Both', everySeconds: 10, holdSeconds: 10, falseAlarmsPerWeek: 1 },
      peers: { minDeviation: '1', deviations: 5, direction: 'Both', minPeers: 3 },
      burnRate: { objective: '99%', periodSeconds: 86_400, above: '1', speed: 'Fast', minTraffic: 60 },
    };
    const byChance = Object.entries(examples).flatMap(([name, parameters]) =>
      compiled({ [name]: parameters }, 'system.cpu.utilization').looksEveryMs === undefined ? [] : [name],
    );
    // Of the anomaly detector, which ranks values among earlier ones, anomaly/calibration.test.ts speaks.
    expect(byChance).to.have.members(['anomaly', ...Object.keys(figures)]);
  });

  const looksOf = (detector: string): number =>
    looks / (detector === 'forecast' ? 40 : detector === 'changePoint' ? 4 : 1);
});
