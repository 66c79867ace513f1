import { expect } from 'chai';
import { bits, boolean, element, explicit, implicit, octets, oid, sequence, set, time, unsigned, utf8 } from './der.ts';

const table: readonly (readonly [what: string, encoded: Buffer, hex: string])[] = [
  ['a small integer', unsigned(Buffer.of(5)), '020105'],
  ['an integer with its first bit set gets a zero before it', unsigned(Buffer.of(0x80)), '02020080'],
  ['leading zeros are dropped', unsigned(Buffer.of(0, 0, 1)), '020101'],
  ['zero', unsigned(Buffer.of(0)), '020100'],
  ['an object identifier', oid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
  ['a boolean', boolean(true), '0101ff'],
  ['a text', utf8('é'), '0c02c3a9'],
  ['a bit string', bits(Buffer.of(6), 1), '03020106'],
  ['bytes', octets(Buffer.of(1, 2)), '04020102'],
  ['nested forms', sequence(set(boolean(false))), '30053103010100'],
  ['context tags', explicit(3, implicit(2, Buffer.of(9))), 'a303820109'],
  ['a time before 2050', time(new Date('2049-12-31T23:59:58.900Z')), '170d3439313233313233353935385a'],
  ['a time from 2050 on', time(new Date('2050-01-01T00:00:00Z')), '180f32303530303130313030303030305a'],
];

describe('DER', () => {
  for (const [what, encoded, hex] of table) {
    it(`encodes ${what}`, () => expect(encoded.toString('hex')).to.equal(hex));
  }

  it('uses the long form of a length from 128 bytes on', () => {
    expect(element(4, Buffer.alloc(127)).subarray(0, 2).toString('hex')).to.equal('047f');
    expect(element(4, Buffer.alloc(128)).subarray(0, 3).toString('hex')).to.equal('048180');
    expect(element(4, Buffer.alloc(256)).subarray(0, 4).toString('hex')).to.equal('04820100');
  });
});
