import { expect } from 'chai';
import { Slots } from './slots.ts';

/** Slots, and a way to take one. */
const empty = () => {
  const keys: string[] = [];
  const slots = new Slots((slot) => keys[slot] ?? '');
  const take = (key: string, place: string): number => {
    const slot = slots.take(key, 0, place);
    keys[slot] = key;
    return slot;
  };
  return { slots, take };
};

describe('slots', () => {
  it('are used again where the last target was, in the order in which they became free', () => {
    const { slots, take } = empty();
    for (const [i, place] of ['a', 'a', 'b', 'b', 'a', 'b'].entries()) take(`${place}/${i}`, place);
    slots.free('a/1', 1, 'a');
    slots.free('b/2', 2, 'b');
    slots.free('a/4', 4, 'a');
    expect(take('a/6', 'a')).to.equal(1);
    expect(take('b/7', 'b')).to.equal(2);
    expect(take('a/8', 'a')).to.equal(4);
    expect(slots.length).to.equal(6);
    expect([slots.of('a/6'), slots.of('b/7'), slots.of('a/8')]).to.deep.equal([1, 2, 4]);
  });

  it('are used elsewhere when many are free, so that there are never many more than targets', () => {
    const { slots, take } = empty();
    for (let node = 0; node < 200; node++) {
      for (let i = 0; i < 30; i++) take(`${node}/${i}`, `node-${node}`);
      if (node >= 4)
        for (let i = 0; i < 30; i++)
          slots.free(`${node - 4}/${i}`, slots.of(`${node - 4}/${i}`) ?? -1, `node-${node - 4}`);
    }
    expect(slots.size).to.equal(120);
    expect(slots.length).to.be.at.most(200);
  });
});
