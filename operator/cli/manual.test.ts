import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { systemClock } from '../kube/clock.ts';
import { exitCodeText } from './exit.ts';
import { manualOf } from './manual.ts';
import { programOf } from './program.ts';

const file = 'docs/cli.md';
const [begin, end] = ['<!-- what follows is printed by the program -->\n', '\n<!-- until here -->'] as const;

describe('docs/cli.md', () => {
  it('says what the program says of itself (GOLDEN=write writes it anew)', () => {
    const program = programOf(
      {
        env: {},
        clock: systemClock,
        columns: undefined,
        program: 'homeostat',
        version: '',
        print: () => {},
        tell: () => {},
      },
      async () => {},
    );
    const text = readFileSync(file, 'utf8');
    const [before = '', rest = ''] = text.split(begin);
    const [, after = ''] = rest.split(end);
    const expected = `${before}${begin}\n${manualOf(program)}\n\n\`\`\`text\n${exitCodeText.trim()}\n\`\`\`\n${end}${after}`;
    if (process.env['GOLDEN'] === 'write') writeFileSync(file, expected);
    expect(readFileSync(file, 'utf8')).to.equal(expected);
  });
});
