import { expect } from 'chai';
import { compilePolicy, type CompiledPolicy } from './compile.ts';
import { Evaluator, type EvaluatorOptions } from './evaluator.ts';
import type { PolicySpec } from './policy-spec.ts';
import type { RowIdentity, Target } from './target.ts';
import { tellingOf } from './scenario/play.ts';
import { containerRow, MadeUpSource, podRow, startMs, type Measured } from './testing/stream.ts';
import { flawless, type VerdictChange } from './verdict.ts';

const memory = 'k8s.container.memory.limit_utilization';
const throttled = 'k8s.container.cpu.throttled';
const high = { name: 'high', metric: memory, detect: { threshold: { above: '90%' } } };

/** A policy that works; tests change what they are about. */
const policyOf = (spec: Partial<PolicySpec> = {}, revision = '1'): CompiledPolicy => {
  const compilation = compilePolicy('p', revision, {
    target: { kind: 'Container' },
    signals: [high],
    clearForSeconds: 0,
    routes: [{ to: 'Incident' }],
    ...spec,
  });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  return compilation.policy;
};

const everything = (): boolean => true;

/** An evaluator under one policy, with one source whose frames hold one value for each pod. */
class Bench {
  readonly changes: VerdictChange[] = [];
  readonly evaluator: Evaluator;
  source: MadeUpSource;
  second = 0;

  constructor(
    policy = policyOf(),
    rows: readonly Measured[] = [containerRow('a'), containerRow('b')],
    options: Partial<EvaluatorOptions> = {},
  ) {
    this.evaluator = new Evaluator({ onVerdict: (change) => this.changes.push(change), ...options });
    this.evaluator.setPolicy(policy, everything);
    this.source = new MadeUpSource([memory], rows);
    this.bind();
  }

  bind(identities: readonly (RowIdentity | undefined)[] = this.source.identities): void {
    this.evaluator.bind(this.source.key, this.source.keyframe, identities);
  }

  /** The frame of the next second. */
  give(values: Record<string, number>, told?: string[]): void {
    const nowMs = startMs + this.second++ * 1000;
    const frame = this.source.frame(
      nowMs,
      (_, { uid }) => values[uid] ?? NaN,
      told && (({ uid }) => told.includes(uid)),
    );
    this.evaluator.frame(this.source.key, frame);
  }

  advance(seconds: number): void {
    this.second += seconds;
    this.evaluator.advance(startMs + this.second * 1000);
  }

  /** Changes since last asked. */
  told(): string[] {
    return this.changes.splice(0).map(tellingOf);
  }
}

describe('Evaluator', () => {
  it('says that a target fires, with the evidence, and that it is clear again', () => {
    const bench = new Bench();
    for (const a of [0.5, 0.95, 0.96, 0.4]) bench.give({ a, b: 0.1 });
    const first = bench.changes[0]?.verdict;
    expect(bench.told()).to.deep.equal(['1s a/app Inactive > Firing', '3s a/app Firing > Inactive']);
    expect(first).to.deep.include({
      policyId: 'p',
      revision: '1',
      sinceMs: startMs + 1000,
      firstSampleMs: startMs + 1000,
      lastSampleMs: startMs + 1000,
      confidence: 1,
    });
    expect(first?.evidence).to.deep.equal([
      {
        signal: 'high',
        metric: memory,
        aggregate: 'Last',
        windowSeconds: 0,
        value: 0.95,
        threshold: '> 90%',
        finding: '',
        firing: true,
        confidence: 1,
        sinceMs: startMs + 1000,
        samples: 1,
        quality: flawless,
        source: 'agent/n1',
        fromSequence: 2,
        toSequence: 2,
      },
    ]);
    expect(bench.evaluator.counts('p')).to.deep.equal({ Inactive: 2, Pending: 0, Firing: 0, Clearing: 0, Unknown: 0 });
  });

  it('names the frames that the window looked at', () => {
    const window = { seconds: 10, aggregate: 'Mean' };
    const bench = new Bench(policyOf({ signals: [{ ...high, window }] }));
    for (let i = 0; i < 30; i++) bench.give({ a: i < 20 ? 0.1 : 1.05, b: 0.1 });
    const evidence = bench.changes[0]?.verdict.evidence[0];
    expect(bench.told()).to.deep.equal(['28s a/app Inactive > Firing']);
    expect(evidence).to.deep.include({ samples: 10, toSequence: 29, confidence: 1 });
    expect(evidence?.value).to.be.closeTo(0.955, 1e-7);
    expect(evidence?.fromSequence).to.be.within(18, 20);
  });

  it('says the same in the same order, however the slots of its rows lie', () => {
    const window = { seconds: 10, aggregate: 'Mean' };
    const names = ['a', 'b', 'c', 'd', 'e'];
    const rows = names.map((name) => containerRow(name));
    const policy = (): CompiledPolicy => policyOf({ signals: [{ ...high, window }] });
    const usual = new Bench(policy(), rows);
    const turned = new Bench(policy(), rows.toReversed());
    turned.source = turned.source.withRows(rows);
    turned.bind();
    for (let i = 0; i < 40; i++) {
      // Each fires in its turn; one is missing at times, one infinite.
      const values = Object.fromEntries(names.map((name, k) => [name, i > 12 + 3 * (k % 3) ? 0.95 : 0.1 * k]));
      const given = {
        ...values,
        b: i % 5 === 0 ? NaN : (values['b'] ?? 0),
        c: i % 7 === 0 ? Infinity : (values['c'] ?? 0),
      };
      for (const each of [usual, turned]) each.give(given, i % 6 === 0 ? ['a', 'c', 'd'] : undefined);
    }
    for (const each of [usual, turned]) each.advance(30);
    const verdictOf = ({ evaluator }: Bench, name: string) => evaluator.verdict('p', `Container/${name}/app`);
    for (const name of names) expect(verdictOf(turned, name)).to.deep.equal(verdictOf(usual, name));
    const told = usual.told();
    expect(told).to.have.length(10);
    expect(turned.told().toSorted()).to.deep.equal(told.toSorted());
  });

  it('looks only at the rows that a sparse frame tells', () => {
    const bench = new Bench(policyOf({ target: { kind: 'Pod' } }), [
      podRow('a'),
      containerRow('a', 'x'),
      containerRow('a', 'y'),
      podRow('b'),
      containerRow('b'),
    ]);
    bench.give({ a: 0.1, b: 0.1 });
    bench.give({ a: 0.95, b: 0.95 }, ['b']);
    bench.give({}, []);
    expect(bench.told()).to.deep.equal(['1s b Inactive > Firing']);
    expect(bench.evaluator.stats).to.include({ frames: 3, samples: 4 });
  });

  it('counts and leaves out what it cannot read', () => {
    const bench = new Bench();
    const frame = bench.source.frame(startMs, () => 0.95);
    bench.evaluator.frame('agent/other', frame);
    bench.evaluator.frame(bench.source.key, { ...frame, generation: 2 });
    bench.evaluator.frame(bench.source.key, { ...frame, source: { ...frame.source, boot: 'other' } });
    bench.evaluator.frame(bench.source.key, { ...frame, columns: [{ column: 7, values: Float32Array.of(1) }] });
    bench.evaluator.frame(bench.source.key, { ...frame, columns: [{ column: 0, values: new Float32Array(99) }] });
    expect(bench.told()).to.deep.equal([]);
    expect(bench.evaluator.stats).to.include({ unboundFrames: 3, unknownColumns: 1, frames: 2, samples: 2 });
  });

  it('learns later whose a row is', () => {
    const bench = new Bench();
    bench.bind([undefined, bench.source.identities[1] ?? {}]);
    bench.give({ a: 0.95, b: 0.1 });
    expect(bench.told()).to.deep.equal([]);
    bench.bind();
    bench.give({ a: 0.95, b: 0.1 });
    expect(bench.told()).to.deep.equal(['1s a/app Inactive > Firing']);
  });

  it('keeps windows over new keyframes and restarts of the sender', () => {
    const window = { seconds: 10, aggregate: 'Mean', minSamples: 8 };
    const bench = new Bench(policyOf({ signals: [{ ...high, window }] }));
    for (let i = 0; i < 4; i++) bench.give({ a: 0.95, b: 0.1 });
    bench.source = bench.source.withRows([containerRow('c'), containerRow('b'), containerRow('a')]);
    bench.bind();
    for (let i = 0; i < 2; i++) bench.give({ a: 0.95, b: 0.1 });
    bench.source = bench.source.restarted();
    bench.bind();
    for (let i = 0; i < 2; i++) bench.give({ a: 0.95, b: 0.1 });
    expect(bench.told()).to.deep.equal(['7s a/app Inactive > Firing']);
  });

  it('names the targets of which nothing is known, and of the others only the verdicts that are wanted', () => {
    const bench = new Bench();
    const named = (targets: Iterable<Target>): string[] => Array.from(targets, ({ name }) => name);
    bench.give({ a: 0.95, b: 0.1 });
    expect(named(bench.evaluator.unknown('p'))).to.deep.equal([]);
    bench.advance(10);
    bench.give({ a: 0.95 }, ['a']);
    bench.advance(10);
    expect(named(bench.evaluator.unknown('p'))).to.deep.equal(['b']);
    const firing = [...bench.evaluator.unsettled('p', (_, state) => state === 'Firing')];
    expect(named(firing.map(({ target }) => target))).to.deep.equal(['a']);
  });

  it('ends a target 15 s after the last source stopped speaking of it, and starts its slot afresh', () => {
    const bench = new Bench();
    const unsettled = (): string[] => Array.from(bench.evaluator.unsettled('p'), ({ target }) => target.name);
    bench.give({ a: 0.95, b: 0.95, c: 0.1 });
    expect(unsettled()).to.deep.equal(['a', 'b']);
    bench.source = bench.source.withRows([containerRow('b')], startMs);
    bench.bind();
    bench.advance(10);
    bench.give({ b: 0.95 });
    bench.advance(3);
    expect(bench.told()).to.deep.equal([
      '0s a/app Inactive > Firing',
      '0s b/app Inactive > Firing',
      '15s a/app Firing > Inactive (TargetGone)',
    ]);
    expect(unsettled()).to.deep.equal(['b']);
    expect([...bench.evaluator.verdicts('p')].map(({ target }) => target.name)).to.deep.equal(['b']);
    bench.source = bench.source.withRows([containerRow('b'), containerRow('c')]);
    bench.bind();
    expect(bench.evaluator.verdict('p', 'Container/c/app')).to.deep.include({ state: 'Inactive', lastSampleMs: NaN });
    bench.evaluator.unbind(bench.source.key);
    bench.advance(30);
    expect([...bench.evaluator.verdicts('p')]).to.deep.equal([]);
  });

  it('judges no more targets than it may, and counts the others', () => {
    const bench = new Bench(policyOf(), [containerRow('a'), containerRow('b'), containerRow('c')], { maxTargets: 2 });
    bench.give({ a: 0.95, b: 0.95, c: 0.95 });
    expect(bench.told()).to.deep.equal(['0s a/app Inactive > Firing', '0s b/app Inactive > Firing']);
    expect(bench.evaluator.stats.refusedTargets).to.equal(1);
  });

  it('judges only the container that the policy names', () => {
    const rows = [containerRow('a', 'app'), containerRow('a', 'sidecar')];
    const bench = new Bench(policyOf({ target: { kind: 'Container', container: 'sidecar' } }), rows);
    bench.give({ a: 0.95 });
    expect(bench.told()).to.deep.equal(['0s a/sidecar Inactive > Firing']);
  });

  it('counts a condition that has no value as not held, and says why', () => {
    const bench = new Bench(policyOf({ when: 'high.firing && target.labels.tier == "web"' }));
    bench.give({ a: 0.95, b: 0.1 });
    expect(bench.told()).to.deep.equal([]);
    expect(bench.evaluator.stats.expressionErrors).to.equal(1);
    expect(bench.evaluator.faults('p')).to.deep.equal({
      expressionErrors: 1,
      expressionError: 'field not found: tier',
      lateSamples: 0,
      infiniteSamples: 0,
      counterResets: 0,
      outliers: 0,
      imputedSamples: 0,
      heldBack: 0,
    });
  });

  it('judges again by the labels that a target has now', () => {
    const bench = new Bench(policyOf({ when: 'high.firing && target.labels.app == "db"' }));
    bench.give({ a: 0.95 });
    const relabelled = bench.source.identities.map((identity) => ({
      ...identity,
      ...(identity.Container && { Container: { ...identity.Container, labels: { app: 'db' } } }),
    }));
    bench.bind(relabelled);
    bench.give({ a: 0.95 });
    expect(bench.told()).to.deep.equal(['1s a/app Inactive > Firing']);
  });

  it('says nothing of policies it does not know', () => {
    const { evaluator } = new Bench();
    expect([...evaluator.verdicts('?')]).to.deep.equal([]);
    expect(evaluator.verdict('?', 'a')).to.equal(undefined);
    expect(evaluator.faults('?')).to.equal(undefined);
    expect(evaluator.counts('?').Firing).to.equal(0);
    evaluator.removePolicy('?');
    evaluator.unbind('?');
  });

  describe('another version of a policy', () => {
    const window = { seconds: 10, aggregate: 'Mean', minSamples: 5 };
    const mean = { ...high, name: 'mean', window };
    const busy = { name: 'busy', metric: throttled, detect: { threshold: { above: '50%' } } };

    it('keeps signals that are the same, under whatever name, and restarts the others', () => {
      const bench = new Bench(policyOf({ signals: [mean] }));
      expect(bench.evaluator.setPolicy(policyOf({ signals: [mean] }, '2'), everything).restarted).to.deep.equal([]);
      for (let i = 0; i < 4; i++) bench.give({ a: 0.95 });
      const renamed = { ...mean, name: 'average' };
      const next = policyOf({ signals: [renamed, busy], when: 'average.firing' }, '3');
      expect(bench.evaluator.setPolicy(next, everything).restarted).to.deep.equal(['busy']);
      bench.give({ a: 0.95 });
      expect(bench.changes[0]?.verdict).to.deep.include({ revision: '3', state: 'Firing' });
      expect(bench.changes[0]?.verdict.evidence.map(({ signal }) => signal)).to.deep.equal(['average', 'busy']);
    });

    it('keeps the state of targets', () => {
      const bench = new Bench();
      bench.give({ a: 0.95 });
      bench.evaluator.setPolicy(policyOf({ clearForSeconds: 5 }, '2'), everything);
      bench.give({ a: 0.5 });
      expect(bench.told()).to.deep.equal(['0s a/app Inactive > Firing', '1s a/app Firing > Clearing']);
    });

    it('ends at once the targets that it does not select any more', () => {
      const bench = new Bench();
      bench.give({ a: 0.95, b: 0.95 });
      bench.evaluator.setPolicy(policyOf({}, '2'), ({ name }: Target) => name === 'b');
      expect(bench.told().at(-1)).to.equal('0s a/app Firing > Inactive (TargetGone)');
      bench.give({ a: 0.95, b: 0.95 });
      expect(bench.told()).to.deep.equal([]);
    });

    it('begins anew when it is about other targets', () => {
      const bench = new Bench();
      bench.give({ a: 0.95 });
      const { restarted } = bench.evaluator.setPolicy(policyOf({ target: { kind: 'Pod' } }, '2'), everything);
      expect(restarted).to.deep.equal(['high']);
      bench.give({ a: 0.95 });
      expect(bench.told()).to.deep.equal([
        '0s a/app Inactive > Firing',
        '0s a/app Firing > Inactive (PolicyGone)',
        '1s a Inactive > Firing',
      ]);
    });

    it('does not count what a counter rose by while no policy wanted it', () => {
      const kills = 'k8s.container.oom_kills';
      const window = { seconds: 10, aggregate: 'Increase' };
      const policy = policyOf({
        signals: [{ name: 'kills', metric: kills, window, detect: { threshold: { above: '0' } } }],
      });
      const bench = new Bench(policy, [containerRow('a')]);
      bench.source = new MadeUpSource([kills], [containerRow('a')]);
      bench.bind();
      bench.give({ a: 1 });
      bench.evaluator.removePolicy('p');
      bench.give({ a: 2 });
      bench.evaluator.setPolicy(policy, everything);
      bench.give({ a: 2 });
      expect(bench.changes.map(tellingOf)).to.deep.equal([]);
      bench.give({ a: 3 });
      expect(bench.changes.map(tellingOf)).to.deep.equal(['3s a/app Inactive > Firing']);
    });

    it('ends all targets when it is removed', () => {
      const bench = new Bench();
      bench.give({ a: 0.95 });
      bench.evaluator.removePolicy('p');
      bench.give({ a: 0.95 });
      expect(bench.told()).to.deep.equal(['0s a/app Inactive > Firing', '0s a/app Firing > Inactive (PolicyGone)']);
    });
  });
});
