import { expect } from 'chai';
import { sharing } from './share.ts';

describe('sharing', () => {
  it('answers the first of those that are equal', () => {
    const share = sharing();
    const first = { app: 'web', list: [1] };
    expect(share(first)).to.equal(first);
    expect(share({ app: 'web', list: [1] })).to.equal(first);
    expect(share({ app: 'api', list: [1] })).to.deep.equal({ app: 'api', list: [1] });
  });

  it('tells a text from what it looks like, and knows nothing of what is absent', () => {
    const share = sharing();
    expect(share({})).to.deep.equal({});
    expect(share('{}')).to.equal('{}');
    expect(share(undefined)).to.equal(undefined);
  });

  it('forgets what is not asked for any more, and not what is', () => {
    const share = sharing(10);
    const [kept, gone] = [{ kept: true }, { kept: false }];
    share(kept);
    share(gone);
    for (let i = 0; i < 100; i++) {
      share({ i });
      expect(share({ kept: true })).to.equal(kept);
    }
    expect(share({ kept: false })).not.to.equal(gone);
  });
});
