import { expect } from 'chai';
import { Pod } from '../kube/resources.ts';
import { guardrail, Shell, targets } from './harness.test.ts';
import {
  condition,
  cordon,
  fault,
  isCordoned,
  message,
  replicas,
  restart,
  scale,
  statesOf,
  targetWrites,
  wish,
} from './remediation-scene.test.ts';

describe('a Remediation', () => {
  let shell: Shell;
  beforeEach(() => (shell = new Shell()));

  describe('in mode Approve', () => {
    beforeEach(() => {
      shell.plan = shell.plan && { ...shell.plan, spec: { ...shell.plan.spec, approval: { expireSeconds: 3600 } } };
      shell.create([cordon], { mode: 'Approve' });
    });

    it('asks, and does nothing', async () => {
      await shell.settle();
      expect(condition(shell.get(), 'Approved')).to.equal('Unknown AwaitingApproval');
      expect(condition(shell.get(), 'Blocked')).to.equal('False GuardsPass');
      expect(targetWrites(shell)).to.deep.equal([]);
    });

    it('takes no place in the budgets while it waits', async () => {
      await shell.settle();
      shell.create([cordon], { target: { ...targets.node } }, 'fix-2');
      await shell.settle('fix-2');
      expect(condition(shell.get('fix-2'), 'Blocked')).to.equal('False Admitted');
    });

    it('runs once it is approved', async () => {
      await shell.settle();
      wish(shell, { approvals: [{ decision: 'Approved', by: 'alice' }] });
      await shell.settle();
      expect(condition(shell.get(), 'Approved')).to.equal('True Approved');
      expect(isCordoned(shell)).to.equal(true);
    });

    it('asks the guards again after the approval', async () => {
      await shell.settle();
      wish(shell, { approvals: [{ decision: 'Approved', by: 'alice' }] });
      shell.samples = false;
      await shell.clock.advance(60_000);
      await shell.settle();
      expect(condition(shell.get(), 'Blocked')).to.equal('True NoRecentSamples');
      expect(targetWrites(shell)).to.deep.equal([]);
    });

    it('ends when it is denied', async () => {
      wish(shell, { approvals: [{ decision: 'Denied', by: 'alice', note: 'no' }] });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False Denied');
      expect(targetWrites(shell)).to.deep.equal([]);
    });

    it('ends when nobody decides in time', async () => {
      await shell.settle();
      await shell.clock.advance(3_600_000);
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False ApprovalExpired');
    });

    it('begins when as many as the quorum asks for have approved, and tells who is missing', async () => {
      shell.plan = shell.plan && { ...shell.plan, spec: { ...shell.plan.spec, approval: { quorum: 2 } } };
      const alice = { by: 'alice', decision: 'Approved' } as const;
      wish(shell, { approvals: [alice] });
      await shell.settle();
      expect(condition(shell.get(), 'Approved')).to.equal('Unknown AwaitingApproval');
      expect(message(shell.get(), 'Approved')).to.include('1 of 2 have approved');
      expect(targetWrites(shell)).to.deep.equal([]);
      await shell.clock.advance(5000);
      wish(shell, { approvals: [alice, { by: 'bob', decision: 'Approved', note: 'go' }] });
      await shell.settle();
      expect(message(shell.get(), 'Approved')).to.equal('alice and bob approved it: go');
      expect(isCordoned(shell)).to.equal(true);
      expect(shell.get().status?.approval).to.deep.equal({
        required: 2,
        given: 2,
        decisions: [
          { by: 'alice', decision: 'Approved', time: '2026-01-01T00:00:00.000Z' },
          { by: 'bob', decision: 'Approved', time: '2026-01-01T00:00:05.000Z' },
        ],
      });
    });

    it('ends when one says no, whoever said yes', async () => {
      shell.plan = shell.plan && { ...shell.plan, spec: { ...shell.plan.spec, approval: { quorum: 2 } } };
      wish(shell, {
        approvals: [
          { by: 'alice', decision: 'Approved' },
          { by: 'bob', decision: 'Denied' },
        ],
      });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False Denied');
    });

    it('ends when what was approved could not begin in time', async () => {
      shell.guardrails = [guardrail({ paused: [{ reason: 'freeze', by: 'carol' }] })];
      wish(shell, { approvals: [{ by: 'alice', decision: 'Approved' }] });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('Unknown Paused');
      await shell.clock.advance(3_600_000);
      shell.guardrails = [];
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False ApprovalExpired');
      expect(message(shell.get(), 'Approved')).to.include('alice approved it').and.include('too long ago');
      expect(targetWrites(shell)).to.deep.equal([]);
    });

    it('begins no further step when the no comes after the start, and says so', async () => {
      shell.create([scale, cordon], { mode: 'Approve', target: targets.pod }, 'fix-2');
      const alice = { by: 'alice', decision: 'Approved' } as const;
      wish(shell, { approvals: [alice] }, 'fix-2');
      shell.interrupt = ({ do: what }, when) => {
        if (what === 'Write' && when === 'after')
          wish(shell, { approvals: [alice, { by: 'bob', decision: 'Denied', note: 'wait' }] }, 'fix-2');
      };
      await shell.settle('fix-2');
      const found = shell.get('fix-2');
      expect(statesOf(found)).to.deep.equal(['Applied', 'Skipped']);
      expect(condition(found, 'Approved')).to.equal('False Denied');
      expect(condition(found, 'Applied')).to.equal('False Denied');
      expect(condition(found, 'Verified')).to.equal('Unknown Stabilizing');
      expect(shell.events.map(({ reason }) => reason)).to.include('Denied');
      expect(found.status?.timeline?.map(({ what }) => what).join()).to.include('bob denied it: wait. It had begun');
    });

    it('is asked for when a guardrail lowers mode Enforce to Approve afterwards', async () => {
      shell.create([cordon], {}, 'fix-2');
      shell.guardrails = [guardrail({ maxMode: 'Approve' })];
      await shell.settle('fix-2');
      expect(condition(shell.get('fix-2'), 'Approved')).to.equal('Unknown AwaitingApproval');
    });
  });

  describe('in modes Observe and DryRun', () => {
    for (const mode of ['Observe', 'DryRun'] as const)
      it(`${mode}: writes down what it would do, and changes nothing`, async () => {
        shell.create([scale, cordon], { mode, target: targets.pod });
        await shell.settle();
        const found = shell.get();
        expect(condition(found, 'Succeeded')).to.equal(mode === 'Observe' ? 'True Observed' : 'True DryRun');
        expect(statesOf(found)).to.deep.equal(['Skipped', 'Skipped']);
        expect(found.status?.steps?.[0]?.changes?.[0]).to.deep.include({ path: '/spec/replicas', from: '2', to: '3' });
        expect(found.status?.steps?.[0]?.message).to.include('would scale Deployment shop/web from 2 to 3 replicas');
        expect(targetWrites(shell)).to.deep.equal([]);
      });

    it('DryRun asks the API server, and tells what it says', async () => {
      shell.create([cordon], { mode: 'DryRun' });
      shell.server.faults = ({ verb, resource }) =>
        verb === 'patch' && resource.kind === 'Node' ? { kind: 'error', error: fault(403, 'Forbidden') } : undefined;
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False WouldFail');
      expect(shell.get().status?.steps?.[0]?.message).to.equal('the API server would refuse it: Forbidden!');
    });

    it('DryRun asks about what it wrote down, although time passes between the two', async () => {
      shell.create([{ rolloutRestart: {} }], { mode: 'DryRun', target: targets.workload });
      const now = shell.clock.now.bind(shell.clock);
      let saved = 0;
      shell.clock.now = () => now() + 7 * saved;
      shell.interrupt = ({ do: what }, when) => {
        if (what !== 'Save' || when !== 'after') return;
        saved++;
        expect(saved, 'it comes to rest').to.be.at.most(10);
      };
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('True DryRun');
    });

    for (const mode of ['Observe', 'DryRun', 'Approve'] as const)
      it(`${mode}: tells the diff and whom it would concern`, async () => {
        shell.create([scale, restart], { mode, target: targets.pod });
        await shell.settle();
        const { diff, blastRadius } = shell.get().status?.preview ?? {};
        expect(diff).to.deep.equal([
          'step-1: Deployment shop/web spec.replicas: 2 -> 3',
          'step-2: Pod shop/web-1: deleted',
        ]);
        expect(blastRadius?.summary).to.equal('1 pod; 1 of 1 of ReplicaSet shop/web-6d4cf56db6');
        expect(replicas(shell)).to.equal(2);
        expect(shell.server.find(Pod, { namespace: 'shop', name: 'web-1' })).not.to.equal(undefined);
      });

    it('has nothing to undo afterwards', async () => {
      shell.create([cordon], { mode: 'Observe' });
      await shell.settle();
      wish(shell, { undoRequested: { by: 'alice', reason: 'why not' } });
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('True NothingToUndo');
      expect(targetWrites(shell)).to.deep.equal([]);
    });
  });
});
