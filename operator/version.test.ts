import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { version } from './version.ts';

it('the version is that of package.json', () => {
  const { version: expected } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(version).to.equal(expected);
});
