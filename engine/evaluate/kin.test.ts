import { expect } from 'chai';
import { decodeKin, encodeKin } from './kin.ts';

describe('kin', () => {
  it('is told as JSON and understood', () => {
    const kin = { of: new Map([['pod/x', 'uid-1.app']]), donors: new Set(['pod/x']) };
    expect(decodeKin(encodeKin(kin))).to.deep.equal(kin);
  });

  it('is nothing that could name other keys', () => {
    const of = { a: 'uid.app', b: '*.app', c: 'uid.>', d: 'uid.app.more', e: 7 };
    const told = JSON.stringify({ version: 1, of, donors: ['a', 7] });
    expect(decodeKin(told)).to.deep.equal({ of: new Map([['a', 'uid.app']]), donors: new Set(['a']) });
  });

  for (const text of ['', '[]', '{"version":2,"of":{},"donors":[]}', '{"version":1,"of":{}}'])
    it(`is not understood: ${text}`, () => expect(decodeKin(text)).to.equal(undefined));
});
