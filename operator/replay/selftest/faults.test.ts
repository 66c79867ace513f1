import { expect } from 'chai';
import { aimOf, FaultySeries, type Aim, type FaultKind } from './faults.ts';

const gauge: Aim = { metric: 'k8s.container.memory.working_set', direction: 1 };
const share: Aim = { metric: 'k8s.container.memory.limit_utilization', direction: 1 };
const events: Aim = { metric: 'k8s.container.oom_kills', direction: 1 };

/** What becomes of one value a second, when the fault begins at second 10. */
const told = (kind: FaultKind, aim: Aim, value: (t: number) => number, seconds: number): number[] => {
  const series = new FaultySeries(kind, 10_000, aim);
  return Array.from({ length: seconds }, (_, t) => series.at(value(t), t * 1000));
};

describe('faults', () => {
  it('leave alone what is before and after them', () => {
    for (const kind of ['spike', 'shift', 'drift', 'stuck', 'dropout', 'kill'] as const) {
      const values = told(kind, gauge, (t) => 100 + (t % 3), 400);
      expect(values.slice(0, 10), kind).to.deep.equal([100, 101, 102, 100, 101, 102, 100, 101, 102, 100]);
      expect(values.slice(-10), kind).to.deep.equal([100, 101, 102, 100, 101, 102, 100, 101, 102, 100]);
    }
  });

  it('are as great as the level, or as eight deviations of the noise', () => {
    expect(told('spike', gauge, () => 100, 15).slice(9)).to.deep.equal([100, 200, 200, 200, 100, 100]);
    expect(told('shift', { ...gauge, direction: -1 }, () => 100, 12).slice(9)).to.deep.equal([100, 0, 0]);
    const [noisy = 0] = told('spike', gauge, (t) => (t % 2 === 0 ? 10 : 90), 11).slice(-1);
    expect(noisy).to.be.greaterThan(10 + 8 * 40);
  });

  it('take a share to its end', () => {
    expect(told('shift', share, () => 0.25, 11).at(-1)).to.equal(1);
    expect(told('shift', { ...share, direction: -1 }, () => 0.25, 11).at(-1)).to.equal(0);
    expect(told('drift', share, () => 0.4, 161).at(-1)).to.be.closeTo(0.7, 1e-9);
  });

  it('go past what the value is compared with', () => {
    const failures = { metric: 'k8s.node.kubelet.probe.failures', direction: 1, level: 2 } as const;
    expect(told('spike', failures, () => 0, 11).at(-1)).to.be.closeTo(2.2, 1e-9);
    expect(told('spike', { ...gauge, direction: -1, level: 30 }, () => 40, 11).at(-1)).to.equal(0);
    expect(told('spike', { ...events, level: 4 }, () => 3, 11).at(-1)).to.equal(8);
  });

  it('stop a gauge, silence it, or take its process away', () => {
    expect(told('stuck', gauge, (t) => t, 15).slice(9)).to.deep.equal([9, 10, 10, 10, 10, 10]);
    expect(told('dropout', gauge, () => 5, 12).slice(9)).to.deep.equal([5, NaN, NaN]);
    expect(told('kill', gauge, () => 100, 24).slice(9, 14)).to.deep.equal([100, NaN, NaN, 0, 5]);
  });

  it('change by how much a counter rises', () => {
    expect(told('spike', events, () => 3, 16).slice(9)).to.deep.equal([3, 4, 4, 4, 4, 4, 4]);
    expect(told('shift', events, () => 3, 13).slice(9)).to.deep.equal([3, 4, 5, 6]);
    expect(told('kill', events, () => 3, 60).filter((value, i, all) => value !== all[i - 1])).to.deep.equal([
      3, 4, 5, 6, 7,
    ]);
    const stuck = told('stuck', events, (t) => t, 140);
    expect([stuck[9], stuck[10], stuck[129], stuck[130], stuck[139]]).to.deep.equal([9, 10, 10, 10, 19]);
  });

  it('aim where the detector looks', () => {
    const detects: [detect: object, aim: Partial<Aim>][] = [
      [{ threshold: { above: '90%', clearBelow: '80%' } }, { direction: 1, level: 0.9 }],
      [{ threshold: { below: '1' } }, { direction: -1, level: 1 }],
      [{ forecast: { reaches: '0', direction: 'Falling' } }, { direction: -1, level: 0 }],
      [{ peers: { direction: 'Below' } }, { direction: -1 }],
      [{ anomaly: { direction: 'Both' } }, { direction: 1 }],
    ];
    for (const [detect, aim] of detects)
      expect(aimOf({ metric: gauge.metric, detect })).to.deep.equal({ metric: gauge.metric, ...aim });
    const slope = { metric: gauge.metric, detect: { threshold: { above: '1Mi' } }, window: { aggregate: 'Slope' } };
    expect(aimOf(slope)).not.to.have.property('level');
    const ready = aimOf({ metric: 'k8s.pod.ready', detect: { state: { in: ['False', 'Unknown'] } } });
    expect(ready.state).to.equal(0);
    expect(told('shift', ready, () => 1, 12).slice(9)).to.deep.equal([1, 0, 0]);
  });
});
