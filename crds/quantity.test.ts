import { expect } from 'chai';
import * as fc from 'fast-check';
import { percentage, quantity } from '../engine/quantity-schema.ts';
import { parseQuantity } from '../engine/quantity.ts';
import { limitOf } from './quantity.ts';
import { brokenRules } from './rules.ts';

describe('limitOf', () => {
  const table: [limit: number | string, total: number, allowed: number | undefined][] = [
    [2, 0, 2],
    [2, 100, 2],
    ['10%', 100, 10],
    ['10%', 99, 9],
    ['10%', 9, 0],
    ['100%', 7, 7],
    ['0%', 7, 0],
    ['33.3%', 1000, 333],
    ['7%', 100, 7], // 0.07 × 100 is 7.000000000000001 in doubles
    ['29%', 100, 29], // and 0.29 × 100 is 28.999999999999996
    ['10', 100, undefined],
    ['-10%', 100, undefined],
    ['ten', 100, undefined],
    [1.5, 100, undefined],
    [-1, 100, undefined],
  ];
  for (const [limit, total, allowed] of table)
    it(`of ${total}, ${JSON.stringify(limit)} allows ${allowed ?? 'nothing that can be said'}`, () =>
      expect(limitOf(limit, total)).to.equal(allowed));

  it('allows n of 100 for n%', () => {
    fc.assert(fc.property(fc.nat(100), (n) => limitOf(`${n}%`, 100) === n));
  });
});

/** Texts that look like quantities, right and wrong. */
const nearly = fc.tuple(
  fc.constantFrom('', '+', '-', ' '),
  fc.constantFrom('0', '7', '99', '100', '100.0', '100.1', '101', '12.', '.5', '.', '1.2.3', ''),
  fc.constantFrom('', '%', '%%', 'm', 'Mi', 'mi', 'K', 'k', 'E', 'e3', 'e-12', 'e123', 'E+2'),
);

describe('the schema of a quantity', () => {
  it('accepts exactly what can be read', () => {
    fc.assert(
      fc.property(nearly, (parts) => {
        const text = parts.join('');
        expect(brokenRules(quantity('Some.'), text)).to.have.length(parseQuantity(text) === undefined ? 1 : 0);
      }),
    );
  });

  it('of a percentage, what can be read as a share from 0 to 1', () => {
    fc.assert(
      fc.property(nearly, (parts) => {
        const text = parts.join('');
        const allowed = text.endsWith('%') && /^\d/.test(text) ? limitOf(text, 1000) : undefined;
        const share = allowed !== undefined && allowed <= 1000 && !text.startsWith('100.1');
        expect(brokenRules(percentage('Some.'), text), text).to.have.length(share ? 0 : 1);
      }),
    );
  });
});
