import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { compilePolicy } from '../engine/evaluate/compile.ts';
import { metricNamed } from '../engine/metrics.ts';
import type { DetectionPolicy } from './detection-policy.ts';
import { kinds } from './kinds.ts';
import type { RemediationPlan } from './remediation-plan.ts';
import { validate } from './validate.ts';

type Example = DetectionPolicy | RemediationPlan;

const files = globSync('crds/examples/*.yaml').toSorted();
const examplesIn = (file: string): Example[] =>
  parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Example);

describe('examples', () => {
  it('show every kind', () => {
    const shown = new Set<string>(files.flatMap(examplesIn).map(({ kind }) => kind));
    expect([...shown]).to.have.members(kinds.map(({ kind }) => kind));
  });

  for (const file of files)
    it(`${file} is valid, explained, and whole`, () => {
      expect(readFileSync(file, 'utf8')).to.match(/^# [A-Z]/);
      const examples = examplesIn(file);
      const plans = examples.filter(({ kind }) => kind === 'RemediationPlan').map(({ metadata }) => metadata.name);
      for (const example of examples) {
        expect(validate(example.kind, example)).to.deep.equal([]);
        if (example.kind !== 'DetectionPolicy') continue;
        for (const { metric } of example.spec.signals) expect(metricNamed(metric), metric).not.to.equal(undefined);
        expect(compilePolicy(example.metadata.name, '1', example.spec)).to.have.property('policy');
        for (const { plan } of example.spec.routes) if (plan !== undefined) expect(plans).to.include(plan);
      }
    });
});
