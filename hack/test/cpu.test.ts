import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { secondsOfChildren, secondsOfMachine } from './cpu.ts';

describe('seconds of CPU', () => {
  it('are those of children that have ended, and of the machine', function () {
    if (!existsSync('/proc/self/stat')) return this.skip();
    const [children, machine] = [secondsOfChildren(), secondsOfMachine()];
    const script = 'while (process.cpuUsage().user < 60_000) ;';
    expect(spawnSync(process.execPath, ['--eval', script]).status).to.equal(0);
    expect(secondsOfChildren() - children).to.be.at.least(0.05);
    expect(secondsOfMachine()).to.be.above(machine);
  });
});
