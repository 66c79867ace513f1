import { expect } from 'chai';
import { changeOf, durationOf, figureOf } from './words.ts';

describe('words', () => {
  for (const [value, unit, says] of [
    [0.4242, '1', '42.4%'],
    [1, '1', '100%'],
    [0.000_07, '1/s', '0.007%/s'],
    [1536 * 1024 ** 2, 'By', '1.5 GiB'],
    [-2048, 'By/min', '-2 KiB/min'],
    [12, 'By', '12 B'],
    [0.8499, '{cpu}', '0.85'],
    [0, '{kill}', '0'],
  ] as const)
    it(`${value} of ${unit} is ${says}`, () => expect(figureOf(value, unit)).to.equal(says));

  it('a change has its sign', () => {
    expect([0.0042, -0.1, 0].map((value) => changeOf(value, '1'))).to.deep.equal(['+0.42%', '-10%', '0%']);
  });

  for (const [seconds, says] of [
    [0, '0 s'],
    [59.6, '1 min'],
    [840, '14 min'],
    [850, '14 min 10 s'],
    [5400, '1 h 30 min'],
    [183_600, '2 d 3 h'],
    [2_592_000, '30 d'],
  ] as const)
    it(`${seconds} s is ${says}`, () => expect(durationOf(seconds)).to.equal(says));
});
