import { expect } from 'chai';
import { compilePolicy } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import type { SignalSpec } from './policy-spec.ts';
import { containerRow, MadeUpSource, nodeRow, startMs, workloadRow } from './testing/stream.ts';
import { flawless as nothing, type Evidence } from './verdict.ts';

const memory = 'k8s.container.memory.limit_utilization';
const kills = 'k8s.container.oom_kills';

/** What a signal shows of one target after these values at one a second; undefined: no frame comes. */
function shown(
  kind: 'Container' | 'Node',
  signal: Omit<SignalSpec, 'name'>,
  values: readonly (number | undefined)[],
  intervalMs = 1000,
) {
  const compilation = compilePolicy('p', '1', {
    target: { kind },
    signals: [{ ...signal, name: 's' }],
    routes: [{ to: 'Incident' }],
  });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  const evaluator = new Evaluator({ onVerdict: () => {} });
  evaluator.setPolicy(compilation.policy, () => true);
  const source = new MadeUpSource([signal.metric], [kind === 'Node' ? nodeRow : containerRow('a')], { intervalMs });
  evaluator.bind(source.key, source.keyframe, source.identities);
  for (const [second, value] of values.entries())
    if (value !== undefined)
      evaluator.frame(
        source.key,
        source.frame(startMs + second * 1000, () => value),
      );
  const [verdict] = evaluator.verdicts('p');
  const evidence = verdict?.evidence[0] as Evidence;
  const stuck = Array.from(evaluator.stuck('p'), ({ name }) => name);
  return { evidence, stuck, starved: evaluator.starved('p'), faults: evaluator.faults('p'), stats: evaluator.stats };
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const mean = { window: { seconds: 10, aggregate: 'Mean' }, detect: { threshold: { above: '50%' } } };
const increase = { window: { seconds: 10, aggregate: 'Increase' }, detect: { threshold: { above: '0' } } };

describe('quality of samples', () => {
  it('has nothing to say of samples that are all there', () => {
    const { evidence } = shown('Container', { metric: memory, ...mean }, times(30, 0.9));
    expect(evidence).to.deep.include({ quality: nothing, confidence: 1, samples: 10 });
  });

  it('tells a window that asks for more samples than can come from one that asks for as many', () => {
    const asking = (minSamples: number) => {
      const window = { seconds: 10, aggregate: 'Mean', minSamples };
      return shown('Container', { metric: memory, ...mean, window }, times(30, 0.9)).starved;
    };
    expect(asking(10)).to.deep.equal([]);
    expect(asking(12)).to.deep.equal([{ signal: 's', minSamples: 12, windowSeconds: 10, mostSamples: 11, targets: 1 }]);
  });

  it('tells of no window that has what it asks for, as a source tells of changes beside its interval', () => {
    const window = { seconds: 10, aggregate: 'Mean', minSamples: 5 };
    const starved = (seconds: number) =>
      shown('Container', { metric: memory, ...mean, window }, times(seconds, 0.9), 10_000).starved;
    expect([starved(3).length, starved(30).length]).to.deep.equal([1, 0]);
  });

  it('counts what is missing, and is so much less sure', () => {
    const { evidence } = shown('Container', { metric: memory, ...mean }, [...times(20, 0.9), NaN, undefined, NaN, 0.9]);
    expect(evidence.quality).to.deep.equal({ ...nothing, missing: 2 });
    expect(evidence.samples).to.equal(7);
    expect(evidence.confidence).to.be.closeTo(7 / 9, 1e-9);
  });

  it('leaves infinite values out, which are missing then', () => {
    const values = [...times(20, 0.9), Infinity, -Infinity, Infinity, 0.9];
    const { evidence, faults, stats } = shown('Container', { metric: memory, ...mean }, values);
    expect(evidence.value).to.be.closeTo(0.9, 1e-7);
    expect(evidence.quality).to.deep.equal({ ...nothing, missing: 2, infinite: 3 });
    expect(faults?.infiniteSamples).to.equal(3);
    expect(stats.infiniteSamples).to.equal(3);
  });

  it('is half as sure of the last value when the one after it is infinite', () => {
    const detect = { threshold: { above: '50%' } };
    const { evidence } = shown('Container', { metric: memory, detect }, [0.9, 0.9, Infinity]);
    expect(evidence).to.deep.include({ value: 0.9, confidence: 0.5, quality: { ...nothing, infinite: 1 } });
    const { evidence: mended } = shown('Container', { metric: memory, detect }, [0.9, Infinity, 0.9]);
    expect(mended).to.deep.include({ confidence: 1, quality: nothing });
  });

  it('counts the first sample after each reset half', () => {
    const values = [...times(15, 5), 6, 4, 3, 2, 1];
    const { evidence, faults, stats } = shown('Container', { metric: kills, ...increase }, values);
    expect(evidence.quality).to.deep.equal({ ...nothing, resets: 4 });
    expect(evidence.confidence).to.be.closeTo((10 - 4 / 2) / 9, 1e-9);
    expect(faults?.counterResets).to.equal(4);
    expect(stats.counterResets).to.equal(4);
  });

  it('is not wholly unsure when every sample is one', () => {
    const { evidence } = shown('Container', { metric: kills, ...increase }, [5, ...times(8, undefined), 2, 1]);
    expect(evidence).to.deep.include({ samples: 2, quality: { ...nothing, missing: 7, resets: 2 } });
    expect(evidence.confidence).to.be.closeTo((2 - 2 / 2) / 9, 1e-9);
  });

  it('forgets a reset with the window', () => {
    const { evidence } = shown('Container', { metric: kills, ...increase }, [5, 1, ...times(15, 1)]);
    expect(evidence.quality.resets).to.equal(0);
  });

  it('believes half of what a stuck sensor says, where values never stand still', () => {
    const values = [...Array.from({ length: 20 }, (_, i) => 0.7 + i / 1000), ...times(70, 0.9)];
    const memoryOf = shown('Node', { metric: 'system.memory.utilization', ...mean }, values);
    expect(memoryOf.evidence).to.deep.include({ confidence: 0.5, quality: { ...nothing, flatMs: 69_000 } });
    expect(memoryOf.stuck).to.deep.equal(['n1']);
    const disk = shown('Node', { metric: 'system.filesystem.utilization', ...mean }, values);
    expect(disk.evidence).to.deep.include({ confidence: 1, quality: nothing });
    expect(disk.stuck).to.deep.equal([]);
  });
});

describe('outliers', () => {
  const noisy = (i: number): number => 0.5 + (i % 7) / 1000;
  const asked = { metric: memory, ...mean, outliers: { deviations: 10 } };

  for (const [what, values, outliers] of [
    ['one value that stands alone', [0.9], 1],
    ['one below', [0.1], 1],
    ['two that stand apart', [0.9, 0.5, 0.5, 0.1, 0.5], 2],
    ['a level that changes, which is no outlier', times(4, 0.9), 0],
    ['what comes a little way', [0.51], 0],
  ] as const)
    it(`are counted: ${what}`, () => {
      const all = [...Array.from({ length: 60 }, (_, i) => noisy(i)), ...values, ...(outliers > 0 ? [noisy(4)] : [])];
      const { evidence, faults } = shown('Container', asked, all);
      expect(evidence.quality).to.deep.equal({ ...nothing, outliers });
      expect(faults?.outliers).to.equal(outliers);
    });

  it('count half, and the verdict is so much less sure', () => {
    const detect = { threshold: { above: '10%' } };
    const all = [...Array.from({ length: 60 }, (_, i) => noisy(i)), 0.9, 0.5, 0.5, 0.9, 0.5, 0.5, 0.9, 0.5];
    const { evidence } = shown('Container', { ...asked, detect }, all);
    expect(evidence.confidence).to.be.closeTo((10 - 3 / 2) / 9, 1e-9);
  });

  it('are not looked for unless a policy asks, nor where nothing moves', () => {
    const { evidence } = shown('Container', { metric: memory, ...mean }, [...times(60, 0.5), 0.9, 0.5]);
    expect(evidence.quality).to.deep.equal(nothing);
    const { evidence: flat } = shown('Container', asked, [...times(60, 0.5), 0.9, 0.5]);
    expect(flat.quality).to.deep.equal(nothing);
  });
});

describe('samples that are made up', () => {
  const filled = { metric: memory, ...mean, fill: { maxSeconds: 4 } };

  it('stand where values are missing, for so long, and are told', () => {
    const values = [...times(20, 0.9), 0.6, NaN, NaN, NaN];
    const { evidence, faults } = shown('Container', filled, values);
    expect(evidence.value).to.be.closeTo((6 * 0.9 + 4 * 0.6) / 10, 1e-6);
    expect(evidence.quality).to.deep.equal({ ...nothing, missing: 2, imputed: 3 });
    expect(evidence.samples).to.equal(7);
    expect(evidence.confidence).to.be.closeTo((7 + 3 / 4) / 9, 1e-9);
    expect(faults?.imputedSamples).to.equal(3);
  });

  it('stand where frames were missing, once one comes', () => {
    const { evidence } = shown('Container', filled, [...times(20, 0.9), 0.6, undefined, undefined, undefined, 0.9]);
    expect(evidence.value).to.be.closeTo((6 * 0.9 + 4 * 0.6) / 10, 1e-6);
    expect(evidence.quality).to.deep.equal({ ...nothing, missing: 2, imputed: 3 });
  });

  it('end when it is too long ago', () => {
    const { evidence, faults } = shown('Container', filled, [...times(20, 0.9), ...times(9, NaN)]);
    expect(faults?.imputedSamples).to.equal(4);
    expect(evidence.quality).to.include({ imputed: 4 });
    const { faults: lost } = shown('Container', filled, [...times(20, 0.9), ...times(9, undefined), 0.9]);
    expect(lost?.imputedSamples).to.equal(4);
  });

  it('are forgotten with the window', () => {
    const { evidence } = shown('Container', filled, [...times(20, 0.9), NaN, ...times(20, 0.9)]);
    expect(evidence).to.deep.include({ quality: nothing, samples: 10, confidence: 1 });
  });

  it('leave a target as stale as it is', () => {
    const compilation = compilePolicy('p', '1', {
      target: { kind: 'Container' },
      signals: [{ ...filled, name: 's', fill: { maxSeconds: 15 } }],
      routes: [{ to: 'Incident' }],
    });
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    const states: string[] = [];
    const evaluator = new Evaluator({
      onVerdict: ({ verdict, atMs }) => states.push(`${(atMs - startMs) / 1000} ${verdict.state}`),
    });
    evaluator.setPolicy(compilation.policy, () => true);
    const source = new MadeUpSource([memory], [containerRow('a')]);
    evaluator.bind(source.key, source.keyframe, source.identities);
    for (let second = 0; second <= 30; second++) {
      evaluator.frame(
        source.key,
        source.frame(startMs + second * 1000, () => (second <= 10 ? 0.9 : NaN)),
      );
      evaluator.advance(startMs + second * 1000);
    }
    expect(states).to.deep.equal(['0 Firing', '26 Unknown']);
  });
});

describe('times that are wrong', () => {
  it('stand in the evidence; those that cannot be count half', () => {
    const compilation = compilePolicy('p', '1', {
      target: { kind: 'Container' },
      signals: [{ name: 's', metric: memory, ...mean }],
      routes: [{ to: 'Incident' }],
    });
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    const evaluator = new Evaluator({ onVerdict: () => {} });
    evaluator.setPolicy(compilation.policy, () => true);
    const source = new MadeUpSource([memory], [containerRow('a')]);
    evaluator.bind(source.key, source.keyframe, source.identities);
    const faults = new Map([
      [3, 'Future'],
      [22, 'Future'],
      [23, 'Backwards'],
      [24, 'Late'],
    ] as const);
    for (let second = 0; second < 30; second++) {
      const frame = source.frame(startMs + second * 1000, () => 0.9);
      const fault = faults.get(second as 3);
      evaluator.frame(source.key, { ...frame, timing: { fault, correctionMs: -700 } });
    }
    const [verdict] = evaluator.verdicts('p');
    expect(verdict?.evidence[0]?.quality).to.deep.equal({ ...nothing, late: 1, mistimed: 2, skewMs: -700 });
    expect(verdict?.evidence[0]?.confidence).to.be.closeTo((10 - 2 / 2) / 9, 1e-9);
  });

  it('leave samples out that come too late, and tell of them', () => {
    const { evidence, faults } = shownLate();
    expect(evidence.quality).to.deep.equal({ ...nothing, late: 1 });
    expect(faults?.lateSamples).to.equal(1);
  });

  /** A workload of which a second source tells a sample that is 7 s old. */
  function shownLate() {
    const compilation = compilePolicy('p', '1', {
      target: { kind: 'Workload' },
      signals: [{ name: 's', metric: memory, ...mean }],
      routes: [{ to: 'Incident' }],
    });
    if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
    const evaluator = new Evaluator({ onVerdict: () => {} });
    evaluator.setPolicy(compilation.policy, () => true);
    const [one, other] = ['a', 'b'].map(
      (uid) => new MadeUpSource([memory], [workloadRow, containerRow(uid)], { node: `n-${uid}` }),
    ) as [MadeUpSource, MadeUpSource];
    for (const { key, keyframe, identities } of [one, other]) evaluator.bind(key, keyframe, identities);
    for (let second = 0; second < 30; second++) {
      for (const source of [one, other])
        evaluator.frame(
          source.key,
          source.frame(startMs + (second === 29 && source === other ? 22 : second) * 1000, () => 0.9),
        );
    }
    const [verdict] = evaluator.verdicts('p');
    return { evidence: verdict?.evidence[0] as Evidence, faults: evaluator.faults('p') };
  }
});
