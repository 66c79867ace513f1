import { expect } from 'chai';
import type { Remediation } from '../../crds/remediation.ts';
import { Deployment, Node } from '../kube/resources.ts';
import { deployment, node } from '../testing/fixtures.ts';
import { Shell, targets } from './harness.test.ts';
import {
  byPerson,
  condition,
  cordon,
  fault,
  isCordoned,
  keep,
  replicas,
  scale,
  targetWrites,
  undosOf,
  verify,
  wish,
} from './remediation-scene.test.ts';

describe('a Remediation', () => {
  let shell: Shell;
  beforeEach(() => (shell = new Shell()));

  describe('is taken back', () => {
    const steps = [
      { name: 'room', action: scale, timeoutSeconds: 60, undo: { when: 'Recovered', afterSeconds: 600 } },
    ] as const;

    it('so long after recovery, as the plan says', async () => {
      shell.create([scale], { target: targets.workload, steps: [...steps] });
      await verify(shell, 'Clear');
      expect(condition(shell.get(), 'Undone')).to.equal('False Scheduled');
      expect(replicas(shell)).to.equal(3);
      expect(await shell.reconcile()).to.equal(shell.clock.now() + 600_000);
      await shell.clock.advance(600_000);
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(replicas(shell)).to.equal(2);
    });

    it('not while the target fires again', async () => {
      shell.create([scale], { target: targets.workload, steps: [...steps] });
      await verify(shell, 'Clear');
      shell.judge('Firing');
      await shell.clock.advance(600_000);
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('False Postponed');
      expect(replicas(shell)).to.equal(3);
      shell.judge('Clear');
      await shell.settle();
      expect(replicas(shell)).to.equal(2);
    });

    for (const [what, judged, more] of [
      ['nothing could be concluded', 'Unknown', {}],
      ['it failed and was kept', 'Firing', { verify: keep }],
    ] as const)
      it(`once the Incident is over, when ${what}`, async () => {
        shell.create([scale], { target: targets.workload, steps: [...steps], ...more });
        await verify(shell, judged);
        expect(condition(shell.get(), 'Undone')).to.equal('False Scheduled');
        expect(await shell.reconcile()).to.equal(undefined);
        await shell.clock.advance(5000);
        shell.judge('Clear');
        shell.resolvedMs = shell.clock.now();
        expect(await shell.reconcile()).to.equal(shell.resolvedMs + 600_000);
        await shell.clock.advance(600_000);
        await shell.settle();
        expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
        expect(replicas(shell)).to.equal(2);
      });

    const brief = {
      name: 'room',
      action: scale,
      timeoutSeconds: 60,
      undo: { when: 'Elapsed', afterSeconds: 90 },
    } as const;

    it('after a time, while it is verified still and the target fires', async () => {
      shell.create([scale], { target: targets.workload, steps: [brief] });
      await shell.settle();
      const appliedMs = shell.clock.now();
      expect(condition(shell.get(), 'Undone')).to.equal('False Scheduled');
      expect(await shell.reconcile()).to.be.within(appliedMs + 80_000, appliedMs + 90_000);
      await shell.clock.advance(90_000);
      await shell.settle();
      expect(replicas(shell)).to.equal(2);
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(shell.get().status?.finishedTime).to.equal(undefined);
      await verify(shell, 'Clear');
      expect(condition(shell.get(), 'Succeeded')).to.equal('True Recovered');
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(targetWrites(shell)).to.have.lengthOf(2);
    });

    it('after a time, long after the end, while the target fires again', async () => {
      const long = { ...brief, undo: { when: 'Elapsed', afterSeconds: 3600 } } as const;
      shell.create([scale], { target: targets.workload, steps: [long] });
      await verify(shell, 'Clear');
      shell.judge('Firing');
      await shell.clock.advance(3_600_000);
      await shell.settle();
      expect(replicas(shell)).to.equal(2);
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
    });

    it('in the reverse order, when two steps changed one field and the first has the shorter time', async () => {
      const label = (value: string, afterSeconds: number) => ({
        name: value,
        action: { label: { of: 'Target', set: { pool: value } } } as const,
        timeoutSeconds: 60,
        undo: { when: 'Elapsed', afterSeconds } as const,
      });
      shell.create([], { steps: [label('a', 30), label('b', 90)] });
      await shell.settle();
      await shell.clock.advance(60_000);
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal([undefined, undefined]);
      // Nothing new is said of it as time passes: each word would be a write.
      const doneMs = Date.parse(shell.get().status?.steps?.[1]?.finishedTime ?? '');
      const due = new Date(doneMs + 90_000).toISOString();
      expect(shell.get().status?.conditions?.find(({ type }) => type === 'Undone')?.message).to.match(
        new RegExp(`^is taken back at ${due.slice(0, 19)}`),
      );
      await shell.clock.advance(30_000);
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal(['Done', 'Done']);
      expect(shell.server.find(Node, { name: 'node-1' })?.metadata.labels ?? {}).not.to.have.property('pool');
    });

    it('not by itself under a later step that stays; with it, when a person wishes so', async () => {
      const label = (value: string) => ({
        name: value,
        action: { label: { of: 'Target', set: { pool: value } } } as const,
        timeoutSeconds: 60,
      });
      const pool = () => shell.server.find(Node, { name: 'node-1' })?.metadata.labels?.['pool'];
      shell.create([], { steps: [{ ...label('a'), undo: { when: 'Elapsed', afterSeconds: 30 } }, label('b')] });
      await shell.settle();
      await shell.clock.advance(60_000);
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal([undefined, undefined]);
      expect(pool()).to.equal('b');
      expect(condition(shell.get(), 'Undone'), 'nothing is to be taken back by itself').to.equal(undefined);
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal(['Done', 'Done']);
      expect(pool()).to.equal(undefined);
    });

    it('on a wish, at any time, whatever the guards say', async () => {
      shell.create([cordon]);
      await shell.settle();
      shell.guardrails = undefined;
      shell.plan = undefined;
      shell.judge('Unknown');
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False UndoRequested');
      expect(condition(shell.get(), 'Verified')).to.equal('Unknown UndoRequested');
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(isCordoned(shell)).to.equal(false);
    });

    it('on a wish, also when its time was over before: then it ends, and nothing further begins', async () => {
      const undo = { when: 'Elapsed', afterSeconds: 10 } as const;
      shell.create([], { steps: [{ name: 'cordon', action: cordon, timeoutSeconds: 60, undo }] });
      await shell.settle();
      await shell.clock.advance(15_000);
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(shell.get().status?.finishedTime).to.equal(undefined);
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False UndoRequested');
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(shell.get().status?.finishedTime).not.to.equal(undefined);
    });

    it('on a wish with as many words as it may have', async () => {
      shell.create([cordon]);
      await shell.settle();
      wish(shell, { undoRequested: { by: 'b'.repeat(256), reason: 'r'.repeat(1024) } });
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(isCordoned(shell)).to.equal(false);
    });

    it('on a wish after the end', async () => {
      shell.create([cordon]);
      await verify(shell, 'Clear');
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('True Recovered');
      expect(isCordoned(shell)).to.equal(false);
    });

    it('except for what somebody changed since: uncordoned and cordoned again is theirs', async () => {
      shell.create([cordon]);
      await shell.settle();
      await byPerson(shell, null);
      await byPerson(shell, true);
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('True Superseded');
      expect(isCordoned(shell)).to.equal(true);
    });

    it('label by label: those that somebody changed are left, the others restored', async () => {
      shell.server.seed(Node, node({ uid: 'uid-node-1', labels: { pool: 'good' } }));
      shell.create([{ label: { of: 'Target', set: { pool: 'bad', watch: 'yes' } } }]);
      await shell.settle();
      const edit = { type: 'merge', body: { metadata: { labels: { pool: 'theirs' } } } } as const;
      await shell.server.patch(Node, { name: 'node-1' }, edit, { fieldManager: 'kubectl' });
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal(['Superseded', 'Done']);
      const told = shell.get().status?.timeline?.map(({ what }) => what);
      expect(told).to.include(
        'undo of metadata.labels.pool of Node node-1: superseded, it was set to "theirs" by kubectl at 2026-01-01T00:00:00Z',
      );
      const { labels } = shell.server.find(Node, { name: 'node-1' })?.metadata ?? {};
      expect(labels).to.deep.equal({ 'kubernetes.io/hostname': 'node-1', pool: 'theirs' });
    });

    it('again and again while it is refused, and says so', async () => {
      shell.create([cordon]);
      await shell.settle();
      shell.server.faults = ({ verb, resource }) =>
        verb === 'patch' && resource.kind === 'Node' ? { kind: 'error', error: fault(403, 'Forbidden') } : undefined;
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('False UndoFailed');
      expect(await shell.reconcile()).to.equal(shell.clock.now() + 60_000);
      shell.server.faults = () => undefined;
      await shell.clock.advance(60_000);
      await shell.settle();
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(isCordoned(shell)).to.equal(false);
    });

    it('as far as it can be read: the steps before are not held up, and what is missing is said', async () => {
      shell.create([scale, cordon], { target: targets.pod });
      await shell.settle();
      shell.server.faults = ({ verb, resource }) =>
        verb === 'get' && resource.kind === 'Node' ? { kind: 'error', error: fault(403, 'Forbidden') } : undefined;
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal(['Pending', 'Pending']);
      expect(shell.get().status?.steps?.[1]?.changes?.[0]?.undo?.message).to.include('could not be read: ');
      await shell.settle('fix-1', 40_000);
      expect(undosOf(shell.get())).to.deep.equal(['Done', 'Failed']);
      expect(replicas(shell)).to.equal(2);
      expect(condition(shell.get(), 'Undone')).to.equal('False UndoFailed');
      expect(shell.get().status?.conditions?.find(({ type }) => type === 'Undone')?.message).to.include('Forbidden!');
      const lines = shell.get().status?.timeline?.length;
      await shell.settle('fix-1', 200_000);
      expect(shell.get().status?.timeline?.length, 'the same is told once').to.equal(lines);
      shell.server.faults = () => undefined;
      await shell.settle('fix-1', 61_000);
      expect(condition(shell.get(), 'Undone')).to.equal('True Undone');
      expect(isCordoned(shell)).to.equal(false);
    });

    it('step by step where several changed one field, also when the API server refuses for a while', async () => {
      shell.create([scale, scale], { target: targets.workload });
      await shell.settle();
      expect(replicas(shell)).to.equal(4);
      shell.server.faults = ({ verb, resource }) =>
        verb === 'patch' && resource.kind === 'Deployment'
          ? { kind: 'error', error: fault(403, 'Forbidden') }
          : undefined;
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal(['Pending', 'Failed']);
      shell.server.faults = () => undefined;
      await shell.settle('fix-1', 61_000);
      expect(undosOf(shell.get())).to.deep.equal(['Done', 'Done']);
      expect(replicas(shell)).to.equal(2);
    });

    it('from on top of one another in the reverse order, whichever is asked for first', async () => {
      shell.create([scale], { target: targets.workload }, 'below');
      await shell.settle('below');
      shell.create([scale], { target: targets.pod, verify: { ...keep, timeoutSeconds: 3600 } }, 'above');
      await shell.settle('above');
      expect(replicas(shell)).to.equal(4);
      expect(shell.get('above').status?.steps?.[0]?.changes?.[0]?.fromManagers).to.deep.equal([
        'homeostat/homeostat-system/below',
      ]);
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } }, 'below');
      await shell.settle('below');
      expect([replicas(shell), ...undosOf(shell.get('below'))]).to.deep.equal([4, 'Pending']);
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } }, 'above');
      await shell.settle('above');
      expect(replicas(shell)).to.equal(3);
      await shell.settle('below', 10_000);
      expect([replicas(shell), ...undosOf(shell.get('below'))]).to.deep.equal([2, 'Done']);
    });

    it('when the one on top, to which it was left, is taken back later', async () => {
      shell.create([scale], { target: targets.workload }, 'below');
      await verify(shell, 'Clear', 'below');
      shell.judge('Firing');
      shell.create([scale], { target: targets.pod }, 'above');
      await verify(shell, 'Clear', 'above');
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } }, 'below');
      await shell.settle('below');
      expect([replicas(shell), ...undosOf(shell.get('below'))]).to.deep.equal([4, 'Superseded']);
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } }, 'above');
      await shell.settle('above');
      expect(replicas(shell)).to.equal(3);
      await shell.settle('below');
      expect([replicas(shell), ...undosOf(shell.get('below'))]).to.deep.equal([2, 'Done']);
      expect(condition(shell.get('below'), 'Undone')).to.equal('True Undone');
    });

    it('when the one on top was taken back after the field was read, and before that was known', async () => {
      shell.create([scale], { target: targets.workload }, 'below');
      await shell.settle('below');
      const two = { scale: { to: 2 } } as const;
      shell.create([two], { target: targets.pod, verify: { ...keep, timeoutSeconds: 3600 } }, 'above');
      await shell.settle('above');
      const known = shell.snapshot;
      const taken = (above: Remediation): Remediation => {
        const copy = structuredClone(above);
        for (const change of copy.status?.steps?.[0]?.changes ?? []) change.undo = { state: 'Done' };
        return copy;
      };
      shell.snapshot = () => known()?.map((each) => (each.metadata.name === 'above' ? taken(each) : each));
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } }, 'below');
      await shell.reconcile('below');
      expect(undosOf(shell.get('below'))).to.deep.equal(['Pending']);
      shell.snapshot = known;
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } }, 'above');
      await shell.settle('above');
      expect(replicas(shell)).to.equal(3);
      await shell.settle('below', 10_000);
      expect([replicas(shell), ...undosOf(shell.get('below'))]).to.deep.equal([2, 'Done']);
    });

    it('not when the object was replaced: the new one is not touched', async () => {
      shell.create([scale], { target: targets.workload });
      await shell.settle();
      await shell.server.delete(Deployment, { namespace: 'shop', name: 'web' });
      shell.server.seed(Deployment, deployment({ uid: 'uid-new' }, { replicas: 3 }));
      wish(shell, { undoRequested: { by: 'alice', reason: 'not the cause' } });
      await shell.settle();
      expect(undosOf(shell.get())).to.deep.equal(['Superseded']);
      expect(replicas(shell)).to.equal(3);
    });
  });
});
