import { expect } from 'chai';
import { Shell, targets } from './harness.test.ts';
import { Remediation as RemediationResource } from '../kube/resources.ts';
import {
  condition,
  cordon,
  isCordoned,
  keep,
  replicas,
  restart,
  scale,
  targetWrites,
  undosOf,
  verify,
} from './remediation-scene.test.ts';

describe('a Remediation', () => {
  let shell: Shell;
  beforeEach(() => (shell = new Shell()));

  describe('after a verification that', () => {
    it('failed: takes everything back, latest first', async () => {
      shell.create([scale, cordon], { target: targets.pod });
      await verify(shell, 'Firing');
      expect(condition(shell.get(), 'Verified')).to.equal('False StillFiring');
      expect(condition(shell.get(), 'Succeeded')).to.equal('False StillFiring');
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(undosOf(shell.get())).to.deep.equal(['Done', 'Done']);
      expect(targetWrites(shell).map(({ resource }) => resource.kind)).to.deep.equal([
        'Deployment',
        'Node',
        'Node',
        'Deployment',
      ]);
      expect([replicas(shell), isCordoned(shell)]).to.deep.equal([2, false]);
    });

    it('failed, with onFailure Keep: keeps everything', async () => {
      shell.create([cordon], { verify: keep });
      await verify(shell, 'Firing');
      expect(condition(shell.get(), 'Succeeded')).to.equal('False StillFiring');
      expect(isCordoned(shell)).to.equal(true);
    });

    it('was too short: takes everything back', async () => {
      shell.create([cordon]);
      await shell.settle();
      await shell.clock.advance(270_000);
      shell.judge('Pending');
      await shell.clock.advance(30_000);
      await shell.settle();
      expect(condition(shell.get(), 'Verified')).to.equal('False NotStable');
      expect(isCordoned(shell)).to.equal(false);
    });

    // As after a start long after the deadline: since when it is quiet is known only from the start on.
    for (const [then, end] of [
      ['stays so', 'True Recovered'],
      ['fires', 'False StillFiring'],
    ] as const)
      it(`is over while the target is quiet, which then ${then}: ${end}`, async () => {
        shell.create([cordon]);
        await shell.settle();
        await shell.clock.advance(1_000_000);
        shell.judge('Clear');
        await shell.settle();
        expect(condition(shell.get(), 'Verified')).to.equal('Unknown Stabilizing');
        await shell.clock.advance(30_000);
        if (then === 'fires') shell.judge('Firing');
        await shell.settle('fix-1', 40_000);
        expect(condition(shell.get(), 'Verified')).to.equal(end);
      });

    it('could not tell: keeps everything and says so', async () => {
      shell.create([cordon]);
      await verify(shell, 'Unknown');
      expect(condition(shell.get(), 'Verified')).to.equal('Unknown Inconclusive');
      expect(condition(shell.get(), 'Succeeded')).to.equal('False Inconclusive');
      expect(isCordoned(shell)).to.equal(true);
    });

    it('failed: says what cannot be taken back', async () => {
      shell.create([restart], { target: targets.pod });
      await verify(shell, 'Firing');
      expect(undosOf(shell.get())).to.deep.equal(['Irreversible']);
      expect(condition(shell.get(), 'Undone')).to.equal('False Irreversible');
    });
  });

  describe('that is deleted', () => {
    const remove = (): Promise<void> =>
      shell.server.delete(RemediationResource, { namespace: 'homeostat-system', name: 'fix-1' });
    const isThere = (): boolean =>
      shell.server.find(RemediationResource, { namespace: 'homeostat-system', name: 'fix-1' }) !== undefined;

    it('before it began: goes', async () => {
      shell.create([cordon], { mode: 'Approve' });
      await shell.settle();
      await remove();
      await shell.settle();
      expect([isThere(), targetWrites(shell).length]).to.deep.equal([false, 0]);
    });

    it('before its end: takes back first', async () => {
      shell.create([cordon]);
      await shell.settle();
      await remove();
      await shell.settle();
      expect([isThere(), isCordoned(shell)]).to.deep.equal([false, false]);
    });

    it('with something to be taken back later: takes it back now', async () => {
      const undo = { when: 'Recovered', afterSeconds: 600 } as const;
      shell.create([cordon], { steps: [{ name: 'cordon', action: cordon, timeoutSeconds: 60, undo }] });
      await verify(shell, 'Clear');
      await remove();
      await shell.settle();
      expect([isThere(), isCordoned(shell)]).to.deep.equal([false, false]);
    });

    it('after its end: leaves what it did', async () => {
      shell.create([cordon]);
      await verify(shell, 'Clear');
      await remove();
      await shell.settle();
      expect([isThere(), isCordoned(shell)]).to.deep.equal([false, true]);
    });
  });
});
