import { expect } from 'chai';
import { flawless, type Evidence } from '../../../engine/evaluate/verdict.ts';
import { describeEvidence, evidenceOf } from './evidence.ts';

const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  signal: 'leaking',
  metric: 'k8s.container.memory.limit_utilization',
  aggregate: 'Last',
  windowSeconds: 0,
  value: 0.81,
  threshold: 'rises to 100% within 900 s',
  finding: 'reaches 100% in 14 min at +0.42%/min',
  firing: true,
  confidence: 0.99,
  sinceMs: 0,
  samples: 1,
  quality: flawless,
  source: 'agent/n1',
  fromSequence: 1,
  toSequence: 2,
  ...changes,
});

describe('evidence', () => {
  it('records what was found, and tells it instead of the threshold', () => {
    const recorded = evidenceOf(evidence());
    expect(recorded.finding).to.equal('reaches 100% in 14 min at +0.42%/min');
    expect(describeEvidence(recorded)).to.equal(
      'leaking (k8s.container.memory.limit_utilization) is 0.81, reaches 100% in 14 min at +0.42%/min',
    );
  });

  it('tells the threshold when nothing more was found', () => {
    const recorded = evidenceOf(evidence({ finding: '' }));
    expect(recorded).not.to.have.property('finding');
    expect(describeEvidence(recorded)).to.match(/is 0\.81, rises to 100% within 900 s$/);
  });

  it('says what is wrong with the samples, and nothing when nothing is', () => {
    expect(evidenceOf(evidence())).not.to.have.property('quality');
    const quality = { ...flawless, missing: 3, infinite: 1, imputed: 2, skewMs: -812.5, flatMs: 61_900 };
    expect(evidenceOf(evidence({ quality })).quality).to.deep.equal({
      missing: 3,
      infinite: 1,
      imputed: 2,
      skewMilliseconds: -812,
      flatSeconds: 61,
    });
  });

  it('is short enough for the status', () => {
    expect(evidenceOf(evidence({ finding: 'x'.repeat(500) })).finding).to.have.length.at.most(256);
  });
});
