import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../kube/clock.ts';
import { argumentsOf } from './complete.ts';
import { programOf } from './program.ts';
import { Terminal } from './testing/terminal.ts';

describe('completion', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  // The last word is the one being typed; "" when none is.
  const lines: [line: string, offered: string[]][] = [
    ['sta', ['status']],
    ['re', ['resume', 'record']],
    ['status --al', ['--all-namespaces']],
    ['status --exit', ['--exit-code']],
    ['status -o ""', ['wide', 'json', 'yaml', 'name']],
    ['status -n ""', ['homeostat-system', 'shop']],
    ['status --namespace=shop --col', ['--color']],
    ['status ""', []],
    ['why pod ""', ['bare-1', 'cart-7f9c']],
    ['why no', ['node']],
    ['why rem restart-leaky-9', ['restart-leaky-9a2c']],
    ['why secret ""', []],
    ['diff p', ['plan']],
    ['diff plan ""', ['restart-leaky']],
    ['approve ""', ['restart-leaky-1b2c']],
    ['cancel ""', ['restart-leaky-1b2c', 'restart-leaky-9a2c']],
    ['undo -n shop ""', ['restart-leaky-1b2c', 'restart-leaky-77aa', 'restart-leaky-9a2c']],
    ['undo -n homeostat-system ""', []],
    ['verdict ""', ['memory-leak-4f1d']],
    ['status --as bob --as-group=ops --as-group sre -n ""', ['homeostat-system', 'shop']],
    ['metrics k8s.container.o', ['k8s.container.oom_kills']],
    ['metrics k8s.pod.ready ""', []],
    ['verdict memory-leak-4f1d ""', ['TruePositive', 'FalsePositive']],
    ['resume -n homeostat-system ""', ['freeze']],
    ['pause --reason ""', []],
    ['completion z', ['zsh']],
    ['nothing ""', []],
  ];
  for (const [line, offered] of lines) {
    it(`offers after ${line}: ${offered.join(' ')}`, async () => {
      const { code, out, error } = await terminal.run(`__complete ${line}`);
      expect([code, error]).to.deep.equal([0, '']);
      const shown = out.split('\n');
      expect(shown.slice(-2)).to.deep.equal([':4', '']);
      if (line === 'nothing ""') expect(shown).to.include('status');
      else expect(shown.slice(0, -2)).to.deep.equal(offered);
    });
  }

  it('says nothing of a cluster that is away', async () => {
    terminal.http.answer = (response) => response.destroy();
    const { code, out, error } = await terminal.run('__complete approve ""');
    expect([code, out, error]).to.deep.equal([0, ':4\n', '']);
  });

  it('knows every command', () => {
    const surroundings = { env: {}, clock: systemClock, columns: undefined, program: 'homeostat', version: '1' };
    const silent = { ...surroundings, print: () => {}, tell: () => {} };
    const names = programOf(silent, async () => {}).commands.map((command) => command.name());
    expect(Object.keys(argumentsOf).toSorted()).to.deep.equal(names.toSorted());
  });

  for (const shell of ['bash', 'zsh', 'fish']) {
    it(`has a script for ${shell} that asks the program`, async () => {
      expect((await terminal.run(`completion ${shell}`)).out).to.include('homeostat __complete ');
    });

    const isInstalled = spawnSync(shell, ['-c', 'true']).status === 0;
    (isInstalled || shell === 'bash' ? it : it.skip)(`has a script that ${shell} understands`, async () => {
      const { out: script } = await terminal.run(`completion ${shell}`);
      inDirectory((directory) => {
        const file = join(directory, 'completion');
        writeFileSync(file, script);
        const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
        expect([status, stderr]).to.deep.equal([0, '']);
      });
    });
  }

  it('is what bash offers: it asks with the words up to the cursor, and takes each line for one word', async () => {
    const { out: script } = await terminal.run('completion bash');
    inDirectory((directory) => {
      const echo = '#!/bin/sh\n[ "$1" = __complete ] || exit 1\nshift\n(IFS=,; echo "$*"); echo "one two"; echo :4\n';
      writeFileSync(join(directory, 'homeostat'), echo, { mode: 0o755 });
      const typed = 'COMP_WORDS=(homeostat why pod "" after) COMP_CWORD=3; _homeostat';
      const shown = 'printf "%s\\n" "${COMPREPLY[@]}"; complete -p homeostat';
      const env = { ...process.env, PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}` };
      const ran = spawnSync('bash', ['-c', `${script}\n${typed}\n${shown}`], { env, encoding: 'utf8' });
      expect([ran.stderr, ran.stdout]).to.deep.equal(['', 'why,pod,\none two\ncomplete -F _homeostat homeostat\n']);
    });
  });
});

/** With an empty directory that goes away with it. */
function inDirectory(use: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-completion-'));
  try {
    use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
