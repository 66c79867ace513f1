/** How a drain comes to its end: budgets that hold it, people who stop it, crashes at every write. */
import { expect } from 'chai';
import type { RemediationSpec } from '../../crds/remediation.ts';
import { Node, Pod } from '../kube/resources.ts';
import {
  allow,
  cancel,
  condition,
  drain,
  evicted,
  isCordoned,
  keep,
  message,
  person,
  replica,
  staying,
  targetWrites,
  wish,
  withPods,
} from './drain-scene.test.ts';
import { Crash, type Shell } from './harness.test.ts';

describe('a drain', () => {
  let shell: Shell;
  beforeEach(() => (shell = withPods()));

  describe('with a PodDisruptionBudget', () => {
    it('waits for it, says so, evicts the others meanwhile, and goes on when it allows it', async () => {
      shell.server.seed(Pod, replica('db-1', { labels: { app: 'db' } }));
      allow(shell, 'web', 1);
      shell.create([drain]);
      await shell.settle('fix-1', 5000);
      expect(staying(shell)).to.deep.equal(['web-2', 'web-3']);
      expect(condition(shell.get(), 'Applied')).to.equal('Unknown DisruptionBudget');
      expect(condition(shell.get(), 'Succeeded')).to.equal('Unknown DisruptionBudget');
      expect(message(shell.get(), 'Succeeded')).to.match(
        /waits: since 2026-01-01T00:00:.* Pod shop\/web-2, and 1 more cannot be evicted yet: .*disruption budget web allows/,
      );
      allow(shell, 'web', 2);
      await shell.settle('fix-1', 40_000);
      expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
      expect(shell.get().status?.steps?.[0]?.changes?.every(({ waiting }) => waiting === undefined)).to.equal(true);
    });

    it('asks ever less often, however often it is woken', async () => {
      allow(shell, 'web', 0);
      shell.create([], { steps: [{ name: 'step-1', action: drain, timeoutSeconds: 600 }] });
      for (let second = 0; second < 300; second++) {
        await shell.reconcile();
        await shell.reconcile();
        await shell.clock.advance(1000);
      }
      expect(evicted(shell).length / 3, 'times that each pod was asked for in five minutes').to.be.within(15, 35);
    });

    it('lifts its cordon when time is over, whatever onFailure says, and names the budget', async () => {
      allow(shell, 'web', 0);
      shell.create([drain], { verify: keep });
      const endMs = shell.clock.now() + 60_000;
      await shell.settle('fix-1', 59_000);
      expect(isCordoned(shell)).to.equal(true);
      await shell.clock.advance(endMs - shell.clock.now());
      await shell.settle('fix-1', 0);
      expect(isCordoned(shell), 'at once').to.equal(false);
      await shell.settle('fix-1', 60_000);
      expect(condition(shell.get(), 'Succeeded')).to.equal('False StepFailed');
      expect(message(shell.get(), 'Succeeded')).to.match(/not done within 60 s.*disruption budget web/);
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(shell.get().status?.finishedTime).not.to.equal(undefined);
      expect(staying(shell)).to.deep.equal(['web-1', 'web-2', 'web-3']);
    });

    it('stops with the reason when several select a pod', async () => {
      allow(shell, 'web', 3);
      allow(shell, 'all', 3);
      shell.create([drain], { verify: keep });
      await shell.settle('fix-1', 5000);
      expect(message(shell.get(), 'Succeeded')).to.include('more than one PodDisruptionBudget');
      expect(isCordoned(shell)).to.equal(false);
    });

    it('is told of in a dry run, which waits for nothing', async () => {
      allow(shell, 'web', 0);
      shell.create([drain], { mode: 'DryRun' });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('True DryRun');
      const [step] = shell.get().status?.steps ?? [];
      expect(step?.message).to.match(/3 would have to wait now: .*disruption budget web/);
      expect(step?.changes).to.have.length(4);
      expect(targetWrites(shell)).to.deep.equal([]);
    });
  });

  describe('that ends before its time', () => {
    beforeEach(() => allow(shell, 'web', 1));

    it('respects a person who uncordons in the middle: stops, says so, and leaves the node as it is', async () => {
      shell.create([drain]);
      await shell.settle('fix-1', 5000);
      await person(shell, null);
      await shell.settle('fix-1', 60_000);
      allow(shell, 'web', 5);
      await shell.settle('fix-1', 60_000);
      expect(isCordoned(shell)).to.equal(false);
      expect(staying(shell)).to.deep.equal(['web-2', 'web-3']);
      expect(message(shell.get(), 'Succeeded')).to.include('somebody uncordoned Node node-1');
      const [cordoned, ...evictions] = shell.get().status?.steps?.[0]?.changes ?? [];
      expect(cordoned?.undo?.state).to.equal('Superseded');
      expect(evictions.map(({ undo }) => undo?.state)).to.deep.equal(['Irreversible', 'Done', 'Done']);
    });

    it('leaves the cordon of somebody who cordoned anew', async () => {
      shell.create([drain]);
      await shell.settle('fix-1', 5000);
      await person(shell, null);
      await person(shell, true);
      await shell.settle('fix-1', 150_000);
      expect(isCordoned(shell)).to.equal(true);
      expect(shell.get().status?.steps?.[0]?.changes?.[0]?.undo?.state).to.equal('Superseded');
    });

    const ends: [how: string, spec: Partial<RemediationSpec>, succeeded: string][] = [
      ['cancelled', cancel, 'False Cancelled'],
      ['denied', { approvals: [{ by: 'bob', decision: 'Denied' }] }, 'False Denied'],
      ['to be undone', { undoRequested: { by: 'alice', reason: 'no' } }, 'False UndoRequested'],
    ];
    for (const [how, spec, succeeded] of ends)
      it(`lifts its cordon at once when it is ${how}`, async () => {
        shell.create([drain], { verify: keep });
        await shell.settle('fix-1', 5000);
        wish(shell, spec);
        await shell.settle('fix-1', 100);
        expect(isCordoned(shell)).to.equal(false);
        await shell.settle('fix-1', 60_000);
        expect(condition(shell.get(), 'Succeeded')).to.equal(succeeded);
        expect(condition(shell.get(), 'Undone')).to.equal('False Irreversible');
        expect(message(shell.get(), 'Undone')).to.include('the other change is as before');
        expect(staying(shell)).to.deep.equal(['web-2', 'web-3']);
      });

    it('evicts no more when the target has recovered, and lifts its cordon', async () => {
      shell.create([drain]);
      await shell.settle('fix-1', 5000);
      shell.judge('Clear');
      await shell.settle('fix-1', 100_000);
      expect(isCordoned(shell)).to.equal(false);
      expect(condition(shell.get(), 'Succeeded')).to.equal('True Recovered');
      expect(staying(shell)).to.deep.equal(['web-2', 'web-3']);
    });

    it('keeps what the steps before it did when it is cancelled', async () => {
      shell.create([{ label: { of: 'Node', set: { tried: 'yes' } } }, drain]);
      await shell.settle('fix-1', 5000);
      wish(shell, cancel);
      await shell.settle('fix-1', 60_000);
      expect(isCordoned(shell)).to.equal(false);
      expect(shell.server.find(Node, { name: 'node-1' })?.metadata.labels?.['tried']).to.equal('yes');
    });
  });

  it('in a process that has not read the stream yet neither acts nor puts a word on record', async () => {
    shell.create([drain]);
    shell.interrupt = ({ do: what }) => {
      if (what === 'Write') throw new Crash();
    };
    await shell.settle().catch((error: unknown) => expect(error).to.be.instanceOf(Crash));
    shell.interrupt = () => {};
    const stored = shell.get().metadata.resourceVersion;
    shell.verdict = { ...shell.verdict, state: 'Unknown', notRead: true };
    await shell.settle('fix-1', 10_000);
    expect(shell.get().metadata.resourceVersion).to.equal(stored);
    expect(targetWrites(shell)).to.deep.equal([]);
  });

  it('in a process that has not read the stream yet keeps its place in the budgets', async () => {
    shell.create([drain]);
    shell.interrupt = (decision) => {
      if (decision.do === 'Save' && decision.status.startedTime !== undefined) throw new Crash();
    };
    await shell.settle().catch((error: unknown) => expect(error).to.be.instanceOf(Crash));
    shell.interrupt = () => {};
    const stored = shell.get().metadata.resourceVersion;
    shell.verdict = { ...shell.verdict, state: 'Unknown', notRead: true };
    await shell.settle('fix-1', 10_000);
    expect(shell.get().metadata.resourceVersion).to.equal(stored);
    expect(condition(shell.get(), 'Blocked')).to.match(/Reserved/);
  });

  describe('whose process dies', () => {
    /** Kills the process once, before or after the n-th request that changes something in the world. */
    function killAt(n: number, when: 'before' | 'after'): () => boolean {
      let [count, killed, dying] = [0, false, false];
      shell.server.faults = ({ verb }) => {
        const changes = !['get', 'list', 'watch'].includes(verb);
        const isIt = !killed && changes && ++count === n;
        if (dying || (isIt && when === 'before')) {
          [killed, dying] = [true, false];
          throw new Crash();
        }
        // It dies with the answer in hand, which is before whatever it would ask next.
        dying = isIt;
        return undefined;
      };
      return () => killed;
    }
    async function liveTwice(ms: number): Promise<void> {
      try {
        await shell.settle('fix-1', ms);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        await shell.settle('fix-1', ms);
      }
    }
    const undo = { when: 'Recovered', afterSeconds: 0 } as const;

    for (const when of ['before', 'after'] as const) {
      for (let n = 1; n <= (when === 'before' ? 12 : 11); n++)
        it(`drains all the same, and lifts its cordon after recovery: ${when} write ${n}`, async () => {
          const killed = killAt(n, when);
          shell.create([], { steps: [{ name: 'step-1', action: drain, timeoutSeconds: 60, undo }] });
          await liveTwice(40_000);
          expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
          expect(shell.server.all(Pod)).to.deep.equal([]);
          // A request on which it died is in the log, too.
          expect(evicted(shell).length).to.be.within(3, 4);
          shell.judge('Clear');
          await liveTwice(100_000);
          expect(killed(), 'it was killed').to.equal(true);
          expect(isCordoned(shell)).to.equal(false);
          expect(condition(shell.get(), 'Succeeded')).to.equal('True Recovered');
          expect(condition(shell.get(), 'Undone')).to.equal('False Irreversible');
        });

      for (let n = 1; n <= (when === 'before' ? 25 : 24); n++)
        it(`leaves no cordon behind when it fails: ${when} write ${n}`, async () => {
          allow(shell, 'web', 1);
          const killed = killAt(n, when);
          shell.create([], { verify: keep, steps: [{ name: 'step-1', action: drain, timeoutSeconds: 5 }] });
          await liveTwice(60_000);
          expect(killed(), 'it was killed').to.equal(true);
          expect(condition(shell.get(), 'Succeeded')).to.equal('False StepFailed');
          expect(isCordoned(shell)).to.equal(false);
          expect(shell.get().status?.finishedTime).not.to.equal(undefined);
        });
    }
  });
});
