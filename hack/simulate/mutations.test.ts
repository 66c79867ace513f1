import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { mutations } from './mutations.ts';
import { simulateOptions } from './options.ts';

describe('the mutations of the simulation', () => {
  for (const { breaks, file, find, put } of mutations)
    it(`is to be made at one place of ${file}: ${breaks}`, () => {
      expect(readFileSync(file, 'utf8').split(find)).to.have.lengthOf(2);
      expect(put).not.to.equal(find);
    });
});

describe('make simulate', () => {
  it('takes numbers, and has defaults', () => {
    expect(simulateOptions(['--seeds', '5'])).to.deep.equal({ seeds: 5, first: 1, shown: 3, bail: false });
    expect(() => simulateOptions(['--seeds', 'many'])).to.throw('--seeds must be a whole number, not many');
    expect(() => simulateOptions(['--seeds', '0'])).to.throw('--seeds must be a whole number, not 0');
  });
});
