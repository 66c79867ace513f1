import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { identify, isAlive, parseStat, residentMiB, signal, statOf } from './identity.ts';

describe('process identity', () => {
  it('counts the fields of /proc/PID/stat after a name with blanks and brackets', () => {
    const fields = ['S', '7', ...Array.from({ length: 17 }, () => '0'), '4711', '9'];
    expect(parseStat(`12 (a) b (c) ${fields.join(' ')}`)).to.deep.equal({ state: 'S', parent: 7, startTicks: '4711' });
    expect(parseStat('12 (short) S 7')).to.equal(undefined);
  });

  it('knows this process', () => {
    const self = identify(process.pid);
    expect(self?.pid).to.equal(process.pid);
    expect(self !== undefined && isAlive(self)).to.equal(true);
    expect(statOf(process.pid)?.parent).to.equal(process.ppid);
    expect(residentMiB(process.pid)).to.be.greaterThan(10);
  });

  it('takes a process of the same id that started at another time, or in another boot, for another one', () => {
    const self = identify(process.pid);
    if (self === undefined) throw new Error('no /proc');
    expect(isAlive({ ...self, startTicks: '1' })).to.equal(false);
    expect(isAlive({ ...self, boot: 'another' })).to.equal(false);
    expect(signal({ ...self, startTicks: '1' }, 'SIGKILL')).to.equal(false); // we are still here
  });

  it('sees the end of a process', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('sleep does not run');
    expect(signal(identity, 'SIGKILL')).to.equal(true);
    await once(child, 'exit');
    expect(isAlive(identity)).to.equal(false);
    expect(residentMiB(identity.pid)).to.equal(0);
  });
});
