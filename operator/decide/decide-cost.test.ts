import { expect } from 'chai';
import type { Remediation } from '../../crds/remediation.ts';
import { BlockedWorld, blockedRemediations } from './decide.bench.ts';

/** How often any of these is looked at in one round of decisions about all of them, all blocked. */
function looks(count: number): number {
  let times = 0;
  const counted = (remediation: Remediation): Remediation =>
    new Proxy(remediation, {
      get(target, key): unknown {
        times++;
        return Reflect.get(target, key);
      },
    });
  const world = new BlockedWorld(blockedRemediations(count));
  world.settle(counted);
  times = 0;
  for (let index = 1; index < world.size; index++) expect(world.decide(index), `decision ${index}`).to.equal(true);
  return times;
}

describe('a round of decisions about Remediations that are blocked', () => {
  it('looks ten times as often at ten times as many, not a hundred times', () => {
    const [few, many] = [looks(100), looks(1000)];
    expect(few).to.be.greaterThan(100);
    expect(many / few).to.be.within(9, 12);
  });
});
