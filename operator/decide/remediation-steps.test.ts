import { expect } from 'chai';
import { Deployment, Pod } from '../kube/resources.ts';
import { Crash, guardrail, Shell, targets } from './harness.test.ts';
import {
  byPerson,
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
  undosOf,
  verify,
  wish,
} from './remediation-scene.test.ts';

describe('a Remediation', () => {
  let shell: Shell;
  beforeEach(() => (shell = new Shell()));

  describe('whose step', () => {
    it('has nothing to do: ends, and undoes nothing later', async () => {
      await byPerson(shell, true);
      shell.create([cordon]);
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False NothingToDo');
      wish(shell, { undoRequested: { by: 'alice', reason: 'why not' } });
      await shell.settle();
      expect(isCordoned(shell)).to.equal(true);
    });

    it('is refused: fails, and takes back the steps before', async () => {
      shell.server.seed(Pod, {
        ...shell.server.find(Pod, { namespace: 'shop', name: 'web-1' }),
        metadata: { name: 'web-1', namespace: 'shop', ownerReferences: [] },
      });
      shell.create([scale, restart, cordon], { target: targets.pod });
      await shell.settle();
      expect(statesOf(shell.get())).to.deep.equal(['Applied', 'Failed', 'Skipped']);
      expect(condition(shell.get(), 'Succeeded')).to.equal('False StepFailed');
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(replicas(shell)).to.equal(2);
    });

    it('the API server forbids: fails with its message', async () => {
      shell.create([cordon]);
      shell.server.faults = ({ verb, resource }) =>
        verb === 'patch' && resource.kind === 'Node' ? { kind: 'error', error: fault(403, 'Forbidden') } : undefined;
      await shell.settle();
      expect(shell.get().status?.steps?.[0]?.message).to.equal('the API server refused it: Forbidden!');
      expect(condition(shell.get(), 'Succeeded')).to.equal('False Forbidden');
      expect(message(shell.get(), 'Applied')).to.include('the operator may not do that: grant it');
    });

    it('its account may not do: names the account, and what to do', async () => {
      shell.server.authorize = ({ user, verb }) => user === undefined || verb !== 'patch';
      shell.create([cordon], { serviceAccountName: 'fixer' });
      await shell.settle();
      expect(condition(shell.get(), 'Applied')).to.equal('False Forbidden');
      expect(message(shell.get(), 'Succeeded')).to.include(
        'service account homeostat-system/fixer may not do that: grant it by a role and a binding',
      );
      expect(isCordoned(shell)).to.equal(false);
    });

    it('the API server forbids at length: fails with the beginning of its message', async () => {
      shell.create([cordon]);
      shell.server.faults = ({ verb, resource }) =>
        verb === 'patch' && resource.kind === 'Node'
          ? { kind: 'error', error: fault(403, `denied by policy ${'p'.repeat(2000)}`) }
          : undefined;
      await shell.settle();
      expect(statesOf(shell.get())).to.deep.equal(['Failed']);
      expect(shell.get().status?.steps?.[0]?.message).to.match(/^the API server refused it: denied by policy p+…$/);
    });

    for (const [status, reason] of [
      [409, 'Conflict'],
      [429, 'TooManyRequests'],
      [500, 'InternalError'],
      [0, 'Timeout'],
    ] as const)
      it(`the API server answers ${status} ${reason}: is tried again`, async () => {
        let left = 2;
        shell.server.faults = ({ verb, resource }) =>
          verb === 'patch' && resource.kind === 'Node' && left-- > 0
            ? { kind: 'error', error: fault(status, reason) }
            : undefined;
        shell.create([cordon]);
        await shell.settle('fix-1', 10_000);
        expect(isCordoned(shell)).to.equal(true);
        expect(statesOf(shell.get())).to.deep.equal(['Applied']);
      });

    it('is made although the answer is lost: is not made again', async () => {
      shell.server.faults = ({ verb, resource }) =>
        verb === 'patch' && resource.kind === 'Deployment'
          ? { kind: 'afterCommit', error: fault(0, 'Timeout') }
          : undefined;
      shell.create([scale], { target: targets.workload });
      await shell.settle();
      expect(replicas(shell)).to.equal(3);
      expect(targetWrites(shell)).to.have.lengthOf(1);
      expect(statesOf(shell.get())).to.deep.equal(['Applied']);
    });

    it('has no effect in its time: fails', async () => {
      shell.create([scale], { target: targets.workload });
      shell.playControllers = () => {};
      await shell.settle('fix-1', 120_000);
      expect(statesOf(shell.get())).to.deep.equal(['Failed']);
      expect(shell.get().status?.steps?.[0]?.message).to.equal('not done within 60 s: 2 of 3 replicas are there');
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
    });

    it('somebody else has done meanwhile: is left to them', async () => {
      shell.create([cordon]);
      shell.interrupt = ({ do: what }, when) => {
        if (what === 'Write' && when === 'before') throw new Crash();
      };
      await shell.settle().catch(() => {});
      shell.interrupt = () => {};
      await byPerson(shell, true);
      await shell.settle();
      expect(statesOf(shell.get())).to.deep.equal(['Failed']);
      expect(undosOf(shell.get())).to.deep.equal(['Superseded']);
      expect(shell.get().status?.steps?.[0]?.changes?.[0]?.undo?.supersededBy).to.equal('kubectl');
      expect(isCordoned(shell)).to.equal(true);
    });

    it('replaces a value that has changed hands since it was written down: says whose it is now', async () => {
      shell.create([scale], { target: targets.workload });
      shell.interrupt = ({ do: what }, when) => {
        if (what === 'Write' && when === 'before') throw new Crash();
      };
      await shell.settle().catch(() => {});
      shell.interrupt = () => {};
      const other = { fieldManager: 'homeostat/homeostat-system/other' };
      for (const count of [5, 2])
        await shell.server.patch(
          Deployment,
          { namespace: 'shop', name: 'web' },
          { type: 'merge', body: { spec: { replicas: count } } },
          other,
        );
      await shell.settle();
      expect(replicas(shell)).to.equal(3);
      const [change] = shell.get().status?.steps?.[0]?.changes ?? [];
      expect(change?.fromManagers).to.deep.equal([other.fieldManager]);
    });

    it('was written down by an operator that died long ago: is not made when things have changed', async () => {
      shell.create([cordon]);
      shell.interrupt = ({ do: what }, when) => {
        if (what === 'Write' && when === 'before') throw new Crash();
      };
      await shell.settle().catch(() => {});
      shell.interrupt = () => {};
      shell.guardrails = [guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] })];
      await shell.settle();
      expect(statesOf(shell.get())).to.deep.equal(['Prepared']);
      expect(condition(shell.get(), 'Blocked')).to.equal('True Paused');
      expect(isCordoned(shell)).to.equal(false);
    });

    for (const what of ['plan', 'guardrail'] as const)
      it(`is not begun when the ${what} asks for approval by now, until a person gives it`, async () => {
        shell.create([scale, cordon], { target: targets.pod });
        shell.interrupt = ({ do: done }, when) => {
          if (done !== 'Write' || when !== 'after') return;
          if (what === 'guardrail') shell.guardrails = [guardrail({ maxMode: 'Approve' })];
          else shell.plan = shell.plan && { ...shell.plan, spec: { ...shell.plan.spec, mode: 'Approve' } };
        };
        await shell.settle();
        expect(statesOf(shell.get())).to.deep.equal(['Applied', 'Pending']);
        expect(condition(shell.get(), 'Blocked')).to.equal(
          what === 'plan' ? 'True ModeLowered' : 'True ModeNotAllowed',
        );
        wish(shell, { approvals: [{ decision: 'Approved', by: 'alice' }] });
        await shell.settle('fix-1', 10_000);
        expect(statesOf(shell.get())).to.deep.equal(['Applied', 'Applied']);
      });

    it('is begun only while the fault lasts', async () => {
      shell.create([scale, cordon], { target: targets.pod });
      shell.interrupt = ({ do: what }, when) => {
        if (what === 'Write' && when === 'after') shell.judge('Clear');
      };
      await shell.settle();
      expect(statesOf(shell.get())).to.deep.equal(['Applied', 'Skipped']);
      expect(isCordoned(shell)).to.equal(false);
    });

    it('is not begun once it is cancelled; what is done is verified as ever', async () => {
      shell.create([scale, cordon], { target: targets.pod });
      shell.interrupt = ({ do: what }, when) => {
        if (what === 'Write' && when === 'after') wish(shell, { cancelRequested: { by: 'alice', reason: 'enough' } });
      };
      await shell.settle();
      expect(statesOf(shell.get())).to.deep.equal(['Applied', 'Skipped']);
      expect(condition(shell.get(), 'Applied')).to.equal('False Cancelled');
      await verify(shell, 'Clear');
      expect(condition(shell.get(), 'Succeeded')).to.equal('True Recovered');
    });
  });
});
