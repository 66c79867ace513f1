import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { withLock } from './lock.ts';

describe('lock', () => {
  let name = '';
  let number = 0;
  beforeEach(() => (name = `test ${process.pid} ${number++}`));
  const quiet = (): void => undefined;

  it('lets one work at a time, and tells the other whom it waits for', async () => {
    const order: string[] = [];
    const holders: number[] = [];
    const first = withLock(
      name,
      async () => {
        order.push('first begins');
        await sleep(60);
        order.push('first ends');
      },
      quiet,
      1000,
    );
    const second = withLock(
      name,
      async () => order.push('second'),
      (holder) => holders.push(holder),
      1000,
    );
    await Promise.all([first, second]);
    expect(order).to.deep.equal(['first begins', 'first ends', 'second']);
    expect(holders).to.deep.equal([process.pid]);
  });

  it('lets one of many work at a time', async () => {
    let working = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++working);
      await sleep(1);
      working--;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(name, work, quiet, 5000)));
    expect(most).to.equal(1);
  });

  it('is another one for another name', async () => {
    const both = withLock(name, () => withLock(`${name}, other`, async () => 'both', quiet, 50), quiet, 50);
    expect(await both).to.equal('both');
  });

  it('is given back when the work fails', async () => {
    const failing = withLock(name, () => Promise.reject(new Error('boom')), quiet, 100);
    expect(await failing.catch((error: Error) => error.message)).to.equal('boom');
    expect(await withLock(name, async () => 'worked', quiet, 100)).to.equal('worked');
  });

  it('of a process that is killed is free', async () => {
    const script = `
      const { withLock } = await import(${JSON.stringify(new URL('lock.ts', import.meta.url).href)});
      await withLock(${JSON.stringify(name)}, () => { console.log('has it'); return new Promise(() => setInterval(() => {}, 1000)); }, () => {}, 100);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const holders: number[] = [];
    const waiting = withLock(
      name,
      async () => 'worked',
      (holder) => {
        holders.push(holder);
        child.kill('SIGKILL');
      },
      60_000,
    );
    expect(await waiting).to.equal('worked');
    expect(holders).to.deep.equal([child.pid]);
  });

  it('is free for whoever cleans up at the end of a process that has it', () => {
    const lock = JSON.stringify(new URL('lock.ts', import.meta.url).href);
    const cleaner = `
      const { withLock } = await import(${lock});
      await withLock(${JSON.stringify(name)}, async () => console.log('cleaned'), () => {}, 60_000);
    `;
    const holder = `
      const { spawnSync } = await import('node:child_process');
      const { withLock } = await import(${lock});
      process.once('exit', () => spawnSync(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(cleaner)}], { stdio: 'inherit' }));
      await withLock(${JSON.stringify(name)}, async () => process.exit(3), () => {}, 100);
    `;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', holder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect({ status, stdout }).to.deep.equal({ status: 3, stdout: 'cleaned\n' });
  });

  it('that stays held is given up on', async () => {
    const { promise: over, resolve: release } = Promise.withResolvers<void>();
    const held = withLock(name, () => over, quiet, 60_000);
    const waiting = withLock(name, async () => 'worked', quiet, 50);
    expect(await waiting.catch((error: Error) => error.message)).to.match(/is still held after 0.05 s$/);
    release();
    await held;
  });
});
