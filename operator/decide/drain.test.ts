/** The drain of a node, from the first look to the last pod: budgets, people, crashes at every write. */
import { expect } from 'chai';
import type { GuardrailSpec } from '../../crds/guardrail.ts';
import type { Remediation, RemediationSpec } from '../../crds/remediation.ts';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject } from '../kube/api.ts';
import { CronJob, Job } from '../actions/resources.ts';
import { Node, Pod, PodDisruptionBudget, Remediation as RemediationResource } from '../kube/resources.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import { controllerReference, disruptionBudget, pod, type NodeFixture } from '../testing/fixtures.ts';
import type { OwnerFacts } from './decision.ts';
import { Crash, guardrail, Shell } from './harness.test.ts';

type Step = PlanStep['action'];
type Protection = NonNullable<GuardrailSpec['protect']>[number];
const drain: Step = { drain: {} };
const keep = { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Keep' } as const;

const owned = (kind: string, name: string) => [controllerReference('apps/v1', kind, name, `uid-${name}`)];
/** A pod of a ReplicaSet on node-1. */
const replica = (name: string, meta: Partial<KubeObject['metadata']> = {}, spec: object = {}) =>
  pod({ name, uid: `uid-${name}`, ownerReferences: owned('ReplicaSet', 'web-6d4cf56db6'), ...meta }, spec);
/** Pod `it` in a phase. */
const inPhase = (phase: string) => {
  const it = replica('it');
  return { ...it, status: { ...it.status, phase } };
};

const condition = ({ status }: Remediation, type: string): string | undefined => {
  const found = status?.conditions?.find((candidate) => candidate.type === type);
  return found && `${found.status} ${found.reason}`;
};
const message = ({ status }: Remediation, type: string): string =>
  status?.conditions?.find((candidate) => candidate.type === type)?.message ?? '';
const isCordoned = ({ server }: Shell): boolean =>
  server.find<NodeFixture>(Node, { name: 'node-1' })?.spec.unschedulable === true;
/** The pods of node-1 that are not ending. */
const staying = ({ server }: Shell): string[] =>
  server.all(Pod).flatMap(({ metadata }) => (metadata.deletionTimestamp === undefined ? [metadata.name] : []));
const targetWrites = ({ server }: Shell): ApiRequest[] =>
  server.writes.filter(({ resource }) => resource.kind !== 'Remediation');
const evicted = ({ server }: Shell): (string | undefined)[] =>
  server.writes.filter(({ subresource }) => subresource === 'eviction').map(({ name }) => name);
const person = (shell: Shell, unschedulable: boolean | null): Promise<unknown> =>
  shell.server.patch(
    Node,
    { name: 'node-1' },
    { type: 'merge', body: { spec: { unschedulable } } },
    { fieldManager: 'kubectl-uncordon' },
  );
const wish = (shell: Shell, spec: Partial<RemediationSpec>): unknown => {
  const found = shell.get();
  return shell.server.seed(RemediationResource, { ...found, spec: { ...found.spec, ...spec } });
};
const cancel = { cancelRequested: { by: 'alice', reason: 'I take over' } };
const allow = (shell: Shell, name: string, disruptions: number): unknown =>
  shell.server.seed(PodDisruptionBudget, disruptionBudget(name, disruptions));
/** Puts a pod on node-1 in the last moment before it is cordoned. */
function comesLate(shell: Shell, late: KubeObject): void {
  shell.interrupt = (decision, when) => {
    if (decision.do === 'Write' && when === 'before' && !isCordoned(shell)) shell.server.seed(Pod, late);
  };
}

describe('a drain', () => {
  let shell: Shell;
  beforeEach(() => {
    shell = new Shell();
    shell.server.seed(Pod, replica('web-2'));
    shell.server.seed(Pod, replica('web-3'));
  });

  it('cordons first, then evicts each pod once, and is done when they have ended', async () => {
    shell.create([drain]);
    await shell.settle('fix-1', 40_000);
    expect(targetWrites(shell).map(({ resource, name }) => `${resource.kind} ${name}`)).to.deep.equal([
      'Node node-1',
      'Pod web-1',
      'Pod web-2',
      'Pod web-3',
    ]);
    expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
    expect(shell.get().status?.steps?.[0]?.message).to.include('3 pods were evicted');
    expect(shell.server.all(Pod)).to.deep.equal([]);
  });

  it('says before it begins that evictions cannot be taken back', async () => {
    shell.create([drain]);
    await shell.reconcile();
    const pods = '3 pods (shop/web-1, shop/web-2, shop/web-3)';
    expect(shell.events.find(({ reason }) => reason === 'Acting')?.note).to.equal(
      `cordon Node node-1, then evict ${pods}, which cannot be taken back`,
    );
  });

  it('has every eviction on record before it is made, each small', async () => {
    shell.create([drain]);
    let unrecorded = 0;
    shell.server.faults = ({ subresource, name }) => {
      const changes = shell.get().status?.steps?.[0]?.changes ?? [];
      if (subresource === 'eviction' && !changes.some(({ object }) => object.name === name)) unrecorded++;
      return undefined;
    };
    await shell.settle('fix-1', 40_000);
    expect(unrecorded).to.equal(0);
    for (const change of shell.get().status?.steps?.[0]?.changes ?? [])
      expect(JSON.stringify(change).length).to.be.below(400);
  });

  it('evicts a pod that came before the cordon took effect, too', async () => {
    shell.create([drain]);
    comesLate(shell, replica('late'));
    await shell.settle('fix-1', 40_000);
    expect(evicted(shell)).to.include('late');
    expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
  });

  it('keeps 250 pods on record, and tells of them in few words', async () => {
    for (let count = 0; count < 250; count++) shell.server.seed(Pod, replica(`many-${count}`));
    shell.create([drain]);
    await shell.settle('fix-1', 40_000);
    expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
    wish(shell, { undoRequested: { by: 'alice', reason: 'no' } });
    await shell.settle('fix-1', 40_000);
    expect(condition(shell.get(), 'Undone')).to.equal('False Irreversible');
    expect(JSON.stringify(shell.get().status).length).to.be.below(150_000);
    expect(shell.events.length, 'no flood of events').to.be.below(10);
  });

  const left: [what: string, object: KubeObject][] = [
    ['of a DaemonSet', replica('it', { ownerReferences: owned('DaemonSet', 'agent') })],
    ['that is static', replica('it', { annotations: { 'kubernetes.io/config.mirror': 'x' } })],
    ['that has finished', inPhase('Succeeded')],
    ['that has failed', inPhase('Failed')],
  ];
  for (const [what, object] of left)
    it(`leaves a pod ${what} where it is`, async () => {
      shell.server.seed(Pod, object);
      shell.create([drain]);
      await shell.settle('fix-1', 40_000);
      expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
      expect(staying(shell)).to.deep.equal(['it']);
    });

  const safe = { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } };
  const peace = { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } };
  const cache = { volumes: [{ name: 'cache', emptyDir: {} }] };
  const refused: [what: string, object: KubeObject, reason: string, allowing?: Step][] = [
    ['is not safe to evict', replica('it', safe), 'DoNotDisrupt'],
    ['must not be disrupted', replica('it', peace), 'DoNotDisrupt'],
    [
      'has no controller',
      replica('it', { ownerReferences: [] }),
      'NoController',
      { drain: { evictUncontrolled: true } },
    ],
    ['has emptyDir data', replica('it', {}, cache), 'EmptyDirData', { drain: { deleteEmptyDirData: true } }],
  ];
  for (const [what, object, reason, allowing] of refused) {
    it(`does not begin when a pod ${what}, and names it`, async () => {
      shell.server.seed(Pod, object);
      shell.create([drain]);
      await shell.settle();
      expect(condition(shell.get(), 'Succeeded')).to.equal('False StepFailed');
      expect(message(shell.get(), 'Succeeded')).to.include(`${reason}: Pod shop/it`);
      expect(targetWrites(shell)).to.deep.equal([]);
    });

    it(`fails, and lifts its cordon, when such a pod comes late: it ${what}`, async () => {
      shell.create([drain], { verify: keep });
      comesLate(shell, object);
      await shell.settle('fix-1', 40_000);
      expect(condition(shell.get(), 'Succeeded')).to.equal('False StepFailed');
      expect(evicted(shell)).to.deep.equal([]);
      expect(isCordoned(shell)).to.equal(false);
    });

    if (allowing !== undefined)
      it(`but begins when the parameters allow it: ${JSON.stringify(allowing)}`, async () => {
        shell.server.seed(Pod, object);
        shell.create([allowing]);
        await shell.settle('fix-1', 40_000);
        expect(evicted(shell)).to.include('it');
      });
  }

  const guarded: [what: string, namespace: string][] = [
    ['kube-system', 'kube-system'],
    ['the operator’s own namespace', 'homeostat-system'],
    ['a namespace that a Guardrail protects', 'precious'],
  ];
  for (const [what, namespace] of guarded)
    it(`does not begin when a pod of ${what} is there, and names it`, async () => {
      shell.guardrails = [guardrail({ protect: [{ namespaces: ['precious'] }] })];
      shell.server.seed(Pod, replica('it', { namespace }));
      shell.create([drain]);
      await shell.settle();
      expect(condition(shell.get(), 'Blocked')).to.equal('True Protected');
      expect(message(shell.get(), 'Blocked')).to.include(`Pod ${namespace}/it`);
      expect(targetWrites(shell)).to.deep.equal([]);
    });

  describe('and a Guardrail that looks at labels', () => {
    const gold = { selector: { matchLabels: { tier: 'gold' } } };
    /** A pod of `CronJob shop/nightly`; nothing of these is watched. */
    const batch = (): void => {
      const owner = (kind: string, name: string) => [controllerReference('batch/v1', kind, name, `uid-${name}`)];
      const job = {
        name: 'nightly-1',
        namespace: 'shop',
        uid: 'uid-nightly-1',
        ownerReferences: owner('CronJob', 'nightly'),
      };
      shell.server.seed(Job, { metadata: job });
      const cronJob = { name: 'nightly', namespace: 'shop', uid: 'uid-nightly', labels: { tier: 'gold' } };
      shell.server.seed(CronJob, { metadata: cronJob });
      shell.server.seed(Pod, replica('it', { ownerReferences: owner('Job', 'nightly-1') }));
    };
    const watched = (uid: string): OwnerFacts | undefined =>
      ({
        'uid-web-6d4cf56db6': { labels: {}, controller: owned('Deployment', 'web')[0] },
        'uid-web': { labels: { tier: 'gold' }, controller: undefined },
      })[uid];
    const table: [what: string, protect: Protection, prepare: () => void, blocked: string | undefined][] = [
      [
        'a Deployment that is watched',
        gold,
        () => (shell.cluster = { ...shell.cluster, owner: watched }),
        'Pod shop/web-2 belongs to Deployment shop/web, which is protected by Guardrail all',
      ],
      [
        'a CronJob, which has to be read',
        gold,
        batch,
        'Pod shop/it belongs to CronJob shop/nightly, which is protected by Guardrail all',
      ],
      ['labels that nobody has', gold, () => {}, undefined],
      ['such labels elsewhere', { ...gold, namespaces: ['payments'] }, batch, undefined],
      [
        'what is somebody’s of whom nothing is known',
        gold,
        () =>
          shell.server.seed(
            Pod,
            replica('it', { ownerReferences: [controllerReference('example.com/v1', 'Herd', 'sheep', 'uid-sheep')] }),
          ),
        'Pod shop/it belongs to Herd shop/sheep, and whether Guardrail all protects that cannot be told: the API server does not find it',
      ],
    ];
    for (const [what, protect, prepare, blocked] of table)
      it(`${blocked === undefined ? 'begins' : 'does not begin'} when that protects ${what}`, async () => {
        prepare();
        shell.guardrails = [guardrail({ protect: [protect] })];
        shell.create([drain]);
        await shell.settle('fix-1', blocked === undefined ? 40_000 : 2000);
        expect(message(shell.get(), 'Blocked')).to.equal(
          blocked === undefined ? 'all guards passed and it has begun' : `protected: ${blocked}`,
        );
        expect(targetWrites(shell).length > 0).to.equal(blocked === undefined);
      });
  });

  it('evicts nothing when a protected pod came meanwhile, and lifts its cordon when its time is over', async () => {
    shell.create([drain], { verify: keep });
    comesLate(shell, replica('it', { namespace: 'kube-system' }));
    await shell.settle('fix-1', 150_000);
    expect(evicted(shell)).to.deep.equal([]);
    expect(condition(shell.get(), 'Succeeded')).to.equal('False StepFailed');
    expect(isCordoned(shell)).to.equal(false);
  });

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

  it('of a node that somebody else has cordoned leaves that cordon, and evicts', async () => {
    await person(shell, true);
    shell.create([drain]);
    await shell.settle('fix-1', 40_000);
    expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
    wish(shell, { undoRequested: { by: 'alice', reason: 'no' } });
    await shell.settle('fix-1', 60_000);
    expect(isCordoned(shell)).to.equal(true);
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
