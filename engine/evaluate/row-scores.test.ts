import { expect } from 'chai';
import { noise } from '../detectors/testing/one-series.ts';
import { misfit } from '../frame/fit.ts';
import type { Frame, Keyframe, Row } from '../frame/types.ts';
import { compilePolicy, type CompiledPolicy } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import type { SignalSpec } from './policy-spec.ts';
import { compileScoring, rowKey, RowScores, type CompiledScoring } from './row-scores.ts';
import { scoringId, type ScoringSpec } from './scoring.ts';
import { containerRow, MadeUpSource, startMs } from './testing/stream.ts';
import type { VerdictChange } from './verdict.ts';
import { decodeWanted, encodeWanted } from './wanted.ts';

const metric = 'k8s.container.memory.limit_utilization';
const detect = (falseAlarmsPerWeek = 1000) => ({
  anomaly: { minDeviation: '5%', direction: 'Both', everySeconds: 1, falseAlarmsPerWeek },
});
const odd = (changed: Partial<SignalSpec> = {}): SignalSpec => ({ name: 'odd', metric, detect: detect(), ...changed });

function policyOf(signal: SignalSpec, warmupSeconds = 0): CompiledPolicy {
  const compilation = compilePolicy('odd', '1', {
    target: { kind: 'Container', warmupSeconds },
    signals: [signal],
    clearForSeconds: 5,
    routes: [{ to: 'Incident' }],
  });
  if ('problems' in compilation) throw new Error(JSON.stringify(compilation.problems));
  return compilation.policy;
}

function scoringOf({ signals }: CompiledPolicy): CompiledScoring {
  const compiled = compileScoring(JSON.parse(JSON.stringify(signals[0]?.scoring?.spec)));
  if (compiled === undefined) throw new Error('no scoring');
  return compiled;
}

/** A source of two containers whose agent scores. */
class ScoringSource {
  readonly source = new MadeUpSource([metric], [containerRow('a'), containerRow('b')]);
  readonly scores: RowScores;
  readonly keyframe: Keyframe;

  constructor(scoring: CompiledScoring, scores = new RowScores(scoring)) {
    this.scores = scores;
    const columns = scoring.columns.map((name) => ({ metric: name, scope: 'Container' as const }));
    const { keyframe } = this.source;
    this.keyframe = { ...keyframe, columns: [...keyframe.columns, ...columns] };
    scores.take(
      keyframe.rows.map((row) => ({ row, fromMs: 0 })),
      startMs,
    );
  }

  /** The same frame as it is without and with scores. */
  frames(step: number, value: (row: Row) => number): { plain: Frame; scored: Frame } {
    const plain = this.source.frame(startMs + step * 1000, (_metric, row) => value(row));
    const values = plain.columns[0]?.values ?? new Float64Array(0);
    const told = this.scores.score(values, plain.capturedMs);
    // What is told is good until the next call.
    const scores = told.map((part, i) => ({ column: 1 + i, values: part.slice() }));
    return { plain, scored: { ...plain, columns: [...plain.columns, ...scores] } };
  }
}

/** Container `b` leaves its noise twice. */
const faulty = (step: number) => (row: Row) => {
  const isFault = row.uid === 'b' && ((step >= 300 && step < 310) || (step >= 700 && step < 720));
  return isFault ? 0.9 + (step >= 700 ? 0.05 : 0) : 0.4 + 0.1 * noise(step * 2 + Number(row.uid === 'b'));
};

const evaluatorOf = (policy: CompiledPolicy): { evaluator: Evaluator; told: VerdictChange[] } => {
  const told: VerdictChange[] = [];
  const evaluator = new Evaluator({ onVerdict: (change) => told.push(change) });
  evaluator.setPolicy(policy, () => true);
  return { evaluator, told };
};

const courseOf = (told: readonly VerdictChange[]): string[] =>
  told.map(({ atMs, verdict }) => `${(atMs - startMs) / 1000} ${verdict.target.key} ${verdict.state}`);

describe('scores of an agent', () => {
  it('lead to the verdicts that the evaluator comes to by itself, and say where they come from', () => {
    const policy = policyOf(odd());
    const source = new ScoringSource(scoringOf(policy));
    const own = evaluatorOf(policy);
    const shown = evaluatorOf(policy);
    own.evaluator.bind('agent/n1', source.source.keyframe, source.source.identities);
    shown.evaluator.bind('agent/n1', source.keyframe, source.source.identities);
    for (let step = 1; step < 900; step++) {
      const { plain, scored } = source.frames(step, faulty(step));
      expect(misfit(scored, source.keyframe)).to.equal(undefined);
      own.evaluator.frame('agent/n1', plain);
      shown.evaluator.frame('agent/n1', scored);
      for (const { evaluator } of [own, shown]) evaluator.advance(plain.capturedMs);
    }
    expect(courseOf(shown.told)).to.deep.equal(courseOf(own.told)).and.have.length.greaterThan(2);
    for (const [i, { verdict }] of own.told.entries()) {
      if (verdict.state !== 'Firing') continue;
      const other = shown.told[i]?.verdict;
      expect(other?.confidence).to.be.closeTo(verdict.confidence, 1e-6);
      expect(other?.evidence[0]?.finding).to.equal(`${verdict.evidence[0]?.finding}; scored by the agent`);
    }
  });

  it('are not looked at under other settings', () => {
    const source = new ScoringSource(scoringOf(policyOf(odd({ detect: detect(999) }))));
    const { evaluator, told } = evaluatorOf(policyOf(odd()));
    evaluator.bind('agent/n1', source.keyframe, source.source.identities);
    for (let step = 1; step < 320; step++) evaluator.frame('agent/n1', source.frames(step, faulty(step)).scored);
    const fired = told.find(({ verdict }) => verdict.state === 'Firing');
    expect(fired?.verdict.evidence[0]?.finding).to.match(/at most$/);
  });

  it('are known to an evaluator that begins while something fires', () => {
    const policy = policyOf(odd());
    const source = new ScoringSource(scoringOf(policy));
    for (let step = 1; step < 305; step++) source.frames(step, faulty(step));
    const { evaluator, told } = evaluatorOf(policy);
    evaluator.bind('agent/n1', source.keyframe, source.source.identities);
    evaluator.frame('agent/n1', source.frames(305, faulty(305)).scored);
    expect(courseOf(told)).to.deep.equal(['305 Container/b/app Pending', '305 Container/b/app Firing'].slice(1));
  });

  it('lead to the same verdicts wherever a replay begins, bit for bit', () => {
    const policy = policyOf(odd());
    const source = new ScoringSource(scoringOf(policy));
    const live = evaluatorOf(policy);
    const later = evaluatorOf(policy);
    for (let step = 1; step < 900; step++) {
      const { scored } = source.frames(step, faulty(step));
      for (const { evaluator } of step < 290 ? [live] : [live, later]) {
        if (step === 1 || (step === 290 && evaluator === later.evaluator))
          evaluator.bind('agent/n1', { ...source.keyframe, capturedMs: scored.capturedMs }, source.source.identities);
        evaluator.frame('agent/n1', scored);
        evaluator.advance(scored.capturedMs);
      }
    }
    expect(later.told).to.have.length.greaterThan(2);
    // All but how long the quiet before the first verdict was, and which frames of it are known.
    const bits = (told: readonly VerdictChange[]): string =>
      JSON.stringify(told, (key, value: unknown) => (key === 'fromSequence' ? undefined : value));
    expect(bits(later.told)).to.equal(bits(live.told));
  });

  it('go on after being saved and loaded as if nothing had been', () => {
    const scoring = scoringOf(policyOf(odd()));
    const whole = new ScoringSource(scoring);
    let parts = new ScoringSource(scoring);
    for (let step = 1; step < 400; step++) {
      if (step % 97 === 0) {
        const next = new ScoringSource(scoring);
        for (const row of next.keyframe.rows) {
          const saved = parts.scores.save(rowKey(row));
          expect(saved && next.scores.load(rowKey(row), saved)).to.equal(true);
        }
        parts = next;
      }
      const { scored } = whole.frames(step, faulty(step));
      expect(parts.frames(step, faulty(step)).scored.columns).to.deep.equal(scored.columns);
    }
  });

  it('begin when a row is warm, and then when its window is full', () => {
    const spec = odd({ window: { seconds: 20, aggregate: 'Mean' } });
    const scoring = scoringOf(policyOf(spec, 30));
    const scores = new RowScores(scoring);
    const row: Row = { scope: 'Container', uid: 'a', container: 'x' };
    scores.take([{ row, fromMs: startMs + 30_000 }], startMs);
    const firstStep = Array.from({ length: 100 }, (_, i) => i + 1).find(
      (step) => !Number.isNaN(scores.score(Float32Array.of(0.5), startMs + step * 1000)[0]?.[0]),
    );
    expect(firstStep).to.equal(50);
  });

  it('make rates of counters, and forget rows that go', () => {
    const spec: ScoringSpec = {
      kind: 'Container',
      metric: 'k8s.container.oom_kills',
      window: { seconds: 10, aggregate: 'Increase' },
      detect: detect(),
      warmupSeconds: 0,
    };
    const scoring = compileScoring(spec);
    if (scoring === undefined) throw new Error('no scoring');
    const scores = new RowScores(scoring);
    const row: Row = { scope: 'Container', uid: 'a', container: 'x' };
    scores.take([{ row, fromMs: 0 }], startMs);
    for (let step = 1; step < 400; step++) scores.score(Float64Array.of(7), startMs + step * 1000);
    const told = Array.from({ length: 12 }, (_, i) => scores.score(Float64Array.of(17), startMs + (400 + i) * 1000));
    expect(told.some((parts) => parts.length > 1)).to.equal(true);
    scores.take([], startMs + 500_000);
    expect(scores.save(rowKey(row))).to.equal(undefined);
    scores.take([{ row, fromMs: 0 }], startMs + 501_000);
    expect(scores.save(rowKey(row))?.every((x) => x === 0)).to.equal(true);
  });
});

describe('what is to be scored', () => {
  const spec = policyOf(odd()).signals[0]?.scoring?.spec;
  if (spec === undefined) throw new Error('no scoring');

  it('is named by all of its settings, in whatever order they stand', () => {
    const id = scoringId(spec);
    expect(id).to.match(/^[0-9a-f]{16}$/);
    const { anomaly } = detect();
    const turned = Object.fromEntries(Object.entries(anomaly).toReversed());
    expect(scoringId({ ...spec, detect: { anomaly: turned } })).to.equal(id);
    const others = [
      { ...spec, metric: 'k8s.container.cpu.usage' },
      { ...spec, warmupSeconds: 1 },
      { ...spec, window: { seconds: 60, aggregate: 'Mean' } },
      { ...spec, detect: detect(2) },
    ].map(scoringId);
    expect(new Set([id, ...others]).size).to.equal(5);
  });

  it('is of targets that are rows, and of detectors that can judge at the edge', () => {
    const scored = (signal: SignalSpec, kind: 'Container' | 'Pod' | 'Workload'): boolean => {
      const compilation = compilePolicy('p', '1', {
        target: { kind },
        signals: [signal],
        routes: [{ to: 'Incident' }],
      });
      return 'policy' in compilation && compilation.policy.signals[0]?.scoring !== undefined;
    };
    expect(scored(odd(), 'Container')).to.equal(true);
    expect(scored(odd(), 'Pod')).to.equal(false);
    expect(scored(odd(), 'Workload')).to.equal(false);
    expect(scored(odd({ detect: { threshold: { above: '90%' } } }), 'Container')).to.equal(false);
  });

  it('is told as the same bytes in whatever order, each once', () => {
    const a = { id: 'a', spec };
    const b = { id: 'b', spec: { ...spec, warmupSeconds: 5 } };
    expect(encodeWanted([b, a, a])).to.equal(encodeWanted([a, b]));
    expect(decodeWanted(encodeWanted([a, b]))).to.deep.equal(JSON.parse(JSON.stringify([a.spec, b.spec])));
    for (const other of ['', 'null', '{"version":2,"scorings":[]}', '{"version":1}'])
      expect(decodeWanted(other), other).to.equal(undefined);
  });

  for (const [what, wanted] of [
    ['nothing', undefined],
    ['an unknown metric', { ...spec, metric: 'k8s.nothing' }],
    ['an unknown detector', { ...spec, detect: { oracle: {} } }],
    ['parameters that are none', { ...spec, detect: { anomaly: { minDeviation: 7 } } }],
    ['a detector that judges elsewhere', { ...spec, detect: { threshold: { above: '90%' } } }],
    ['a kind that is no row of the metric', { ...spec, kind: 'Workload' }],
    ['a window of years', { ...spec, window: { seconds: 1e9, aggregate: 'Mean' } }],
  ] as const)
    it(`is refused: ${what}`, () => expect(compileScoring(wanted)).to.equal(undefined));
});
