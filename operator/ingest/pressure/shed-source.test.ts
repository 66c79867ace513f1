import { expect } from 'chai';
import { shedSubject } from '../../../engine/frame/subject.ts';
import { silentLogger } from '../../kube/logger.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { decodeShed, encodeShed } from './shed-message.ts';
import { ShedSource } from './shed-source.ts';

function arrange() {
  const clock = new FakeClock();
  const world = { shed: [] as string[], atMs: 100, isAway: false, told: [] as string[] };
  const publish = (subject: string, bytes: Uint8Array): Promise<{ duplicate: boolean }> => {
    if (world.isAway) return Promise.reject(new Error('away'));
    expect(subject).to.equal(shedSubject());
    const { atMs, policies, skipped } = decodeShed(bytes) ?? expect.fail('not understood');
    world.told.push(`${atMs}: ${policies.join(' ')}${skipped === undefined ? '' : ` after ${skipped.afterMs}`}`);
    return Promise.resolve({ duplicate: false });
  };
  const source = new ShedSource({
    bus: { publish },
    clock,
    logger: silentLogger,
    random: () => 0.5,
    shed: () => world.shed,
    atMs: () => world.atMs,
  });
  const change = (atMs: number, ...shed: string[]): void => {
    world.shed = shed;
    source.changed(atMs);
  };
  return { clock, world, source, change };
}

describe('ShedSource', () => {
  it('tells how it is when it begins, and every change in its order', async () => {
    const { clock, world, source, change } = arrange();
    change(1, 'shop/early');
    world.shed = [];
    source.setActive(true);
    change(101.25, 'shop/a');
    change(102, 'shop/a', 'shop/b');
    source.changed(103, { afterMs: 102.5, beforeMs: 103 });
    await clock.advance(0);
    expect(world.told).to.deep.equal([
      '100: ',
      '101.25: shop/a',
      '102: shop/a shop/b',
      '103: shop/a shop/b after 102.5',
    ]);
    source.setActive(false);
    change(104);
    await clock.advance(1000);
    expect(world.told).to.have.length(4);
  });

  it('tells it later when it cannot be stored, the last hundred changes at most', async () => {
    const { clock, world, source, change } = arrange();
    world.isAway = true;
    source.setActive(true);
    for (let i = 0; i < 200; i++) change(i, `shop/${i}`);
    await clock.advance(5000);
    world.isAway = false;
    await clock.advance(5000);
    expect(world.told).to.have.length(100);
    expect(world.told.at(-1)).to.equal('199: shop/199');
    source.setActive(false);
  });

  it('repeats itself while anything is shed', async () => {
    const { clock, world, source, change } = arrange();
    source.setActive(true);
    change(101, 'shop/a');
    await clock.advance(0);
    world.atMs = 300_101;
    await clock.advance(300_000);
    expect(world.told.at(-1)).to.equal('300101: shop/a');
    change(300_200);
    await clock.advance(1_000_000);
    expect(world.told).to.have.length(4);
    source.setActive(false);
  });
});

describe('what is told of shedding', () => {
  it('comes back to the bit, and what is something else is nothing', () => {
    const message = { atMs: 1_767_225_600_000.123, policies: ['a/b'], skipped: { afterMs: 0.1, beforeMs: 1 / 3 } };
    expect(decodeShed(encodeShed(message))).to.deep.equal(message);
    for (const text of [
      '',
      '{',
      '{"version":2,"atMs":1,"policies":[]}',
      '{"version":1,"atMs":null,"policies":[]}',
      '[]',
    ])
      expect(decodeShed(new TextEncoder().encode(text))).to.equal(undefined);
  });
});
