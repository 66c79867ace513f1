import { expect } from 'chai';
import type { RemediationPlan } from '../../crds/remediation-plan.ts';
import type { Target } from '../../engine/evaluate/target.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { PolicyInForce } from './detection-policy/policies.ts';
import { Loads } from './loads.ts';

describe('Loads', () => {
  it('counts a target of two policies once, and what comes and goes at once', () => {
    const targets = new Map([
      ['a', ['x', 'y']],
      ['b', ['y', 'z']],
    ]);
    const of = (id: string): string[] => targets.get(id) ?? [];
    const policy = { metadata: { namespace: 'shop' }, spec: { routes: [{ to: 'Remediate', plan: 'fix' }] } };
    const inForce = ['a', 'b'].map((id) => ({ policy, compiled: { id } }) as unknown as PolicyInForce);
    const loads = new Loads({
      policies: { list: () => inForce.values() },
      counts: (id) => ({ Inactive: of(id).length - 1, Pending: 0, Firing: 1, Clearing: 0, Unknown: 0 }),
      targets: (id) => of(id).map((key) => ({ kind: 'Pod', key }) as Target),
      isLive: () => true,
      clock: new FakeClock(),
      rootNamespace: 'homeostat-system',
    });
    const plan = { metadata: { name: 'fix', namespace: 'shop' } } as RemediationPlan;
    const matched = (): number | undefined => loads.ofPlan(plan).matchedTargets;
    expect(matched()).to.equal(3);
    targets.set('b', ['y']);
    expect(matched()).to.equal(2);
    targets.set('a', ['x', 'y', 'w']);
    expect([matched(), loads.ofPlan(plan).load]).to.deep.equal([3, { matched: 4, firing: 2 }]);
  });
});
