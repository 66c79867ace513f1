import { expect } from 'chai';
import fc from 'fast-check';
import { canonical } from './canonical.ts';

describe('canonical', () => {
  const cases: [value: unknown, text: string][] = [
    [{ b: 1, a: [undefined, 'x'] }, '{"a":[null,"x"],"b":1}'],
    [{ a: undefined }, '{}'],
    ['"', '"\\""'],
    [undefined, 'null'],
    [{ é: 1, z: { y: null, x: true } }, '{"z":{"x":true,"y":null},"é":1}'],
  ];
  for (const [value, text] of cases) it(text, () => expect(canonical(value)).to.equal(text));

  it('is JSON of the same value, whatever the order of its keys', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, member]) => [key, reversed(member)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonical(reversed(value))).to.equal(canonical(value));
        expect(JSON.parse(canonical(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
