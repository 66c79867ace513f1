import { expect } from 'chai';
import { Slots } from './slots.ts';

const filled = (places: readonly string[]): Slots => {
  const slots = new Slots();
  for (const [i, place] of places.entries()) slots.take(`${place}/${i}`, 0, place);
  return slots;
};

describe('slots', () => {
  it('are used again where the last target was, in the order in which they became free', () => {
    const slots = filled(['a', 'a', 'b', 'b', 'a', 'b']);
    slots.free('a/1', 1, 'a');
    slots.free('b/2', 2, 'b');
    slots.free('a/4', 4, 'a');
    expect(slots.take('a/6', 1, 'a')).to.equal(1);
    expect(slots.take('b/7', 1, 'b')).to.equal(2);
    expect(slots.take('a/8', 1, 'a')).to.equal(4);
    expect(slots.length).to.equal(6);
    expect([slots.of('a/6'), slots.of('b/7'), slots.of('a/8')]).to.deep.equal([1, 2, 4]);
  });

  it('are used elsewhere when many are free, so that there are never many more than targets', () => {
    const slots = new Slots();
    for (let node = 0; node < 200; node++) {
      for (let i = 0; i < 30; i++) slots.take(`${node}/${i}`, 0, `node-${node}`);
      if (node >= 4)
        for (let i = 0; i < 30; i++)
          slots.free(`${node - 4}/${i}`, slots.of(`${node - 4}/${i}`) ?? -1, `node-${node - 4}`);
    }
    expect(slots.size).to.equal(120);
    expect(slots.length).to.be.at.most(200);
  });
});
