import { expect } from 'chai';
import { Node, Remediation as RemediationResource } from '../kube/resources.ts';
import { node } from '../testing/fixtures.ts';
import { guardrail, Shell, targets } from './harness.test.ts';
import {
  condition,
  cordon,
  isCordoned,
  scale,
  statesOf,
  targetWrites,
  verify,
  wish,
} from './remediation-scene.test.ts';

describe('a Remediation', () => {
  let shell: Shell;
  beforeEach(() => (shell = new Shell()));

  describe('that runs', () => {
    it('claims, reads, writes down, acts, looks, and waits for the verdict', async () => {
      shell.create([cordon]);
      await shell.settle();
      expect(shell.trace).to.deep.equal(['Save', 'Read', 'Save', 'Write Act step-1', 'Read', 'Save', 'Wait', 'Wait']);
      expect(isCordoned(shell)).to.equal(true);
      expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
      expect(condition(shell.get(), 'Verified')).to.equal('Unknown Stabilizing');
    });

    it('reads before it claims where something has blocked it before, or in a later attempt', async () => {
      shell.guardrails = undefined;
      shell.create([cordon]);
      await shell.reconcile();
      expect(shell.trace).to.deep.equal(['Read', 'Save', 'Wait']);
      shell.guardrails = [];
      await shell.reconcile();
      expect(shell.trace.slice(3, 5)).to.deep.equal(['Read', 'Save']);
      shell.create([cordon], { attempt: 2 }, 'fix-2');
      shell.trace.length = 0;
      await shell.reconcile('fix-2');
      expect(shell.trace.slice(0, 2)).to.deep.equal(['Read', 'Save']);
    });

    it('gives its claim up when what it reads forbids it, and touches nothing', async () => {
      shell.guardrails = [guardrail({ protect: [{ nodeSelector: { matchLabels: { role: 'db' } } }] })];
      shell.server.seed(Node, node({ uid: 'uid-node-1', labels: { role: 'db' } }));
      shell.create([cordon]);
      await shell.settle();
      expect(condition(shell.get(), 'Blocked')).to.equal('True Protected');
      expect(targetWrites(shell)).to.deep.equal([]);
      const claims = shell.get().status?.claims;
      await shell.clock.advance(60_000);
      await shell.settle();
      expect(shell.get().status?.claims, 'claims').to.equal(claims);
    });

    it('has the pre-image stored before it writes', async () => {
      shell.create([scale], { target: targets.workload });
      let stored: unknown;
      shell.interrupt = ({ do: what }, when) => {
        if (what === 'Write' && when === 'before') stored = shell.get().status?.steps?.[0];
      };
      await shell.settle();
      expect(stored).to.deep.include({ state: 'Prepared' });
      expect(stored).to.have.nested.property('changes[0].from', '2');
      expect(stored).to.have.nested.property('changes[0].to', '3');
    });

    it('writes under its own name, in the name of the service account', async () => {
      shell.create([cordon], { serviceAccountName: 'fixer' });
      await shell.settle();
      const [write] = targetWrites(shell);
      expect(write?.user).to.equal('fixer');
      expect(write?.options).to.deep.include({ fieldManager: 'homeostat/homeostat-system/fix-1' });
    });

    it('says in each condition which generation it is about', async () => {
      shell.create([cordon]);
      await shell.settle();
      const found = shell.get();
      shell.server.seed(RemediationResource, { ...found, metadata: { ...found.metadata, generation: 7 } });
      await shell.settle();
      const about = shell.get().status?.conditions?.map(({ observedGeneration }) => observedGeneration);
      expect(new Set(about)).to.deep.equal(new Set([7]));
    });

    it('does its steps in their order', async () => {
      shell.create([scale, cordon], { target: targets.pod });
      await shell.settle();
      expect(targetWrites(shell).map(({ resource }) => resource.kind)).to.deep.equal(['Deployment', 'Node']);
      expect(statesOf(shell.get())).to.deep.equal(['Applied', 'Applied']);
    });

    it('succeeds when the target stays healthy, and keeps what it did', async () => {
      shell.create([cordon]);
      await verify(shell, 'Clear');
      expect(condition(shell.get(), 'Verified')).to.equal('True Recovered');
      expect(condition(shell.get(), 'Succeeded')).to.equal('True Recovered');
      expect(shell.get().status?.finishedTime).to.equal('2026-01-01T00:01:00.000Z');
      expect(isCordoned(shell)).to.equal(true);
    });

    it('tells of it: what it will do, that it is done, how it ended', async () => {
      shell.create([cordon]);
      await verify(shell, 'Clear');
      expect(shell.events.map(({ reason, about }) => `${reason} ${about}`)).to.deep.equal([
        'Acting Target',
        'Applied Target',
        'Recovered Remediation',
      ]);
      expect(shell.get().status?.timeline?.map(({ what }) => what)).to.deep.equal([
        'created in mode Enforce, attempt 1',
        'step step-1: cordon Node node-1',
        'step step-1 is done: the node takes no new pods',
        'succeeded: the target has not fired for 60 s',
      ]);
    });
  });

  describe('before it begins', () => {
    it('ends when the target recovers by itself', async () => {
      shell.create([cordon]);
      shell.judge('Clear');
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('True NotNeeded');
      expect(targetWrites(shell)).to.deep.equal([]);
    });

    it('ends when the target is gone, or another of its name', async () => {
      for (const [index, uid] of ['absent', 'other'].entries()) {
        const name = `fix-${index}`;
        shell.create([cordon], { target: { kind: 'Node', name: uid, uid: 'uid' } }, name);
        shell.server.seed(Node, node({ name: 'other', uid: 'uid-other' }));
        await shell.settle(name);
        expect(condition(shell.get(name), 'Succeeded')).to.equal('True TargetGone');
      }
    });

    it('waits while a guard does not pass, says why, and goes on when it does', async () => {
      shell.create([cordon]);
      shell.guardrails = [guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] })];
      await shell.settle();
      expect(condition(shell.get(), 'Blocked')).to.equal('True Paused');
      expect(shell.get().status?.guards?.find(({ name }) => name === 'paused')).to.deep.include({
        passed: false,
        message: 'freeze (alice, Guardrail all)',
      });
      expect(targetWrites(shell)).to.deep.equal([]);
      shell.guardrails = [];
      await shell.settle();
      expect(isCordoned(shell)).to.equal(true);
    });

    it('is not saved again and again while nothing changes', async () => {
      shell.create([cordon]);
      shell.plan = undefined;
      await shell.settle();
      const { resourceVersion } = shell.get().metadata;
      await shell.clock.advance(60_000);
      await shell.settle();
      expect(shell.get().metadata.resourceVersion).to.equal(resourceVersion);
    });

    it('is not saved again and again when the reasons to wait are many', async () => {
      shell.create([cordon]);
      const paused = Array.from({ length: 16 }, (_, index) => ({
        reason: `${index}`.padEnd(256, 'x'),
        by: '🧊'.repeat(128),
      }));
      shell.guardrails = [guardrail({ paused })];
      await shell.settle();
      expect(condition(shell.get(), 'Blocked')).to.equal('True Paused');
      const { resourceVersion } = shell.get().metadata;
      await shell.clock.advance(60_000);
      await shell.settle();
      expect(shell.get().metadata.resourceVersion).to.equal(resourceVersion);
    });

    it('is cancelled', async () => {
      shell.create([cordon], { cancelRequested: { by: 'alice', reason: 'mine' } });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False Cancelled');
      expect(targetWrites(shell)).to.deep.equal([]);
    });
  });

  it('says in one place what it waits for, as long as it has not ended', async () => {
    const stands = (): string | undefined => condition(shell.get(), 'Succeeded');
    shell.create([scale], { mode: 'Approve', target: targets.workload });
    shell.guardrails = [guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] })];
    await shell.settle();
    expect(stands()).to.equal('Unknown Paused');
    shell.guardrails = [];
    await shell.settle();
    expect(stands()).to.equal('Unknown AwaitingApproval');
    wish(shell, { approvals: [{ decision: 'Approved', by: 'alice' }] });
    const playControllers = shell.playControllers.bind(shell);
    shell.playControllers = () => {};
    await shell.settle();
    expect(stands()).to.equal('Unknown InProgress');
    shell.playControllers = playControllers;
    await shell.settle();
    expect(stands()).to.equal('Unknown Stabilizing');
  });
});
