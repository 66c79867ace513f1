import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import type { Guardrail } from '../../../crds/guardrail.ts';
import type { Incident } from '../../../crds/incident.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { validIncident, validPlan, validPolicy } from '../../../crds/testing/valid.ts';
import { startMs } from '../../ingest/testing.ts';
import { Recording } from '../recording/reader.ts';
import { recorded, utilization, type MadeUp } from '../harness.test.ts';
import { UnusableError } from '../unusable.ts';
import { backtest } from './backtest.ts';
import { reportOf, type EpisodeReport } from './report.ts';

const root = 'homeostat-system';

function policy(spec: Partial<DetectionPolicy['spec']> = {}): DetectionPolicy {
  const { when: _, ...valid } = validPolicy().spec;
  return {
    ...validPolicy(),
    metadata: { name: 'full', namespace: 'shop', uid: 'uid-full' },
    spec: {
      ...valid,
      target: { kind: 'Container', warmupSeconds: 0, selector: { matchLabels: { app: 'web' } } },
      signals: [{ name: 'high', metric: utilization, detect: { threshold: { above: '90%' } } }],
      minConfidence: '0%',
      forSeconds: 2,
      clearForSeconds: 5,
      routes: [{ to: 'Remediate', plan: 'restart' }],
      ...spec,
    },
  };
}

const plan = (mode: 'Approve' | 'Enforce' | 'Observe', guards: object = {}): RemediationPlan => ({
  ...validPlan(),
  metadata: { name: 'restart', namespace: 'shop', uid: 'uid-restart' },
  spec: {
    mode,
    steps: [{ name: 'restart', action: { restartPod: {} }, timeoutSeconds: 60 }],
    verify: { stabilizationSeconds: 5, timeoutSeconds: 20, onFailure: 'Keep' },
    guards: { maxConcurrent: 1, maxAttempts: 2, cooldownSeconds: 10, ...guards },
  } as RemediationPlan['spec'],
});

const freeze: Guardrail = {
  apiVersion: 'homeostat.dev/v1alpha1',
  kind: 'Guardrail',
  metadata: { name: 'freeze', namespace: root },
  spec: { paused: [{ reason: 'Monday', by: 'bob' }] },
};

/** Full from one second to before another. */
const fullFrom = (from: number, to: number) => (t: number) => (t >= from && t < to ? 0.95 : 0.3);
const second = (iso: string | undefined): number => (Date.parse(iso ?? '') - startMs) / 1000;

describe('a backtest', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'homeostat-backtest-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const judged = (
    madeUp: MadeUp,
    given: {
      policy?: DetectionPolicy;
      plans?: RemediationPlan[];
      guardrails?: Guardrail[];
      incidents?: Incident[];
    } = {},
  ) => {
    const path = join(directory, 'w.hrec');
    recorded(path, madeUp);
    const { policy: one = policy(), plans = [], guardrails = [] } = given;
    const result = backtest(new Recording(path), { policies: [one], plans, guardrails, rootNamespace: root });
    return reportOf(result, given.incidents);
  };
  const firedIn = ({ policies }: ReturnType<typeof reportOf>): readonly EpisodeReport[] => policies[0]?.fired ?? [];
  const told = ({ is, ready, blocked, ended }: EpisodeReport['attempts'][number]): unknown[] => [
    is,
    ...(ready === undefined ? [] : [Math.floor(second(ready))]),
    ...blocked.map(({ guard }) => guard),
    ...(ended === undefined ? [] : [ended.is, Math.floor(second(ended.at))]),
  ];

  it('says when, for whom, how surely and why a policy would have fired and cleared', () => {
    const report = judged({ seconds: 120, pods: { 'web-1': fullFrom(40, 60), 'web-2': () => 0.2 } });
    const [episode, ...more] = firedIn(report);
    expect(more).to.deep.equal([]);
    expect(episode).to.include({ name: 'Container shop/web-1/app', confidence: '100%', end: 'Recovered' });
    expect([second(episode?.fired), second(episode?.cleared)]).to.deep.equal([42, 65]);
    expect(episode?.because).to.deep.equal([`high (${utilization}) is 0.95, > 90%`]);
    expect(episode?.missingPlan).to.equal('restart');
    expect(report).to.deep.include({ frames: 120, missedFrames: 0, lostFrames: {}, unboundRows: 0 });
    expect(report.policies[0]?.targets).to.include({ Inactive: 2 });
  });

  it('marks what began before the windows were full', () => {
    const early = judged({ seconds: 60, pods: { 'web-1': fullFrom(0, 50) } });
    expect(firedIn(early)[0]).to.include({ early: true });
    const late = judged({ seconds: 60, pods: { 'web-1': fullFrom(30, 50) } });
    expect(firedIn(late)[0]).not.to.have.property('early');
  });

  it('judges those that the policy selects, by their labels and their namespace’s', () => {
    const madeUp = { seconds: 60, pods: { 'web-1': fullFrom(30, 50) } };
    expect(firedIn(judged({ ...madeUp, labels: { app: 'db' } }))).to.have.length(0);
    const selecting = (team: string): DetectionPolicy => ({
      ...policy({ target: { kind: 'Container', warmupSeconds: 0, namespaceSelector: { matchLabels: { team } } } }),
      metadata: { name: 'full', namespace: root, uid: 'u' },
    });
    expect(firedIn(judged(madeUp, { policy: selecting('shop') }))).to.have.length(1);
    expect(firedIn(judged(madeUp, { policy: selecting('other') }))).to.have.length(0);
  });

  it('lets a plan begin when its guards let it, and counts on what the recording says of the end', () => {
    const pods = { 'web-1': fullFrom(30, 40), 'web-2': fullFrom(31, 100) };
    const fired = firedIn(judged({ seconds: 150, pods }, { plans: [plan('Enforce')] }));
    // web-1 recovers: quiet since 40, cleared at 45, stable at 50. Then web-2 may; it never helps, twice.
    expect(fired.map(({ attempts }) => attempts.map(told))).to.deep.equal([
      [['Begins', 32, 'Recovered', 50]],
      [
        ['Begins', 50, 'maxConcurrent', 'NotRecovered', 70],
        ['Begins', 80, 'cooldownSeconds', 'NotRecovered', 100],
      ],
    ]);
  });

  it('asks people, writes down, or does nothing, as modes and guardrails say', () => {
    const madeUp = { seconds: 90, pods: { 'web-1': fullFrom(30, 60) } };
    const attempts = (...args: [RemediationPlan, ...Guardrail[]]): unknown[] => {
      const [one, ...guardrails] = args;
      return firedIn(judged(madeUp, { plans: [one], guardrails })).flatMap((episode) => episode.attempts.map(told));
    };
    expect(attempts(plan('Approve'))).to.deep.equal([['Asks', 32]]);
    expect(attempts(plan('Observe'))).to.deep.equal([['Records', 32]]);
    expect(attempts(plan('Enforce'), freeze)).to.deep.equal([['Blocked', 'paused']]);
    const careful = { ...freeze, spec: { maxMode: 'Approve' as const } };
    expect(attempts(plan('Enforce'), careful)).to.deep.equal([['Asks', 32]]);
  });

  it('begins nothing in a storm', () => {
    const storm = { storm: { above: 1, clearSeconds: 30, observeSeconds: 3 } };
    const pods = { 'web-1': fullFrom(30, 60), 'web-2': fullFrom(30, 60) };
    const fired = firedIn(judged({ seconds: 90, pods }, { plans: [plan('Enforce', storm)] }));
    expect(fired.flatMap(({ attempts }) => attempts.map(told))).to.deep.equal([
      ['Blocked', 'storm'],
      ['Blocked', 'storm'],
    ]);
  });

  it('is set against the Incidents of that time', () => {
    const incident = (name: string, uid: string, at: number): Incident => ({
      ...validIncident(),
      metadata: { name, namespace: 'shop' },
      spec: {
        ...validIncident().spec,
        policyRef: { name: 'full', uid: 'another', generation: 1 },
        target: { kind: 'Container', namespace: 'shop', name: uid, uid, container: 'app' },
        openedTime: new Date(startMs + at * 1000).toISOString(),
      },
    });
    const pods = { 'web-1': fullFrom(30, 40), 'web-2': fullFrom(60, 70), 'web-3': () => 0 };
    const incidents = [
      incident('a', 'uid-web-1', 33),
      incident('b', 'uid-web-3', 50),
      incident('long ago', 'uid-web-2', -500),
    ];
    const report = judged({ seconds: 90, pods }, { incidents });
    expect(firedIn(report).map((episode) => episode.incident?.name)).to.deep.equal(['a', undefined]);
    expect(firedIn(report)[0]?.incident?.laterSeconds).to.equal(1);
    expect(report.policies[0]?.withoutEpisode?.map(({ name }) => name)).to.deep.equal(['b']);
    const late = judged(
      { seconds: 190, pods: { 'web-1': fullFrom(30, 150) } },
      { incidents: [incident('c', 'uid-web-1', 130)] },
    );
    expect(firedIn(late).map((episode) => episode.incident?.laterSeconds)).to.deep.equal([98]);
  });

  it('names the field of a policy or a plan that cannot be used', () => {
    const wrong = policy({ signals: [{ name: 'high', metric: 'no.such', detect: { threshold: { above: '1' } } }] });
    const madeUp = { seconds: 1, pods: { 'web-1': () => 0 } };
    expect(() => judged(madeUp, { policy: wrong })).to.throw(UnusableError, /full cannot be used: spec\.signals/);
    const noSteps = { ...plan('Enforce'), spec: { ...plan('Enforce').spec, steps: [] } };
    expect(() => judged(madeUp, { plans: [noSteps] })).to.throw(UnusableError, /restart cannot be used: spec\.steps/);
  });
});
