import { expect } from 'chai';
import { Examined } from './examined.ts';

describe('what is wrong with objects', () => {
  const object = (uid: string, generation: number, resourceVersion = '1') => ({
    metadata: { namespace: 'shop', name: 'a', uid, generation, resourceVersion },
  });

  it('is found out once for each generation of each object of a name', () => {
    const seen: string[] = [];
    const examined = new Examined<ReturnType<typeof object>>(({ metadata: { uid, generation } }) => {
      seen.push(`${uid} ${generation}`);
      return [{ path: 'spec', message: `${uid} ${generation}` }];
    });
    for (const each of [object('x', 1), object('x', 1, '2'), object('x', 2), object('y', 2), object('y', 2)]) {
      const { uid, generation } = each.metadata;
      expect(examined.problemsOf(each)).to.deep.equal([{ path: 'spec', message: `${uid} ${generation}` }]);
    }
    expect(seen).to.deep.equal(['x 1', 'x 2', 'y 2']);
    examined.forget('shop/a');
    examined.problemsOf(object('y', 2));
    expect(seen).to.have.length(4);
  });

  it('is never found in a status, which is written without a new generation', () => {
    const examined = new Examined<ReturnType<typeof object> & { status?: object }>((asked) =>
      asked.status === undefined ? [] : [{ path: 'status', message: 'is of an older schema' }],
    );
    expect(examined.problemsOf({ ...object('x', 1), status: { conditions: [{}] } })).to.deep.equal([]);
  });
});
