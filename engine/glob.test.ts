import { expect } from 'chai';
import { isGlob, matchesGlob } from './glob.ts';

describe('matchesGlob', () => {
  for (const [glob, fit, not] of [
    ['', [''], ['a']],
    ['*', ['', 'abc'], []],
    ['5*', ['5', '503'], ['15', '']],
    ['*5', ['5', '15'], ['51']],
    ['a*b', ['ab', 'axb'], ['a', 'b', 'aba']],
    ['ab*ba', ['abba', 'abxba'], ['aba']],
    ['a*b*c', ['abc', 'axbxc', 'abbc'], ['acb', 'ac']],
    ['/api/*/x', ['/api/1/x'], ['/api/x']],
    ['a.c', ['a.c'], ['abc']],
  ] as const)
    it(`${glob} fits ${fit.join(', ')}`, () => {
      for (const text of fit) expect(matchesGlob(glob, text), text).to.equal(true);
      for (const text of not) expect(matchesGlob(glob, text), text).to.equal(false);
    });

  it('has at most eight stars', () => {
    expect(isGlob('*'.repeat(8))).to.equal(true);
    expect(isGlob('*'.repeat(9))).to.equal(false);
  });
});
