import { expect } from 'chai';
import { Registry } from 'prom-client';
import { validPolicy } from '../../../crds/testing/valid.ts';
import { silentLogger } from '../../kube/logger.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Shedder, type Sheddable } from './shedder.ts';

const policy = (id: string, severity: 'Info' | 'Warning' | 'Critical'): Sheddable => ({
  id,
  policy: {
    ...validPolicy(),
    metadata: { name: id, namespace: 'shop', uid: id },
    spec: { ...validPolicy().spec, severity },
  },
});

/** A shedder whose lag and policies a test sets; messages are read as it says. */
function arrange(...all: Sheddable[]) {
  const clock = new FakeClock();
  const registry = new Registry();
  const world = {
    policies: all,
    lagMs: 0 as number | undefined,
    skips: 0,
    suspended: [] as string[],
    changed: [] as string[],
  };
  const shedder = new Shedder({
    policies: () => world.policies,
    lagMs: () => world.lagMs,
    suspendOnly: (ids, atMs) => void (world.suspended = [...ids, `at ${atMs}`]),
    skip: () => void world.skips++,
    limits: { lagMs: 1000, skipLagMs: 10_000, holdMs: 10_000 },
    clock,
    logger: silentLogger,
    registry,
    onChange: (changed, atMs) => void world.changed.push(...changed.map(({ id }) => `${id} at ${atMs}`)),
  });
  shedder.start();
  return { clock, registry, world, shedder };
}

describe('Shedder', () => {
  it('sheds between two messages what it has decided by the clock, and gives it back', async () => {
    const { clock, world, shedder, registry } = arrange(policy('b', 'Critical'), policy('a', 'Info'));
    shedder.between(1);
    world.lagMs = 3000;
    await clock.advance(3000);
    expect(shedder.shed('a')).to.equal(undefined);
    expect(world.suspended).to.deep.equal([]);
    shedder.between(2);
    expect(world.suspended).to.deep.equal(['a', 'at 2']);
    expect(shedder.shed('a')).to.deep.include({ sinceMs: 2, lagMs: 3000 });
    world.lagMs = 0;
    await clock.advance(5000);
    shedder.between(3);
    expect(world.changed).to.deep.equal(['a at 2']);
    await clock.advance(10_000);
    shedder.between(4);
    expect(world.suspended).to.deep.equal(['at 4']);
    expect(shedder.list()).to.deep.equal([]);
    expect(world.changed).to.deep.equal(['a at 2', 'a at 4']);
    const text = await registry.metrics();
    expect(text)
      .to.include('homeostat_policies_shed 0')
      .and.include('homeostat_policy_sheddings_total{change="Shed"} 1');
    expect(text).to.match(/homeostat_policies_shed_seconds_total 1[3-6]/);
    shedder.stop();
  });

  it('sheds what has become the least important, and no more for what was deleted', async () => {
    const { clock, world, shedder } = arrange(policy('c', 'Critical'), policy('b', 'Warning'), policy('a', 'Info'));
    world.lagMs = 3000;
    await clock.advance(3000);
    shedder.between(1);
    world.lagMs = 500;
    world.policies = [policy('c', 'Critical'), policy('b', 'Warning'), policy('a', 'Critical')];
    await clock.advance(250);
    shedder.between(2);
    expect(world.suspended).to.deep.equal(['b', 'at 2']);
    expect(world.changed).to.deep.equal(['a at 1', 'b at 2', 'a at 2']);
    world.policies = [policy('c', 'Critical'), policy('a', 'Critical')];
    await clock.advance(250);
    shedder.between(3);
    expect(world.suspended).to.deep.equal(['at 3']);
    shedder.stop();
  });

  it('skips when nothing is left to shed', async () => {
    const { clock, world, shedder } = arrange(policy('a', 'Info'));
    world.lagMs = 11_000;
    await clock.advance(4000);
    expect(world.skips).to.be.within(1, 2);
    expect(shedder.list()).to.deep.equal([]);
    shedder.stop();
  });

  it('does nothing while the past is read', async () => {
    const { clock, world, shedder } = arrange(policy('a', 'Info'), policy('b', 'Info'));
    world.lagMs = undefined;
    await clock.advance(60_000);
    shedder.between(1);
    expect(world).to.deep.include({ skips: 0, suspended: [] });
    shedder.stop();
  });
});
