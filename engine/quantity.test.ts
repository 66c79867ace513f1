import { expect } from 'chai';
import * as fc from 'fast-check';
import { compareQuantities, parseQuantity, quantityNumber, toNumber, type Quantity } from './quantity.ts';

const read = (text: string): Quantity => {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`${text} was not read`);
  return quantity;
};

describe('parseQuantity', () => {
  const table: [text: string, value: number][] = [
    ['0', 0],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['+3', 3],
    ['-3', -3],
    ['90%', 0.9],
    ['99.99%', 0.9999],
    ['850m', 0.85],
    ['1u', 1e-6],
    ['1n', 1e-9],
    ['2k', 2000],
    ['100M', 1e8],
    ['1E', 1e18],
    ['1E3', 1000],
    ['1e-3', 0.001],
    ['1.5e+2', 150],
    ['1Ki', 1024],
    ['100Mi', 104_857_600],
    ['1.5Gi', 1_610_612_736],
    ['1Ei', 2 ** 60],
  ];
  for (const [text, value] of table) it(`reads ${text}`, () => expect(quantityNumber(text)).to.equal(value));

  for (const text of ['', ' 1', '1 ', '.', '-', '1,5', '1.2.3', '1K', '1kb', '1 %', '%', '1e', '1e999', '1Kim', 'NaN'])
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseQuantity(text)).to.equal(undefined);
      expect(() => quantityNumber(text)).to.throw(RangeError, 'is not a quantity such as "90%"');
    });

  const digits = fc.bigInt({ min: 0n, max: 10n ** 18n });

  it('loses nothing of a decimal fraction', () => {
    fc.assert(
      fc.property(digits, digits, (whole, fraction) => {
        const { coefficient, exponent } = read(`${whole}.${fraction}`);
        expect(coefficient).to.equal(BigInt(`${whole}${fraction}`));
        expect(exponent).to.equal(-String(fraction).length);
      }),
    );
  });

  it('means the same by 1000m, 1 and 100%, and by 1024Ki and 1Mi', () => {
    fc.assert(
      fc.property(digits, (n) => {
        expect(compareQuantities(read(`${n}000m`), read(`${n}`))).to.equal(0);
        expect(compareQuantities(read(`${n}00%`), read(`${n}`))).to.equal(0);
        expect(compareQuantities(read(`${n * 1024n}Ki`), read(`${n}Mi`))).to.equal(0);
      }),
    );
  });

  it('gives the double that JavaScript reads from the same digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e99, max: 1e99, noNaN: true }), (x) => {
        fc.pre(x === 0 || Math.abs(x) > 1e-98);
        // JavaScript writes large and small numbers with an exponent, which Kubernetes reads too.
        expect(toNumber(read(String(x)))).to.equal(x === 0 ? 0 : x);
      }),
    );
  });

  it('either reads a text or refuses it, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const quantity = parseQuantity(text);
        if (quantity !== undefined) expect(toNumber(quantity)).to.be.a('number').and.satisfy(Number.isFinite);
      }),
    );
  });
});

describe('compareQuantities', () => {
  it('orders what doubles cannot tell apart', () => {
    expect(compareQuantities(read('9007199254740993'), read('9007199254740992'))).to.equal(1);
    expect(compareQuantities(read('0.1'), read('100000000000000001n'))).to.equal(-1);
  });

  it('is an order', () => {
    const quantity = fc
      .record({
        n: fc.bigInt({ min: -1000n, max: 1000n }),
        suffix: fc.constantFrom('', 'm', '%', 'k', 'Ki', 'e2', 'e-2', 'n'),
      })
      .map(({ n, suffix }) => read(`${n}${suffix}`));
    fc.assert(
      fc.property(quantity, quantity, quantity, (a, b, c) => {
        expect(compareQuantities(a, b) + compareQuantities(b, a)).to.equal(0);
        if (compareQuantities(a, b) <= 0 && compareQuantities(b, c) <= 0)
          expect(compareQuantities(a, c)).to.be.at.most(0);
        expect(Math.sign(toNumber(a) - toNumber(b))).to.equal(compareQuantities(a, b));
      }),
    );
  });
});
