import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CpuQueue } from './cpu-queue.ts';

describe('CpuQueue', () => {
  let root = '';
  const program = (pid: string, comm: string, waits: Record<string, number>): void => {
    for (const [thread, nanoseconds] of Object.entries(waits)) {
      mkdirSync(join(root, pid, 'task', thread), { recursive: true });
      writeFileSync(join(root, pid, 'task', thread, 'schedstat'), `5 ${nanoseconds} 7\n`);
    }
    writeFileSync(join(root, pid, 'comm'), `${comm}\n`);
  };
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'queue-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  it('adds up what the threads of the program waited', () => {
    program('7', 'init', { 7: 9e9 });
    program('42', 'kubelet', { 42: 1_500_000, 43: 500_000 });
    expect(new CpuQueue(root, 'kubelet').waitedMs()).to.equal(2);
  });

  it('finds it again when it was started anew', () => {
    program('42', 'kubelet', { 42: 1e6 });
    const queue = new CpuQueue(root, 'kubelet');
    expect(queue.waitedMs()).to.equal(1);
    rmSync(join(root, '42'), { recursive: true });
    expect(queue.waitedMs()).to.equal(undefined);
    program('50', 'kubelet', { 50: 3e6 });
    expect(queue.waitedMs()).to.equal(3);
  });

  it('knows nothing where there is no /proc, and something of this very process', () => {
    expect(new CpuQueue(join(root, 'none'), 'kubelet').waitedMs()).to.equal(undefined);
  });
});
