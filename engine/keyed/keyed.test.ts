import { expect } from 'chai';
import fc from 'fast-check';
import { hashOf, Keyed } from './keyed.ts';

interface Thing {
  readonly key: string;
  readonly worth: number;
}

describe('Keyed', () => {
  it('holds what a Map would, in the same order', () => {
    const key = fc.integer({ max: 40, min: 0 }).map((number) => `Container/${number}/app`);
    const step = fc.tuple(fc.constantFrom('set', 'set', 'delete'), key, fc.nat());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const map = new Map<string, Thing>();
        const keyed = new Keyed<Thing>((thing) => thing.key);
        for (const [what, of, worth] of steps) {
          if (what === 'set') {
            const thing = { key: of, worth };
            map.set(of, thing);
            keyed.set(thing);
          } else {
            expect(keyed.delete(of)).to.deep.equal(map.get(of));
            map.delete(of);
          }
          expect([keyed.size, keyed.get(of), keyed.has(of)]).to.deep.equal([map.size, map.get(of), map.has(of)]);
        }
        expect([...keyed.values()]).to.deep.equal([...map.values()]);
        for (const [of, thing] of map) expect(keyed.get(of)).to.equal(thing);
      }),
    );
  });

  it('holds numbers, of which 0 is one', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `name-${i}`);
    const keyed = new Keyed<number>((number) => names[number] ?? '');
    for (const number of names.keys()) keyed.set(number);
    expect(names.map((name) => keyed.get(name))).to.deep.equal([...names.keys()]);
  });

  it('tells keys of the same hash apart', () => {
    expect(hashOf('costarring')).to.equal(hashOf('liquid'));
    const keyed = new Keyed<Thing>((thing) => thing.key);
    for (const [worth, key] of ['costarring', 'liquid'].entries()) keyed.set({ key, worth });
    expect([keyed.get('costarring')?.worth, keyed.get('liquid')?.worth]).to.deep.equal([0, 1]);
    keyed.delete('costarring');
    expect([keyed.has('costarring'), keyed.get('liquid')?.worth]).to.deep.equal([false, 1]);
  });

  it('does not grow by what comes and goes', () => {
    const keyed = new Keyed<Thing>((thing) => thing.key);
    for (let i = 0; i < 100_000; i++) {
      keyed.set({ key: `${i}`, worth: i });
      keyed.delete(`${i - 10}`);
    }
    expect([...keyed.values()].map(({ worth }) => worth)).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => 99_990 + i),
    );
  });
});
