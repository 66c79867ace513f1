import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { Remediation, RemediationSpec } from '../../crds/remediation.ts';
import { Deployment, Pod, Remediation as RemediationResource } from '../kube/resources.ts';
import { ApiError } from '../kube/api.ts';
import { deployment, type PodFixture, type WorkloadFixture } from '../testing/fixtures.ts';
import { Shell, targets, webPod } from './harness.test.ts';

const scale: PlanStep['action'] = { scale: { by: 1, max: 10 } };
const cordon: PlanStep['action'] = { cordon: {} };
const condition = (remediation: Remediation, type: string): string | undefined => {
  const found = remediation.status?.conditions?.find((candidate) => candidate.type === type);
  return found && `${found.status} ${found.reason}`;
};
const messageOf = (remediation: Remediation, type: string): string =>
  remediation.status?.conditions?.find((candidate) => candidate.type === type)?.message ?? '';
const base = { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' } as const;

describe('verification by a condition', () => {
  let shell: Shell;
  beforeEach(() => (shell = new Shell()));
  const create = (verify: Partial<RemediationSpec['verify']>): Remediation =>
    shell.create([scale], { target: targets.workload, verify: { ...base, ...verify } });
  const ready = 'target.status.readyReplicas == target.spec.replicas';
  const replicas = (): number | undefined =>
    shell.server.find<WorkloadFixture>(Deployment, { namespace: 'shop', name: 'web' })?.spec.replicas;
  const setReady = (readyReplicas: number | undefined): void => {
    const found = shell.server.find<WorkloadFixture>(Deployment, { namespace: 'shop', name: 'web' });
    if (found === undefined) throw new Error('gone');
    const { readyReplicas: _, ...status } = found.status;
    const next = { ...status, ...(readyReplicas === undefined ? {} : { readyReplicas }) };
    shell.server.seed(Deployment, { ...found, status: next });
  };
  const run = async (ms: number): Promise<void> => {
    await shell.settle('fix-1', ms);
    await shell.clock.advance(1);
  };

  it('is recovery when it has held for so long, whatever the policy says', async () => {
    create({ condition: ready });
    await run(30_000);
    expect(condition(shell.get(), 'Verified')).to.equal('Unknown Stabilizing');
    expect(shell.get().status?.holdsSince).not.to.equal(undefined);
    await run(60_000);
    expect(shell.verdict.state).to.equal('Firing');
    expect(condition(shell.get(), 'Verified')).to.equal('True Recovered');
  });

  it('begins to count anew when it did not hold in between', async () => {
    create({ condition: ready });
    await run(40_000);
    setReady(1);
    await run(10_000);
    expect(shell.get().status?.holdsSince).to.equal(undefined);
    expect(messageOf(shell.get(), 'Verified')).to.include('does not hold');
    setReady(3);
    await run(50_000);
    expect(condition(shell.get(), 'Verified')).to.equal('Unknown Stabilizing');
    await run(20_000);
    expect(condition(shell.get(), 'Verified')).to.equal('True Recovered');
  });

  it('is not written again and again while nothing changes', async () => {
    create({ condition: 'target.status.readyReplicas > 100' });
    await run(20_000);
    const { resourceVersion } = shell.get().metadata;
    await run(60_000);
    expect(shell.get().metadata.resourceVersion).to.equal(resourceVersion);
  });

  const unreadable = (): void => {
    const error = new ApiError('no route', { status: 0, reason: 'Unreachable' });
    shell.server.faults = ({ verb, resource }) =>
      verb === 'get' && resource.kind === 'Deployment' ? { kind: 'error', error } : undefined;
  };
  const ends: [
    what: string,
    verify: Partial<RemediationSpec['verify']>,
    then: () => void,
    verified: string,
    kept: boolean,
    escalated: boolean,
  ][] = [
    ['does not hold', { condition: ready }, () => setReady(1), 'False ConditionNotMet', false, false],
    [
      'speaks of an absent field',
      { condition: ready },
      () => setReady(undefined),
      'False ConditionNotMet',
      false,
      false,
    ],
    [
      'does not hold: Keep',
      { condition: ready, onFailure: 'Keep' },
      () => setReady(1),
      'False ConditionNotMet',
      true,
      false,
    ],
    [
      'does not hold: Escalate',
      { condition: ready, onFailure: 'Escalate' },
      () => setReady(1),
      'False ConditionNotMet',
      true,
      true,
    ],
    ['is no truth', { condition: 'target.spec.replicas' }, () => {}, 'Unknown VerificationError', true, false],
    [
      'is no truth: Undo',
      { condition: 'target.spec.replicas', onError: 'Undo' },
      () => {},
      'Unknown VerificationError',
      false,
      false,
    ],
    [
      'cannot be read: Escalate',
      { condition: ready, onError: 'Escalate' },
      unreadable,
      'Unknown VerificationError',
      true,
      true,
    ],
    ['is the policy’s, without samples', {}, () => shell.judge('Unknown'), 'Unknown Inconclusive', true, false],
    [
      'is the policy’s, without samples: Undo',
      { onInconclusive: 'Undo' },
      () => shell.judge('Unknown'),
      'Unknown Inconclusive',
      false,
      false,
    ],
    [
      'is the policy’s, without samples: Escalate',
      { onInconclusive: 'Escalate' },
      () => shell.judge('Unknown'),
      'Unknown Inconclusive',
      true,
      true,
    ],
  ];
  for (const [what, verify, then, verified, kept, escalated] of ends)
    it(`that ${what}: ${verified}, ${kept ? 'kept' : 'taken back'}${escalated ? ', people are asked' : ''}`, async () => {
      create(verify);
      await run(2000);
      shell.playControllers = () => {};
      then();
      await run(400_000);
      expect(condition(shell.get(), 'Verified')).to.equal(verified);
      expect(condition(shell.get(), 'Succeeded')).to.equal(`False ${verified.split(' ')[1]}`);
      expect(replicas()).to.equal(kept ? 3 : 2);
      expect(condition(shell.get(), 'Escalated')).to.equal(escalated ? `True ${verified.split(' ')[1]}` : undefined);
      expect(shell.events.some(({ reason }) => reason === 'Escalated')).to.equal(escalated);
    });
});

describe('the effect', () => {
  it('is measured before the first step and at the end, and told in a line', async () => {
    const shell = new Shell();
    const signals = (value: number) => [{ signal: 'high', value }];
    const restarts = (restartCount: number): void => {
      const found = shell.server.find<PodFixture>(Pod, { namespace: 'shop', name: 'web-1' }) ?? webPod();
      const containerStatuses = [{ name: 'app', restartCount }];
      shell.server.seed(Pod, { ...found, status: { ...found.status, containerStatuses } } as PodFixture);
    };
    restarts(7);
    shell.verdict = { ...shell.verdict, signals: signals(0.974_219_9) };
    shell.create([scale], { target: targets.pod });
    await shell.settle();
    restarts(8);
    shell.judge('Clear');
    shell.verdict = { ...shell.verdict, signals: signals(0.41) };
    await shell.clock.advance(60_000);
    await shell.settle();
    const { effect } = shell.get().status ?? {};
    expect(effect?.before).to.deep.include({
      signals: [{ signal: 'high', value: '0.97422' }],
      replicas: 2,
      restarts: 7,
    });
    expect(effect?.after).to.deep.include({ replicas: 3, readyReplicas: 3, restarts: 8 });
    expect(effect?.summary).to.match(/^high 0.97422 -> 0.41; ready replicas \d of 2 -> 3 of 3; restarts 7 -> 8$/);
  });
});

describe('a chain of attempts without effect', () => {
  const failed = (shell: Shell, index: number, reason: string, more: Partial<RemediationSpec> = {}): unknown => {
    const name = `tried-${index}`;
    const made = shell.create([index % 2 === 0 ? cordon : scale], { target: targets.pod, ...more }, name);
    const time = `2025-12-31T2${index}:00:00Z`;
    const status = reason === 'Recovered' ? ('True' as const) : ('False' as const);
    const succeeded = { type: 'Succeeded', status, reason, message: 'so it ended', lastTransitionTime: time };
    return shell.server.seed(RemediationResource, {
      ...made,
      status: { startedTime: time, finishedTime: time, conditions: [succeeded] },
    });
  };
  const create = (shell: Shell, maxIneffective: number): Remediation =>
    shell.create([cordon], { target: targets.pod, verify: { ...base, maxIneffective } });
  const other = { planRef: { name: 'other', uid: 'uid-other', generation: 1 } };

  it('ends with the attempt that makes it too long, whatever the plans, and tells everything that was tried', async () => {
    const shell = new Shell();
    failed(shell, 0, 'StillFiring', other);
    failed(shell, 1, 'StepFailed');
    create(shell, 3);
    await shell.settle();
    expect(shell.get().status?.tried).to.deep.equal([
      { name: 'tried-0', plan: 'other', did: 'cordon', outcome: 'StillFiring', finishedTime: '2025-12-31T20:00:00Z' },
      { name: 'tried-1', plan: 'fix', did: 'scale', outcome: 'StepFailed', finishedTime: '2025-12-31T21:00:00Z' },
    ]);
    await shell.clock.advance(300_000);
    await shell.settle();
    expect(condition(shell.get(), 'Escalated')).to.equal('True IneffectiveChain');
    expect(messageOf(shell.get(), 'Escalated'))
      .to.include('3 attempts in a row')
      .and.include('tried-0 (cordon): StillFiring');
  });

  it('lets no other attempt begin', async () => {
    const shell = new Shell();
    for (const index of [0, 1]) failed(shell, index, 'NotStable', other);
    create(shell, 2);
    await shell.settle();
    expect(condition(shell.get(), 'Succeeded')).to.equal('False IneffectiveChain');
    expect(condition(shell.get(), 'Escalated')).to.equal('True IneffectiveChain');
    expect(shell.server.writes.filter(({ resource }) => resource.kind !== 'Remediation')).to.deep.equal([]);
  });

  const harmless: [what: string, reasons: readonly string[]][] = [
    ['one that helped in between', ['StillFiring', 'Recovered', 'StillFiring']],
    ['ends that say nothing of the effect', ['Inconclusive', 'Cancelled', 'StillFiring']],
  ];
  for (const [what, reasons] of harmless)
    it(`is broken by ${what}`, async () => {
      const shell = new Shell();
      for (const [index, reason] of reasons.entries()) failed(shell, index, reason, other);
      create(shell, 3);
      await shell.settle();
      await shell.clock.advance(300_000);
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False StillFiring');
      expect(condition(shell.get(), 'Escalated')).to.equal(undefined);
    });

  it('is another one for another target', async () => {
    const shell = new Shell();
    shell.server.seed(Deployment, deployment({ name: 'api', uid: 'uid-api' }));
    for (const index of [0, 1]) failed(shell, index, 'StillFiring', { target: targets.node });
    create(shell, 2);
    await shell.settle();
    expect(condition(shell.get(), 'Succeeded')).to.equal('Unknown Stabilizing');
  });
});
