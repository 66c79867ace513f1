import { expect } from 'chai';
import fc from 'fast-check';
import {
  doubleOf,
  fieldsOf,
  fixed64Of,
  int64Of,
  messageOf,
  ProtobufError,
  sfixed64Of,
  textOf,
  varintsOf,
} from './protobuf.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const first = (text: string) => fieldsOf(hex(text))[0] ?? { number: 0, varint: 0n, bytes: Buffer.alloc(0) };

describe('fieldsOf', () => {
  // As the encoding guide of protocol buffers has them, and what google's library writes.
  it('reads numbers, texts and messages', () => {
    expect(int64Of(first('08 96 01'))).to.equal(150);
    expect(int64Of(first('08 ff ff ff ff ff ff ff ff ff 01'))).to.equal(-1);
    expect(int64Of(first('08 80 80 80 80 80 80 80 80 80 01'))).to.equal(-(2 ** 63));
    expect(textOf(first('12 07 74 65 73 74 69 6e 67'))).to.equal('testing');
    expect(int64Of(fieldsOf(first('1a 03 08 96 01').bytes)[0] ?? first(''))).to.equal(150);
    expect(doubleOf(first('09 00 00 00 00 00 00 f4 bf'))).to.equal(-1.25);
    expect(fixed64Of(first('11 ff ff ff ff ff ff ff ff'))).to.equal(2n ** 64n - 1n);
    expect(sfixed64Of(first('31 fd ff ff ff ff ff ff ff'))).to.equal(-3);
    expect(fieldsOf(hex('0d 01 02 03 04 f8 ff ff ff 0f 01')).map(({ number }) => number)).to.deep.equal([1, 536870911]);
  });

  for (const [what, bytes] of [
    ['a number that breaks off', '08 96'],
    ['a number of eleven bytes', '08 ff ff ff ff ff ff ff ff ff ff 01'],
    ['a text that breaks off', '12 07 74'],
    ['a length beyond everything', '12 ff ff ff ff ff ff ff ff ff 01 00'],
    ['eight bytes that are seven', '09 00 00 00 00 00 00 f4'],
    ['field 0', '00 01'],
    ['a group', '0b 0c'],
  ] as const)
    it(`refuses ${what}`, () => expect(() => fieldsOf(hex(bytes))).to.throw(ProtobufError));

  it('refuses a number that has not its bytes', () => {
    expect(() => doubleOf(first('0d 01 02 03 04'))).to.throw(ProtobufError);
    expect(() => fixed64Of(first('08 01'))).to.throw(ProtobufError);
  });

  it('reads back what is written', () => {
    const field = fc.tuple(
      fc.integer({ min: 1, max: 20_000 }),
      fc.oneof(
        fc.nat(),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      ),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
        const read = fieldsOf(messageOf(...fields)).map(({ number, varint, bytes }, index) => [
          number,
          typeof fields[index]?.[1] === 'number' ? Number(varint) : bytes,
        ]);
        expect(read).to.deep.equal(fields);
      }),
    );
  });

  it('reads numbers that are packed, and those that are not', () => {
    expect(varintsOf(first('0a 03 01 ac 02'))).to.deep.equal([1, 300]);
    expect(fieldsOf(hex('08 01 08 ac 02')).flatMap(varintsOf)).to.deep.equal([1, 300]);
  });

  it('bears any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          fieldsOf(Buffer.from(bytes));
        } catch (error) {
          expect(error).to.be.instanceOf(ProtobufError);
        }
      }),
    );
  });
});
