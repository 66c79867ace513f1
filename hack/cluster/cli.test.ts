import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect } from 'chai';
import { cli } from './cli.ts';
import { parseTarget } from './faults.ts';

describe('command line', () => {
  let home = '';
  before(() => (home = mkdtempSync(join(tmpdir(), 'cli-'))));
  after(() => rmSync(home, { recursive: true }));

  /** What a person sees: the lines written, then the message of the failure. */
  const type = async (...words: readonly string[]): Promise<string> => {
    const lines: string[] = [];
    const quiet = (command: Command): void => {
      command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
      command.commands.forEach(quiet);
    };
    const program = cli((line) => lines.push(line), { HOME: home });
    quiet(program);
    try {
      await program.parseAsync(words, { from: 'user' });
    } catch (error) {
      lines.push(error instanceof Error ? error.message : String(error));
    }
    return lines.join('\n');
  };

  const table: readonly (readonly [words: string, answer: RegExp])[] = [
    ['frobnicate', /unknown command 'frobnicate'/],
    ['up --nodes many', /argument 'many' is invalid. It has to be a whole number/],
    ['up --nodes 12', /--nodes is 12; it can be 0 to 9/],
    ['up --fake 10001', /--fake is 10001; it can be 0 to 10000/],
    ['up --profile slow', /argument 'slow' is invalid. It has to be one of fast, default, scale/],
    ['up --name ../x', /cluster name "..\/x" is not valid/],
    ['status', /^there is no cluster dev$/],
    ['status --name ci', /^there is no cluster ci$/],
    ['down', /^there is no cluster dev$/],
    ['kill nats', /^cluster dev does not run; start it with "up"$/],
    ['exec node1 -- id', /^cluster dev does not run/],
    ['image a --bundle x.js', /^cluster dev does not run/],
    ['image a', /^give either --bundle or --rootfs$/],
    ['image a --bundle x.js --rootfs d', /^give either --bundle or --rootfs$/],
  ];
  for (const [words, answer] of table) {
    it(`answers "${words}"`, async () => expect(await type(...words.split(' '))).to.match(answer));
  }
});

describe('what can be broken', () => {
  it('is a part of the control plane, or a program of a real node', () => {
    expect(parseTarget('nats')).to.equal('nats');
    expect(parseTarget('node1')).to.deep.equal({ node: 'node1', program: 'kubelet' });
    expect(parseTarget('node2', 'containerd')).to.deep.equal({ node: 'node2', program: 'containerd' });
  });
  for (const words of ['fake-0', 'node0', 'node1 bash', '']) {
    const [name = '', program] = words.split(' ');
    it(`is not ${JSON.stringify(words)}`, () => {
      expect(() => parseTarget(name, program)).to.throw(/is nothing to break: it can be etcd, nats/);
    });
  }
});
