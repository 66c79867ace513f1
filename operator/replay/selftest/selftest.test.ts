import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { validPolicy } from '../../../crds/testing/valid.ts';
import { Recording } from '../recording/reader.ts';
import { recorded, utilization } from '../harness.test.ts';
import { faultKinds, type FaultKind } from './faults.ts';
import { seeded } from './random.ts';
import { selftest } from './selftest.ts';

function policy(detect: object): DetectionPolicy {
  const { when: _, ...valid } = validPolicy().spec;
  return {
    ...validPolicy(),
    metadata: { name: 'p', namespace: 'shop', uid: 'uid-p' },
    spec: {
      ...valid,
      target: { kind: 'Container', warmupSeconds: 0 },
      signals: [{ name: 's', metric: utilization, detect }],
      minConfidence: '0%',
      forSeconds: 0,
      clearForSeconds: 5,
    },
  };
}

describe('a self-test', function () {
  let directory: string;
  let path: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'homeostat-selftest-'));
    path = join(directory, 'w.hrec');
    const noise = seeded(7);
    const quiet = (): number => 0.3 + 0.02 * noise();
    recorded(path, {
      seconds: 500,
      // web-3 is really full for a while.
      pods: { 'web-1': quiet, 'web-2': quiet, 'web-3': (t) => (t > 100 && t < 110 ? 0.95 : quiet()) },
    });
  });
  after(() => rmSync(directory, { recursive: true }));

  const tested = (detect: object, kinds: readonly FaultKind[] = faultKinds, seed = 1) =>
    selftest(new Recording(path), policy(detect), {
      rootNamespace: 'homeostat-system',
      seed,
      kinds,
      rounds: kinds.length * 2,
      faultsPerWeek: 2,
    });

  it('finds with a threshold what passes it, at the right moment, and not what does not', () => {
    const { faults, targets, targetHours, alarms } = tested({ threshold: { above: '90%' } });
    expect([targets, alarms]).to.deep.equal([3, 1]);
    expect(targetHours).to.be.closeTo(3 * (499 / 3600), 0.001);
    for (const kind of ['spike', 'shift', 'drift'] as const) {
      expect(faults[kind]?.injected, kind).to.be.greaterThan(0);
      expect(faults[kind]?.rate, kind).to.equal(1);
    }
    for (const kind of ['stuck', 'dropout', 'kill'] as const) expect(faults[kind]?.rate, kind).to.equal(0);
    expect(faults.shift?.delaySeconds?.p90).to.be.at.most(1);
    // From 30 % to the end in five minutes, and 90 % is passed a little before it.
    expect(faults.drift?.delaySeconds?.p50).to.be.within(230, 300);
  });

  it('finds silence with absence, and nothing else', () => {
    const { faults } = tested({ absence: { forSeconds: 10 } });
    expect(faults.dropout?.rate).to.equal(1);
    expect(faults.dropout?.delaySeconds?.p50).to.be.within(9, 11);
    for (const kind of ['spike', 'shift', 'drift', 'stuck', 'kill'] as const) expect(faults[kind]?.rate).to.equal(0);
  });

  it('says how often an alarm would be right, beside one at random', () => {
    const { precision } = tested({ threshold: { above: '90%' } }, ['shift']);
    // One alarm in 3 targets times 499 s, counted as false.
    const perWeek = 168 / (3 * (499 / 3600));
    expect(precision.falseAlarmsPerWeek).to.be.closeTo(perWeek, 1e-6);
    expect(precision.share).to.be.closeTo(2 / (2 + perWeek), 1e-6);
    expect(precision.shareAtLeast).to.be.lessThan(precision.share);
    expect(precision.random.share).to.be.lessThan(precision.share);
    const silent = tested({ absence: { forSeconds: 60 } }, ['shift']).precision;
    expect(silent).to.deep.include({ falseAlarmsPerWeek: 0, share: 0, random: { detectionRate: 0, share: 0 } });
    expect(silent.falseAlarmsPerWeekAtMost).to.be.closeTo(2.9957 * perWeek, 0.1);
  });

  it('does the same again with the same seed', () => {
    const detect = { threshold: { above: '60%' } };
    expect(JSON.stringify(tested(detect))).to.equal(JSON.stringify(tested(detect)));
    const starts = [1, 2].map((seed) => tested(detect, ['drift'], seed).all.delaySeconds?.p50);
    expect(starts[0]).not.to.equal(starts[1]);
  });
});
