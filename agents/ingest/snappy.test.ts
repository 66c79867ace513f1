import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { SnappyError, unsnappy } from './snappy.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Literals only, which is a valid block of any bytes. */
function literals(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let length = bytes.length;
  const header: number[] = [];
  for (; length >= 128; length = Math.floor(length / 128)) header.push((length % 128) | 128);
  parts.push(Buffer.from([...header, length]));
  for (let at = 0; at < bytes.length; at += 70) {
    const part = bytes.subarray(at, at + 70);
    parts.push(
      part.length > 60 ? Buffer.from([60 << 2, part.length - 1]) : Buffer.from([(part.length - 1) << 2]),
      part,
    );
  }
  return Buffer.concat(parts);
}

describe('unsnappy', () => {
  it('reads what the reference implementation writes', () => {
    const packed = readFileSync(`${import.meta.dirname}/captures/write.snappy`);
    const text = unsnappy(packed, 100_000);
    expect(text.length).to.be.greaterThan(3 * packed.length);
    for (let till = 0; till < 40; till++) expect(text.includes(`till-${till}`)).to.equal(true);
  });

  for (const [what, block, expected] of [
    ['nothing', '00', ''],
    ['a literal', '03 08 61 62 63', 'abc'],
    ['a copy that repeats itself', '07 00 61 09 01', 'aaaaaaa'],
    ['a copy with an offset of two bytes', '06 08 61 62 63 0a 03 00', 'abcabc'],
    ['a copy with an offset of four bytes', '06 08 61 62 63 0b 03 00 00 00', 'abcabc'],
    ['a literal with its length in a byte', '03 f0 02 61 62 63', 'abc'],
  ] as const)
    it(`reads ${what}`, () => expect(unsnappy(hex(block), 100).toString()).to.equal(expected));

  for (const [what, block] of [
    ['nothing at all', ''],
    ['a length that does not end', 'ff ff ff ff ff 01'],
    ['a length that is too great', 'ff ff ff ff 0f 00'],
    ['more than is allowed', '65 00 61'],
    ['less than it says', '05 08 61 62 63'],
    ['more than it says', '02 08 61 62 63'],
    ['a literal that breaks off', '03 08 61'],
    ['a copy of what is before the beginning', '05 00 61 05 02'],
    ['a copy with offset 0', '05 00 61 05 00'],
    ['a copy that breaks off', '06 08 61 62 63 0a 03'],
  ] as const)
    it(`refuses ${what}`, () => expect(() => unsnappy(hex(block), 100)).to.throw(SnappyError));

  it('reads back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(unsnappy(literals(Buffer.from(bytes)), 400)).to.deep.equal(Buffer.from(bytes));
      }),
    );
  });

  it('bears any bytes', () => {
    const packed = readFileSync(`${import.meta.dirname}/captures/write.snappy`);
    const broken = fc.tuple(fc.nat(packed.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(packed);
      copy[at] = byte;
      return copy;
    });
    const any = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(any, broken), (bytes) => {
        try {
          expect(unsnappy(bytes, 100_000).length).to.be.at.most(100_000);
        } catch (error) {
          expect(error).to.be.instanceOf(SnappyError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
