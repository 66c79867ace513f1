import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';

/** Whether golden files are to be written anew: `GOLDEN=write npx mocha …`, then read the difference. */
const isWriting = process.env['GOLDEN'] === 'write';

/** Compares a printed text with `golden/<name>.txt`. */
export function expectGolden(name: string, text: string): void {
  const file = `operator/cli/golden/${name}.txt`;
  if (isWriting) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
  expect(`${text}\n`, `${file} (GOLDEN=write writes it anew)`).to.equal(
    existsSync(file) ? readFileSync(file, 'utf8') : '',
  );
}
