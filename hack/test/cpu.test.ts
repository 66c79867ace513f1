import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { secondsOfChildren, secondsOfMachine } from './cpu.ts';

describe('seconds of CPU', () => {
  it('are those of children that have ended, and of the machine', () => {
    const [children, machine] = [secondsOfChildren(), secondsOfMachine()];
    const script = 'while (process.cpuUsage().user < 60_000) ;';
    expect(spawnSync(process.execPath, ['--eval', script]).status).to.equal(0);
    // Without /proc nothing is known of children.
    expect(secondsOfChildren() - children).to.be.at.least(existsSync('/proc/self/stat') ? 0.05 : 0);
    expect(secondsOfMachine()).to.be.above(machine);
  });
});
