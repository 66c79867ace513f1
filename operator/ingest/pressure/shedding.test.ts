import { expect } from 'chai';
import fc from 'fast-check';
import { behindForMs, lookEveryMs, noShedding, shedding, type Shedding } from './shedding.ts';

const limits = { lagMs: 1000, skipLagMs: 10_000, holdMs: 10_000 };

/**
 * A reading whose work is known: in each second of the stream it takes `base` seconds, and so much more for each policy that
 * is not shed. What it cannot do in time it is behind.
 */
class Plant {
  state: Shedding = noShedding;
  nowMs = 0;
  lagMs = 0;
  skips = 0;
  /** What was shed, whenever that changed. */
  readonly course: { readonly atMs: number; readonly shed: number }[] = [];
  base: number;
  readonly costs: number[];
  readonly ranks: readonly number[];

  constructor(base: number, costs: readonly number[], ranks: readonly number[] = costs.map(() => 0)) {
    this.base = base;
    this.costs = [...costs];
    this.ranks = ranks;
  }

  get shed(): number {
    return this.state.shed;
  }

  run(seconds: number, load: (second: number) => number = () => 1): this {
    const endMs = this.nowMs + seconds * 1000;
    for (const startMs = this.nowMs; this.nowMs < endMs;) {
      const policies = this.costs.slice(this.shed).reduce((sum, cost) => sum + cost, 0);
      const work = (this.base + policies) * load((this.nowMs - startMs) / 1000);
      this.nowMs += lookEveryMs;
      this.lagMs = Math.max(0, this.lagMs + lookEveryMs * (1 - 1 / Math.max(work, 1e-3)));
      this.look();
    }
    return this;
  }

  /** Everything waits, as with a long garbage collection. */
  standStill(ms: number): void {
    this.nowMs += ms;
    this.lagMs += ms;
    this.look();
  }

  look(): void {
    const before = this.shed;
    const { next, skips } = shedding(this.state, { nowMs: this.nowMs, lagMs: this.lagMs, ranks: this.ranks }, limits);
    this.state = next;
    if (next.shed !== before) this.course.push({ atMs: this.nowMs, shed: next.shed });
    if (!skips) return;
    this.skips++;
    this.lagMs = 0;
  }
}

const ten = Array.from({ length: 10 }, () => 0.1);

describe('shedding', () => {
  it('does nothing while the reading keeps up, however little room there is', () => {
    expect(new Plant(0.85, [0.05, 0.05]).run(3600).course).to.deep.equal([]);
  });

  it('sheds more and more until it keeps up, and gives back one at a time until nothing more fits', () => {
    const plant = new Plant(0.5, ten).run(60);
    // 1.5 s of work a second: five have to go.
    const sheds = plant.course.filter(({ shed }, i) => shed > (plant.course[i - 1]?.shed ?? 0));
    expect(sheds.slice(0, 3).map(({ shed }) => shed)).to.deep.equal([1, 3, 7]);
    expect(sheds[0]?.atMs).to.be.within(behindForMs, 10_000);
    plant.run(1800);
    expect(plant.shed).to.be.within(5, 6);
    expect(plant.skips).to.equal(0);
  });

  it('gives everything back when the load is gone', () => {
    const plant = new Plant(0.5, ten).run(600, (second) => (second < 60 ? 1 : 0.3));
    expect(plant.shed).to.equal(0);
    const back = plant.course.filter(({ atMs }) => atMs > 60_000);
    expect(back.length).to.be.greaterThan(3);
    for (const [i, { atMs, shed }] of back.entries()) {
      if (i === 0) continue;
      expect(shed).to.equal((back[i - 1]?.shed ?? 0) - 1);
      expect(atMs - (back[i - 1]?.atMs ?? 0)).to.be.at.least(limits.holdMs);
    }
  });

  it('tries seldomer and seldomer while what it gives back is in vain', () => {
    // Without the last one 0.95 s of work a second, with it 1.05.
    const plant = new Plant(0.85, [0.1, 0.1]).run(4 * 3600);
    const lastHour = plant.course.filter(({ atMs }) => atMs > 3 * 3_600_000);
    expect(plant.course[0]).to.include({ shed: 1 });
    expect(lastHour.length).to.be.within(2, 14);
    expect(plant.lagMs).to.be.lessThan(2000);
  });

  it('follows a load that drifts slowly up and down', () => {
    const plant = new Plant(0.2, ten);
    let worst = 0;
    // From 0.6 to 1.8 s of work a second within an hour, and back.
    const load = (second: number): number => 0.5 + Math.min(second, 7200 - second) / 3600;
    for (let minute = 0; minute < 120; minute++) {
      plant.run(60, (second) => load(minute * 60 + second));
      worst = Math.max(worst, plant.lagMs);
    }
    expect(Math.max(...plant.course.map(({ shed }) => shed))).to.be.within(7, 9);
    expect(worst).to.be.lessThan(limits.skipLagMs / 2);
    plant.run(7200, () => 0.5);
    expect(plant.shed).to.equal(0);
    expect(plant.skips).to.equal(0);
  });

  it('does not mind a moment’s delay, nor a standstill that it catches up after', () => {
    const plant = new Plant(0.3, ten.slice(0, 2)).run(10);
    plant.standStill(4000);
    plant.run(60);
    expect(plant.course).to.deep.equal([]);
  });

  it('sheds those of a higher rank only when all below them are gone and were not enough', () => {
    const ranks = [0, 0, 0, 1, 1, 2];
    const plant = new Plant(0.99, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1], ranks).run(30);
    expect(plant.course.map(({ shed }) => shed)).to.deep.equal([1, 3, 5]);
    const enough = new Plant(0.7, [0.1, 0.1, 0.1, 0.1, 0.1], [0, 0, 0, 1, 2]).run(30);
    expect(Math.max(...enough.course.map(({ shed }) => shed))).to.be.at.most(3);
  });

  it('never sheds the last one: it skips what is older, and is never further behind than that', () => {
    const plant = new Plant(1.5, [0.5, 0.5], [0, 5]);
    let worst = 0;
    for (let i = 0; i < 600; i++) worst = Math.max(worst, plant.run(1).lagMs);
    expect(plant.shed).to.equal(1);
    expect(plant.skips).to.be.greaterThan(10);
    expect(worst).to.be.lessThan(limits.skipLagMs + 1000);
  });

  it('leaves everything as it is while the past is read', () => {
    const past = { nowMs: 0, lagMs: undefined, ranks: [0, 0, 0] };
    let state = noShedding;
    for (let nowMs = 0; nowMs < 60_000; nowMs += lookEveryMs) state = shedding(state, { ...past, nowMs }, limits).next;
    expect(state.shed).to.equal(0);
  });

  it('sheds no more than there are when policies are deleted', () => {
    const state = { ...noShedding, shed: 7 };
    expect(shedding(state, { nowMs: 0, lagMs: 0, ranks: [0, 0] }, limits).next.shed).to.equal(1);
    expect(shedding(state, { nowMs: 0, lagMs: 0, ranks: [] }, limits).next.shed).to.equal(0);
  });

  it('whatever the load does, is behind for some seconds at most, and is at rest when the load is', () => {
    const loads = fc.array(
      fc.record({ seconds: fc.integer({ min: 5, max: 120 }), load: fc.double({ min: 0.1, max: 2.5, noNaN: true }) }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(loads, (all) => {
        const plant = new Plant(0.3, ten, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]);
        for (const { seconds, load } of all) {
          plant.run(seconds, () => load);
          expect(plant.lagMs).to.be.lessThan(limits.skipLagMs + 1000);
          expect(plant.shed).to.be.at.most(9);
        }
        plant.run(3 * 3600, () => 0.5);
        expect(plant.shed).to.equal(0);
      }),
      { numRuns: 50 },
    );
  });
});
