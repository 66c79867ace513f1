import { expect } from 'chai';
import { compilePolicy } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import type { PolicySpec } from './policy-spec.ts';
import { tellingOf } from './scenario/play.ts';
import { containerRow, MadeUpSource, startMs, type Measured } from './testing/stream.ts';
import type { VerdictChange } from './verdict.ts';

const memory = 'k8s.container.memory.limit_utilization';
const kills = 'k8s.container.oom_kills';
const high = { name: 'high', metric: memory, detect: { threshold: { above: '90%' } } };

/** Two policies, `p` as a test wants it and `other`, on one source with a frame a second. */
class Bench {
  readonly changes: VerdictChange[] = [];
  readonly evaluator = new Evaluator({ onVerdict: (change) => this.changes.push(change) });
  source: MadeUpSource;
  second = 0;

  constructor(spec: Partial<PolicySpec> = {}, rows: readonly Measured[] = [containerRow('a')]) {
    this.source = new MadeUpSource([memory, kills], rows);
    this.put('p', spec);
    this.put('other', {});
    this.bind();
  }

  put(id: string, spec: Partial<PolicySpec>): void {
    const compilation = compilePolicy(id, '1', {
      target: { kind: 'Container' },
      signals: [high],
      clearForSeconds: 0,
      routes: [{ to: 'Incident' }],
      ...spec,
    });
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    this.evaluator.setPolicy(compilation.policy, () => true);
  }

  bind(): void {
    this.evaluator.bind(this.source.key, this.source.keyframe, this.source.identities);
  }

  get nowMs(): number {
    return startMs + this.second * 1000;
  }

  /** So many seconds with these values of each container; NaN: it tells nothing. */
  give(seconds: number, value: number, killed = 0): void {
    for (let i = 0; i < seconds; i++) {
      const frame = this.source.frame(this.nowMs, (metric) => (metric === kills ? killed : value));
      this.evaluator.frame(this.source.key, frame);
      this.second++;
      this.evaluator.advance(this.nowMs);
    }
  }

  suspend(...ids: string[]): void {
    this.evaluator.suspendOnly(new Set(ids), this.nowMs);
  }

  /** Changes of `p` since last asked. */
  told(): string[] {
    return this.changes
      .splice(0)
      .filter(({ verdict }) => verdict.policyId === 'p')
      .map(tellingOf);
  }
}

describe('a suspended policy', () => {
  it('is Unknown at once, is given nothing, and judges again from the next sample on', () => {
    const bench = new Bench();
    bench.give(2, 0.99);
    expect(bench.told()).to.deep.equal(['0s a/app Inactive > Firing']);
    bench.suspend('p');
    expect(bench.told()).to.deep.equal(['2s a/app Firing > Unknown']);
    expect(bench.evaluator.counts('p')).to.include({ Unknown: 1, Firing: 0 });
    bench.give(60, 0.99);
    expect(bench.told()).to.deep.equal([]);
    expect(bench.evaluator.stats.unheardSamples).to.equal(60);
    expect(bench.evaluator.verdict('other', 'Container/a/app')?.state).to.equal('Firing');
    bench.suspend();
    expect(bench.evaluator.verdict('p', 'Container/a/app')?.state).to.equal('Unknown');
    bench.give(1, 0.99);
    expect(bench.told()).to.deep.equal(['62s a/app Unknown > Firing']);
  });

  it('does not tell of inactive targets that they are Unknown, though they are until their next sample', () => {
    const bench = new Bench({}, [containerRow('a'), containerRow('b')]);
    const ofA = (): unknown => bench.evaluator.verdict('p', 'Container/a/app');
    const counts = (): unknown => bench.evaluator.counts('p');
    const unknown = (): string[] => Array.from(bench.evaluator.unknown('p'), ({ name }) => name);
    bench.give(2, 0.1);
    expect(unknown()).to.deep.equal([]);
    bench.suspend('p');
    expect(unknown()).to.have.length(2);
    expect(ofA()).to.deep.include({ state: 'Unknown', sinceMs: startMs + 2_000 });
    expect(counts()).to.include({ Unknown: 2, Inactive: 0 });
    bench.give(60, 0.1);
    bench.suspend();
    expect(ofA()).to.deep.include({ state: 'Unknown', sinceMs: startMs + 2_000 });
    expect(counts()).to.include({ Unknown: 2, Inactive: 0 });
    expect(unknown()).to.have.length(2);
    bench.give(1, 0.1);
    expect(unknown()).to.deep.equal([]);
    // Nobody knows that it was so all the time.
    expect(ofA()).to.deep.include({ state: 'Inactive', sinceMs: startMs + 62_000 });
    expect(counts()).to.include({ Unknown: 0, Inactive: 2 });
    bench.suspend('p');
    bench.suspend();
    bench.suspend('p');
    expect(counts()).to.include({ Unknown: 2, Inactive: 0 });
    bench.suspend();
    bench.give(1, 0.99);
    expect(counts()).to.include({ Unknown: 0, Inactive: 0, Firing: 2 });
    expect(bench.told()).to.deep.equal(['63s a/app Inactive > Firing', '63s b/app Inactive > Firing']);
  });

  it('keeps the episode, and no time in which it was not watched counts towards a timer', () => {
    const bench = new Bench({ forSeconds: 10 });
    bench.give(8, 0.99);
    bench.suspend('p');
    bench.give(30, 0.99);
    bench.suspend();
    bench.give(12, 0.99);
    expect(bench.told()).to.deep.equal([
      '0s a/app Inactive > Pending',
      '8s a/app Pending > Unknown',
      '38s a/app Unknown > Pending',
      '48s a/app Pending > Firing',
    ]);
  });

  for (const missingData of ['Hold', 'Clear', 'Fire'] as const)
    it(`is not taken for one without data (${missingData})`, () => {
      const bench = new Bench({ missingData });
      bench.give(2, 0.1);
      bench.suspend('p');
      bench.give(60, 0.1);
      bench.suspend();
      bench.evaluator.advance(bench.nowMs + 14_000);
      expect(bench.told()).to.deep.equal([]);
      expect(bench.evaluator.counts('p')).to.include({ Unknown: 1 });
      // From here on the samples stay away by themselves.
      bench.evaluator.advance(bench.nowMs + 16_000);
      const told = { Hold: ['78s a/app Inactive > Unknown'], Clear: [], Fire: ['78s a/app Inactive > Firing'] };
      expect(bench.told()).to.deep.equal(told[missingData]);
      const state = { Hold: 'Unknown', Clear: 'Inactive', Fire: 'Firing' };
      expect(bench.evaluator.verdict('p', 'Container/a/app')?.state).to.equal(state[missingData]);
    });

  it('hears no silence in what it was not given', () => {
    const bench = new Bench({ signals: [{ name: 'silent', metric: memory, detect: { absence: { forSeconds: 20 } } }] });
    bench.give(5, 0.1);
    bench.suspend('p');
    bench.give(60, 0.1);
    bench.suspend();
    bench.give(5, NaN);
    bench.give(5, 0.1);
    expect(bench.told()).to.deep.equal([]);
    expect(bench.evaluator.counts('p')).to.include({ Inactive: 1 });
    bench.give(30, NaN);
    expect(bench.told()).to.deep.equal(['94s a/app Inactive > Firing']);
  });

  it('does not count what a counter rose by meanwhile as one rise', () => {
    const window = { seconds: 30, aggregate: 'Increase' };
    const detect = { threshold: { above: '5' } };
    const bench = new Bench({ signals: [{ name: 'kills', metric: kills, window, detect }] });
    bench.give(5, 0.1, 1);
    bench.suspend('p');
    bench.give(60, 0.1, 100);
    bench.suspend();
    bench.give(5, 0.1, 101);
    expect(bench.told()).to.deep.equal([]);
    expect(bench.evaluator.counts('p')).to.include({ Inactive: 1 });
  });

  it('stays so in another version, takes new targets in as unknown, and lets go of those that are gone', () => {
    const bench = new Bench();
    bench.give(2, 0.99);
    bench.suspend('p');
    bench.put('p', { minConfidence: '1%' });
    bench.source = bench.source.withRows([containerRow('b')], bench.nowMs);
    bench.bind();
    bench.give(20, 0.99);
    expect(bench.told().slice(1)).to.deep.equal([
      '2s a/app Firing > Unknown',
      '17s a/app Unknown > Inactive (TargetGone)',
    ]);
    expect(bench.evaluator.counts('p')).to.include({ Unknown: 1, Inactive: 0 });
    bench.put('p', { target: { kind: 'Container', warmupSeconds: 1 } });
    bench.give(5, 0.99);
    expect(bench.told()).to.deep.equal([]);
    expect(bench.evaluator.counts('p')).to.include({ Unknown: 1, Inactive: 0 });
    bench.suspend();
    bench.give(1, 0.99);
    expect(bench.told()).to.deep.equal(['27s b/app Inactive > Firing']);
  });
});
