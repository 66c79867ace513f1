import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { policyOf } from '../operator/replay/scenario/policy.ts';
import { runScenario } from '../operator/replay/scenario/run.ts';
import { scenarioOf } from '../operator/replay/scenario/scenario.ts';

const root = 'homeostat-system';
const documentsIn = (file: string): unknown[] =>
  parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as unknown);

describe('the policies of the examples', () => {
  const files = globSync('crds/examples/scenarios/*.yaml').toSorted();

  it('all have scenarios', () => {
    const policies = globSync('crds/examples/*.yaml').filter((file) =>
      readFileSync(file, 'utf8').includes('kind: DetectionPolicy'),
    );
    expect(files.map((file) => basename(file))).to.deep.equal(policies.map((file) => basename(file)).toSorted());
  });

  for (const file of files)
    for (const document of documentsIn(file)) {
      const scenario = scenarioOf(document);
      it(`${basename(file, '.yaml')}: ${scenario.name}`, () => {
        const policy = policyOf(scenario, (name) => documentsIn(join(dirname(file), name)), root);
        const { expected, told } = runScenario(scenario, policy, root);
        expect(told).to.deep.equal(expected);
      });
    }
});
