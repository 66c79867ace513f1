import { expect } from 'chai';
import { compilePolicy } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import type { SignalSpec } from './policy-spec.ts';
import { containerRow, MadeUpSource, nodeRow, startMs } from './testing/stream.ts';
import type { Evidence } from './verdict.ts';

const memory = 'k8s.container.memory.limit_utilization';
const kills = 'k8s.container.oom_kills';

/** What a signal shows of one target after these values at one a second; undefined: no frame comes. */
function shown(kind: 'Container' | 'Node', signal: Omit<SignalSpec, 'name'>, values: readonly (number | undefined)[]) {
  const compilation = compilePolicy('p', '1', {
    target: { kind },
    signals: [{ ...signal, name: 's' }],
    routes: [{ to: 'Incident' }],
  });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  const evaluator = new Evaluator({ onVerdict: () => {} });
  evaluator.setPolicy(compilation.policy, () => true);
  const source = new MadeUpSource([signal.metric], [kind === 'Node' ? nodeRow : containerRow('a')]);
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
  return { evidence, stuck, faults: evaluator.faults('p'), stats: evaluator.stats };
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const mean = { window: { seconds: 10, aggregate: 'Mean' }, detect: { threshold: { above: '50%' } } };
const increase = { window: { seconds: 10, aggregate: 'Increase' }, detect: { threshold: { above: '0' } } };
const nothing = { missing: 0, resets: 0, infinite: 0, flatMs: 0 };

describe('quality of samples', () => {
  it('has nothing to say of samples that are all there', () => {
    const { evidence } = shown('Container', { metric: memory, ...mean }, times(30, 0.9));
    expect(evidence).to.deep.include({ quality: nothing, confidence: 1, samples: 10 });
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
    expect(evidence).to.deep.include({ samples: 2, quality: { missing: 7, resets: 2, infinite: 0, flatMs: 0 } });
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
