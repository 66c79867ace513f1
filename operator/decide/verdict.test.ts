import { expect } from 'chai';
import type { Verdict, VerdictState } from '../../engine/evaluate/verdict.ts';
import type { Target } from '../actions/action.ts';
import { targets } from './harness.test.ts';
import { policyVerdict } from './verdict.ts';

const nowMs = 1_000_000;
const { workload } = targets.pod;

/** A verdict on a pod of deployment `web`. */
const verdict = (uid: string, state: VerdictState, more: Partial<Verdict> = {}, startedMs = 500_000): Verdict => ({
  policyId: 'p',
  revision: '1',
  target: { kind: 'Pod', key: `Pod/${uid}`, uid, namespace: 'shop', name: uid, labels: {}, workload, startedMs },
  state,
  sinceMs: 900_000,
  firstSampleMs: 800_000,
  lastSampleMs: 999_000,
  confidence: 1,
  evidence: [],
  ...more,
});
const of = (verdicts: Verdict[], target: Target = targets.pod, startedMs: number | undefined = 600_000) =>
  policyVerdict(target, verdicts, { startedMs, staleAfterSeconds: 15, nowMs });

describe('policyVerdict', () => {
  const states: [VerdictState, string][] = [
    ['Firing', 'Firing'],
    ['Clearing', 'Firing'],
    ['Pending', 'Pending'],
    ['Inactive', 'Clear'],
    ['Unknown', 'Unknown'],
  ];
  for (const [state, expected] of states)
    it(`${state} is ${expected}`, () => {
      expect(of([verdict('uid-web-1', state)])).to.deep.equal({
        state: expected,
        sinceMs: 900_000,
        lastSampleMs: 999_000,
        signals: [],
        staleAfterSeconds: 15,
      });
    });

  it('is unknown without any verdict', () => {
    expect(of([])).to.deep.include({ state: 'Unknown', sinceMs: nowMs, lastSampleMs: undefined });
  });

  it('has no last sample where the engine has none', () => {
    expect(of([verdict('uid-web-1', 'Unknown', { lastSampleMs: NaN })]).lastSampleMs).to.equal(undefined);
  });

  const fresh = 700_000;
  const cases: [what: string, verdicts: Verdict[], expected: string][] = [
    [
      'the target itself speaks, whatever its siblings say',
      [verdict('uid-web-1', 'Inactive'), verdict('b', 'Firing', {}, fresh)],
      'Clear',
    ],
    ['its replacement is healthy', [verdict('b', 'Inactive', {}, fresh)], 'Clear'],
    ['its replacement fires', [verdict('b', 'Firing', {}, fresh)], 'Firing'],
    [
      'of several replacements the worst speaks',
      [verdict('b', 'Inactive', {}, fresh), verdict('c', 'Unknown', {}, fresh)],
      'Unknown',
    ],
    ['a sibling that was there before is no replacement', [verdict('b', 'Inactive')], 'Unknown'],
    [
      'a pod of another workload is none either',
      [
        verdict('b', 'Inactive', {
          target: { ...verdict('b', 'Inactive', {}, fresh).target, workload: { ...workload, uid: 'x' } },
        }),
      ],
      'Unknown',
    ],
  ];
  for (const [what, verdicts, expected] of cases) it(what, () => expect(of(verdicts).state).to.equal(expected));

  it('looks for no replacement before anything was done', () => {
    const facts = { startedMs: undefined, staleAfterSeconds: 15, nowMs };
    expect(policyVerdict(targets.pod, [verdict('b', 'Inactive', {}, fresh)], facts).state).to.equal('Unknown');
  });

  it('takes a start that is told in whole seconds for one in that second', () => {
    expect(of([verdict('b', 'Inactive', {}, 600_000)], targets.pod, 600_900).state).to.equal('Clear');
  });
});
