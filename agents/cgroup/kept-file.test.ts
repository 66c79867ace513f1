import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KeptFile } from './kept-file.ts';

describe('KeptFile', () => {
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-kept-'));
  const path = join(directory, 'file');
  const reading = (content: string): KeptFile => {
    writeFileSync(path, content);
    return new KeptFile(path);
  };
  after(() => rmSync(directory, { recursive: true }));

  it('takes numbers from the bytes', () => {
    expect(reading('123456789012345\n').read()?.numberAt(0)).to.equal(123_456_789_012_345);
    expect(reading('9223372036854771712\n').read()?.numberAt(0)).to.be.above(2 ** 62);
    expect(reading('-1\n').read()?.numberAt(0)).to.be.NaN;
    expect(reading('max\n').read()?.numberAt(0)).to.be.NaN;
    expect(reading('').read()?.numberAt(0)).to.be.NaN;
  });

  it('finds values by whole keys', () => {
    const text = reading('total_inactive_file 1\ninactive_file 22\nfile 333\nsome avg10=0.5 total=4444\nlast 5').read();
    expect(text?.valueOf('inactive_file')).to.equal(22);
    expect(text?.valueOf('file')).to.equal(333);
    expect(text?.valueOf('total')).to.equal(4444);
    expect(text?.valueOf('last')).to.equal(5);
    expect(text?.valueOf('inactive')).to.be.NaN;
  });

  it('finds nothing of what it read before', () => {
    expect(reading('some key 7\nmore 8\n').read()?.valueOf('more')).to.equal(8);
    expect(reading('some\n').read()?.valueOf('more')).to.be.NaN;
    expect(reading('123').read()?.numberAt(0)).to.equal(123);
    expect(reading('4').read()?.numberAt(0)).to.equal(4);
  });

  it('reads to the end what the kernel gives a page at a time', async function () {
    if (process.platform !== 'linux') this.skip();
    // Of a process that does nothing: that of the tests has more than fits, the more the longer it runs.
    const idle = spawn(process.execPath, ['-e', 'console.log("here"); setInterval(() => {}, 60_000)']);
    try {
      await once(idle.stdout, 'data');
      const file = new KeptFile(`/proc/${idle.pid}/maps`);
      const text = file.read()?.toString() ?? '';
      file.close();
      expect(text.length).to.be.above(4096);
      expect(text).to.match(/\[stack\]/);
      expect(text.endsWith('\n')).to.equal(true);
    } finally {
      idle.kill();
    }
  });

  it('reads the file that it opened, until that is closed', () => {
    const file = reading('1');
    expect(file.read()?.numberAt(0)).to.equal(1);
    writeFileSync(`${path}.new`, '2');
    renameSync(`${path}.new`, path);
    expect(file.read()?.numberAt(0)).to.equal(1);
    file.close();
    expect(file.read()?.numberAt(0)).to.equal(2);
    file.close();
  });

  it('asks less and less often for what is not there, and notices when it comes', () => {
    const file = reading('1');
    unlinkSync(path);
    const found: number[] = [];
    for (let attempt = 1; attempt <= 200; attempt++) {
      if (attempt === 10) writeFileSync(path, '1');
      if (file.read() !== undefined) found.push(attempt);
    }
    expect(found[0]).to.equal(15); // asked in vain at 1, 3 and 7
    expect(found).to.have.length(186);
    file.close();
  });
});
