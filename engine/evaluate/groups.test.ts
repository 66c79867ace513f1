import { expect } from 'chai';
import { Groups } from './groups.ts';
import type { Target } from './target.ts';

const workload = (uid: string): NonNullable<Target['workload']> => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: uid,
  uid,
});
const target = (changes: Partial<Target>): Target => ({
  kind: 'Pod',
  key: '',
  uid: '',
  namespace: 'shop',
  name: '',
  labels: {},
  ...changes,
});

describe('groups', () => {
  const joined = (...targets: Target[]): { groups: Groups; of: number[] } => {
    const groups = new Groups();
    groups.grow(targets.length);
    for (const [slot, each] of targets.entries()) groups.join(slot, each);
    return { groups, of: [...groups.of] };
  };

  it('has the pods of a workload together, apart from those of another', () => {
    const [web, cart] = [{ workload: workload('web') }, { workload: workload('cart') }];
    expect(joined(target(web), target(cart), target(web)).of).to.deep.equal([0, 1, 0]);
  });

  it('has containers of one name together', () => {
    const container = (name: string): Target =>
      target({ kind: 'Container', container: name, workload: workload('web') });
    expect(joined(container('app'), container('log'), container('app')).of).to.deep.equal([0, 1, 0]);
  });

  it('has all nodes together, and bare pods and workloads alone', () => {
    expect(joined(target({ kind: 'Node' }), target({}), target({ kind: 'Node' })).of).to.deep.equal([0, -1, 0]);
    expect(joined(target({ kind: 'Workload', workload: workload('web') })).of).to.deep.equal([-1]);
  });

  it('uses a number again when nobody has it any more', () => {
    const { groups } = joined(target({ workload: workload('a') }), target({ workload: workload('a') }));
    groups.join(0, target({ workload: workload('b') }));
    expect([...groups.of]).to.deep.equal([1, 0]);
    groups.leave(1);
    groups.join(1, target({ workload: workload('c') }));
    expect([...groups.of]).to.deep.equal([1, 0]);
    groups.join(1, target({ workload: workload('b') }));
    expect([...groups.of]).to.deep.equal([1, 1]);
  });
});
