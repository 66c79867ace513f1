import { expect } from 'chai';
import { normalBelow } from './normal.ts';

describe('normalBelow', () => {
  for (const [z, share] of [
    [0, 0.5],
    [1, 0.841345],
    [-1, 0.158655],
    [1.959964, 0.975],
    [3, 0.99865],
    [-4, 0.0000317],
    [40, 1],
  ] as const)
    it(`of ${z} is ${share}`, () => expect(normalBelow(z)).to.be.closeTo(share, 1e-6));
});
