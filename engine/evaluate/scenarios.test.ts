import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { play, type Scenario } from './testing/scenario.ts';

describe('scenarios', () => {
  const files = globSync(`${import.meta.dirname}/scenarios/*.yaml`).sort();

  it('are there', () => expect(files).to.have.length.greaterThan(10));

  for (const file of files) {
    const scenario = parse(readFileSync(file, 'utf8')) as Scenario;
    it(scenario.name, () => {
      expect(play(scenario).told).to.deep.equal(scenario.verdicts);
    });
  }
});
