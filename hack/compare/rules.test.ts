import { expect } from 'chai';
import { parse } from 'yaml';
import { ruleFile, rulesOf } from './rules.ts';
import { faultNames, paces } from './systems.ts';

const pairs: readonly (readonly [open: string, close: string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
];

describe('the rules of the peers', () => {
  for (const pace of paces) {
    it(`${pace.name}: are one for each fault, in groups that are evaluated at its pace`, () => {
      const { groups } = parse(ruleFile(pace)) as { groups: { name: string; interval: string }[] };
      expect(groups.map(({ name }) => name)).to.have.members([...faultNames]);
      expect(new Set(groups.map(({ interval }) => interval))).to.deep.equal(new Set([`${pace.evaluateSeconds}s`]));
    });

    it(`${pace.name}: look at windows that hold two samples at least`, () => {
      const windows = rulesOf(pace).flatMap(({ expr }) =>
        [...expr.matchAll(/\[(\d+)s\]/g)].map(([, text]) => Number(text)),
      );
      expect(windows).to.have.length.greaterThan(6);
      for (const seconds of windows) expect(seconds).to.be.at.least(2 * pace.scrapeSeconds);
    });

    it(`${pace.name}: have as many brackets that close as that open`, () => {
      for (const { expr } of rulesOf(pace))
        for (const [open, close] of pairs) expect(expr.split(open), expr).to.have.length(expr.split(close).length);
    });
  }
});
