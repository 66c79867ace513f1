import { expect } from 'chai';
import { cpuSecondsOf, processesWith, Usage } from './usage.ts';

describe('what processes cost', () => {
  it('is read after a name with blanks and brackets', () => {
    const fields = ['S', '7', ...Array.from({ length: 9 }, () => '0'), '250', '50', '0'];
    expect(cpuSecondsOf(`12 (a) b (c) ${fields.join(' ')}`)).to.equal(3);
  });
  it('is that of this process, and nothing of one that is gone', () => {
    const { us, nobody } = new Usage({ us: [process.pid], nobody: [2 ** 30] }).end();
    expect(us?.residentMiB).to.be.greaterThan(10);
    expect(nobody).to.deep.equal({ cpuCores: 0, residentMiB: 0, processes: 1 });
  });
  it('finds processes by a line of their environment', () => {
    expect(processesWith(`no-such-${process.pid}=1`, process.execPath)).to.deep.equal([]);
  });
});
