import { expect } from 'chai';
import { nameFor } from './names.ts';

describe('nameFor', () => {
  it('is the same for the same, and another for anything else', () => {
    expect(nameFor('leak', 'a', 'b')).to.equal(nameFor('leak', 'a', 'b'));
    const names = [nameFor('leak', 'a', 'b'), nameFor('leak', 'ab', ''), nameFor('leak', 'a'), nameFor('leak', 'a', 1)];
    expect(new Set(names).size).to.equal(names.length);
  });

  it('is a name of at most 63 characters whatever the prefix', () => {
    for (const prefix of ['a', 'x'.repeat(253), `${'x'.repeat(51)}.y`, `${'x'.repeat(51)}-y`])
      expect(nameFor(prefix, 'a'))
        .to.match(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
        .and.have.lengthOf.at.most(63);
  });
});
