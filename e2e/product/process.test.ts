import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { isAlive, identify } from '../../hack/cluster/process/identity.ts';
import { waitUntil } from '../../hack/cluster/process/wait.ts';

/** Starts a program that would run for ever, tells its process id, and then does what the test wants. */
const parent = (then: string, detached = false): string => `
  const { startProgram } = await import(${JSON.stringify(new URL('process.ts', import.meta.url).href)});
  const { pid } = startProgram('sleeper', ['-e', 'setInterval(() => {}, 1000)'], {}, { log: '/dev/null', detached: ${detached} });
  console.log(pid);
  ${then}
`;

describe('a program that was started', () => {
  const livesOn = async (script: string, signal?: NodeJS.Signals, patienceMs = 60_000): Promise<boolean> => {
    const process_ = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(process_, 'exit');
    const [said] = (await once(process_.stdout, 'data')) as [Buffer];
    const pid = Number(said.toString());
    const identity = identify(pid) ?? expect.fail('the program is not there');
    if (signal !== undefined) process_.kill(signal);
    await exited;
    const ended = await waitUntil(async () => !isAlive(identity), patienceMs, 20);
    if (ended === undefined) process.kill(pid, 'SIGKILL');
    return ended === undefined;
  };
  const wait = 'setInterval(() => {}, 1000);';

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`ends when who started it gets ${signal}`, async () => {
      expect(await livesOn(parent(wait), signal)).to.equal(false);
    });
  it('ends when who started it fails', async () => {
    expect(await livesOn(parent("setTimeout(() => { throw new Error('boom'); }, 100);"))).to.equal(false);
  });
  it('lives on when it was detached', async () => {
    expect(await livesOn(parent(wait, true), 'SIGTERM', 1000)).to.equal(true);
  });
});
