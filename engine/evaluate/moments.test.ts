import { expect } from 'chai';
import { Moments, mostMoments } from './moments.ts';

describe('Moments', () => {
  it('says how many are later than a time', () => {
    const moments = new Moments();
    for (const tMs of [1000, 3000, 2000]) moments.note(7, tMs);
    expect([0, 1000, 2000, 3000].map((tMs) => moments.after(7, tMs))).to.deep.equal([3, 2, 1, 0]);
    expect(moments.after(8, 0)).to.equal(0);
  });

  it('keeps the last sixteen, and counts all', () => {
    const moments = new Moments();
    for (let i = 0; i < 100; i++) moments.note(0, i);
    expect([-1, 97].map((tMs) => moments.after(0, tMs))).to.deep.equal([mostMoments, 2]);
    expect(moments.total).to.equal(100);
  });

  it('forgets a slot', () => {
    const moments = new Moments();
    moments.note(0, 1);
    moments.reset(0);
    expect(moments.after(0, 0)).to.equal(0);
  });
});
