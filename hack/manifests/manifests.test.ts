import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { firstDifference } from './difference.ts';
import { manifests } from './render.ts';

describe('manifests', () => {
  it('are what the kinds say', () => {
    const generated = manifests();
    const found = globSync(['crds/manifests/*', 'charts/homeostat/files/{crds,admission}/*']);
    expect(found.toSorted()).to.deep.equal([...generated.keys()].toSorted());
    for (const [path, text] of generated)
      expect(firstDifference(readFileSync(path, 'utf8'), text), 'run `make manifests`').to.equal('');
  });
});

describe('firstDifference', () => {
  const table: [what: string, before: string, after: string, difference: string[]][] = [
    ['nothing of equal texts', 'a\nb\n', 'a\nb\n', []],
    ['a changed line among its neighbours', 'a\nb\nc\nd', 'a\nx\nc\nd', ['@@ line 2 @@', ' a', '-b', '-c', '+x', '+c']],
    ['lines that are missing at the end', 'a\nb', 'a', ['@@ line 2 @@', ' a', '-b']],
    ['a file that is not there', '', 'a', ['@@ line 1 @@', '-', '+a']],
  ];
  for (const [what, before, after, difference] of table)
    it(`shows ${what}`, () => expect(firstDifference(before, after, 2)).to.equal(difference.join('\n')));
});
