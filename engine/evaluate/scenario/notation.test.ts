import { expect } from 'chai';
import { valuesOf } from './notation.ts';

describe('the notation of series', () => {
  const table: [text: string, values: (number | undefined)[]][] = [
    ['', []],
    ['3', [3]],
    ['-3 .5 1e-2', [-3, 0.5, 0.01]],
    ['3x3', [3, 3, 3]],
    ['1+2x4', [1, 3, 5, 7]],
    ['9-2x4', [9, 7, 5, 3]],
    ['-1+.5x3', [-1, -0.5, 0]],
    ['0..1x5', [0, 0.25, 0.5, 0.75, 1]],
    ['1..-1x3', [1, 0, -1]],
    ['_ - _x2 -x2', [NaN, undefined, NaN, NaN, undefined, undefined]],
    ['(0x2 1)x2 5', [0, 0, 1, 0, 0, 1, 5]],
    ['((1 2)x2 3)x2', [1, 2, 1, 2, 3, 1, 2, 1, 2, 3]],
    ['( 1 )', [1]],
    [' 1\n 2 ', [1, 2]],
  ];
  for (const [text, values] of table)
    it(`understands ${JSON.stringify(text)}`, () => expect(valuesOf(text)).to.deep.equal(values));

  const wrong: [text: string, says: RegExp][] = [
    ['three', /"three" stands for no values/],
    ['3x', /"3x"/],
    ['0..1', /"0\.\.1" needs the number of its values/],
    ['(1 2', /not closed/],
    ['1)', /not opened/],
    ['1x9999999', /more than 1000000 values/],
    ['((0x1000)x1000)x2', /more than 1000000 values/],
  ];
  for (const [text, says] of wrong) it(`refuses "${text}"`, () => expect(() => valuesOf(text)).to.throw(says));
});
