import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { lineProgress, silent } from './progress.ts';

describe('progress', () => {
  it('shows each step with its seconds, and the latest detail while it takes long', async () => {
    const lines: string[] = [];
    const result = await lineProgress((line) => lines.push(line), 20).step('build', async (detail) => {
      detail('2 of 9');
      await sleep(35);
      return 7;
    });
    expect(result).to.equal(7);
    expect(lines[0]).to.match(/^ {2}build: \d+\.\d s so far, 2 of 9$/);
    expect(lines.at(-1)).to.match(/^ {2}build +\d+\.\d s$/);
  });

  it('ends its signs of life with a step that fails', async () => {
    const lines: string[] = [];
    const failing = lineProgress((line) => lines.push(line), 5).step('build', () => Promise.reject(new Error('boom')));
    expect(await failing.catch((error: Error) => error.message)).to.equal('boom');
    await sleep(15);
    expect(lines).to.deep.equal([]);
  });

  it('can be silent', async () => {
    expect(await silent.step('build', async () => 7)).to.equal(7);
  });
});
