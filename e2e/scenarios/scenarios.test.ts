import { existsSync, globSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { readScenario } from '../runner/scenario.ts';

const files = globSync('e2e/scenarios/*.yaml').toSorted();

describe('scenario files', () => {
  it('are the six faults and the five quiet ones', () => {
    expect(files.filter((file) => file.includes('/quiet-'))).to.have.length(5);
    expect(files.filter((file) => !file.includes('/quiet-'))).to.have.length(6);
  });

  for (const file of files)
    it(file, () => {
      const scenario = readScenario(file);
      for (const example of scenario.examples ?? [])
        expect(existsSync(`crds/examples/${example}.yaml`), example).to.equal(true);
      for (const document of parseAllDocuments(scenario.objects ?? '')) expect(document.errors).to.deep.equal([]);
    });
});
