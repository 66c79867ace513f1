import { expect } from 'chai';
import type { Verdict, VerdictChange, VerdictState } from '../../engine/evaluate/verdict.ts';
import { nodeTarget } from './harness.test.ts';
import { Judge, type PolicyFacts } from './judge.ts';
import { referenceOf } from './targets.ts';

const nowMs = 1000;
const target = nodeTarget();
const verdict = (state: VerdictState): Verdict => ({
  policyId: 'p',
  revision: '1',
  target,
  state,
  sinceMs: 700,
  firstSampleMs: 600,
  lastSampleMs: 990,
  confidence: 1,
  evidence: [],
});
const ended = (cause: VerdictChange['cause']): VerdictChange => ({
  verdict: verdict('Inactive'),
  from: 'Firing',
  atMs: 800,
  cause,
});

interface Situation {
  state?: VerdictState;
  policy?: ReturnType<PolicyFacts['state']>;
  isLive?: boolean;
  exists?: boolean;
  changes?: VerdictChange[];
  /** When the sample was taken by which the episode began. */
  sinceMs?: number;
}

function judge({ state, policy = 'InForce', isLive = true, exists = true, changes = [], sinceMs }: Situation): string {
  const judge = new Judge({
    verdicts: { verdict: () => (state === undefined ? undefined : verdict(state)) },
    policies: { state: () => policy },
    exists: () => exists,
    isLive: () => isLive,
    nowMs: () => nowMs,
  });
  for (const change of changes) judge.take(change);
  const judged = judge.judge('p', referenceOf(target), sinceMs);
  return judged.state === 'Over' ? `${judged.reason} at ${judged.atMs}` : judged.state;
}

describe('Judge', () => {
  const table: [what: string, situation: Situation, judged: string][] = [
    ['fires', { state: 'Firing' }, 'Firing'],
    ['is not recovered while clearing', { state: 'Clearing' }, 'Firing'],
    ['is not recovered while it holds again, not yet for long enough', { state: 'Pending' }, 'Firing'],
    ['has recovered, by the time of the samples', { state: 'Inactive' }, 'Recovered at 700'],
    ['has recovered since the sample that it fired by', { state: 'Inactive', sinceMs: 600 }, 'Recovered at 700'],
    ['is unknown by samples before the one that it fired by', { state: 'Inactive', sinceMs: 991 }, 'Unknown'],
    ['is unknown without recent samples', { state: 'Unknown' }, 'Unknown'],
    ['is unknown while the past is read', { state: 'Inactive', isLive: false }, 'Unknown'],
    ['is unknown when it exists and nothing was heard of it', {}, 'Unknown'],
    ['is gone when the cluster has it no more', { exists: false }, 'TargetGone at 1000'],
    ['is gone when the engine said so', { changes: [ended('TargetGone')] }, 'TargetGone at 800'],
    [
      'is back when the engine said that later',
      { state: 'Firing', changes: [ended('TargetGone'), ended('Judged')] },
      'Firing',
    ],
    ['ends with its policy', { state: 'Firing', policy: 'Deleted' }, 'PolicyDeleted at 1000'],
    ['ends with its policy also while the past is read', { policy: 'Deleted', isLive: false }, 'PolicyDeleted at 1000'],
    ['ends when its policy only observes', { state: 'Firing', policy: 'Observes' }, 'PolicyObserves at 1000'],
    ['ends when its policy judges anew', { state: 'Inactive', changes: [ended('PolicyGone')] }, 'PolicyChanged at 800'],
    ['is unknown when no version of its policy can be used', { state: 'Firing', policy: 'Broken' }, 'Unknown'],
  ];
  for (const [what, situation, judged] of table) {
    it(`a target ${what}`, () => expect(judge(situation)).to.equal(judged));
  }
});
