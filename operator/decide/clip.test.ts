import { expect } from 'chai';
import { clip } from './clip.ts';

describe('clip', () => {
  const cases: readonly [text: string, clipped: string][] = [
    ['', ''],
    ['abcd', 'abcd'],
    ['abcde', 'abc…'],
    ['ab🧊c', 'ab…'],
    ['🧊🧊🧊', '🧊…'],
  ];
  for (const [text, clipped] of cases)
    it(`${text} is ${clipped}`, () => {
      expect(clip(text, 4)).to.equal(clipped);
      expect(clip(clipped, 4)).to.equal(clipped);
      expect(clipped.isWellFormed()).to.equal(true);
    });
});
