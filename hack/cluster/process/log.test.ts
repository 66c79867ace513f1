import { expect } from 'chai';
import { explain } from './log.ts';

describe('explain', () => {
  it('prefers the lines that tell of a failure to the last ones', () => {
    const log = 'I1124 03:00:00 fine\nE1124 03:00:01 cannot load key\nI1124 03:00:02 bye\n';
    expect(explain(log)).to.deep.equal(['E1124 03:00:01 cannot load key']);
  });

  it('takes the last lines when none tells more', () => {
    expect(explain('one\ntwo\nthree\n', 2)).to.deep.equal(['two', 'three']);
  });

  it('leaves out stack traces and flag dumps, and cuts long lines', () => {
    const log = `panic: boom\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:3 +0x1d error\nI1124 03:00:00 flags.go:64] FLAG: --x="error"\nerror ${'x'.repeat(999)}`;
    const lines = explain(log);
    expect(lines).to.have.length(2);
    expect(lines[0]).to.equal('panic: boom');
    expect(lines[1]).to.have.length(400);
  });

  it('says nothing about an empty log', () => {
    expect(explain('')).to.deep.equal([]);
  });
});
