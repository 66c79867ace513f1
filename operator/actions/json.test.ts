import { expect } from 'chai';
import fc from 'fast-check';
import { pointerKeys, pointerOf, sameJson, shown, shownPath, textOf, valueAt, valueOf } from './json.ts';

describe('JSON pointers', () => {
  it('survive any keys', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (keys) => {
        expect(pointerKeys(pointerOf(...keys))).to.deep.equal(keys);
      }),
    );
  });

  const cases: [pointer: string, value: unknown][] = [
    ['', { spec: { replicas: 2, list: [1] }, 'a/b': { '~c': null } }],
    ['/spec/replicas', 2],
    ['/a~1b', { '~c': null }],
    ['/a~1b/~0c', null],
    ['/spec/absent/deeper', undefined],
    ['/spec/list/0', undefined],
    ['/toString', undefined],
  ];
  for (const [pointer, value] of cases)
    it(`'${pointer}' finds ${JSON.stringify(value)}`, () => {
      const root = { spec: { replicas: 2, list: [1] }, 'a/b': { '~c': null } };
      expect(valueAt(root, pointer)).to.deep.equal(value);
    });

  it('are shown as people write them', () => {
    expect(shownPath('/spec/replicas')).to.equal('spec.replicas');
    expect(shownPath('/metadata/labels/app.kubernetes.io~1name')).to.equal('metadata.labels[app.kubernetes.io/name]');
  });
});

describe('JSON texts', () => {
  it('bring back any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(sameJson(valueOf(textOf(value)) ?? null, value)).to.equal(true);
      }),
    );
  });

  it('are absent for what is absent', () => {
    expect(textOf(undefined)).to.equal(undefined);
    expect(textOf(null)).to.equal(undefined);
    expect(valueOf(undefined)).to.equal(undefined);
    expect(shown(undefined)).to.equal('absent');
    expect(shown('x')).to.equal('"x"');
  });
});

describe('sameJson', () => {
  const same: [unknown, unknown][] = [
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ a: undefined }, {}],
    [[{ a: 1 }], [{ a: 1 }]],
  ];
  for (const [a, b] of same)
    it(`${JSON.stringify(a)} is ${JSON.stringify(b)}`, () => expect(sameJson(a, b)).to.equal(true));

  const different: [unknown, unknown][] = [
    [1, '1'],
    [{ a: null }, {}],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [{ a: { b: 1 } }, { a: { b: 2 } }],
    [true, undefined],
  ];
  for (const [a, b] of different)
    it(`${JSON.stringify(a)} is not ${JSON.stringify(b)}`, () => expect(sameJson(a, b)).to.equal(false));
});
