/** The drain of a node, from the first look to the last pod: what is evicted, and what stays. */
import { expect } from 'chai';
import type { KubeObject } from '../kube/api.ts';
import { CronJob, Job } from '../actions/resources.ts';
import { Pod } from '../kube/resources.ts';
import { controllerReference } from '../testing/fixtures.ts';
import type { OwnerFacts } from './decision.ts';
import {
  comesLate,
  condition,
  drain,
  evicted,
  inPhase,
  isCordoned,
  keep,
  message,
  owned,
  person,
  type Protection,
  replica,
  staying,
  type Step,
  targetWrites,
  wish,
  withPods,
} from './drain-scene.test.ts';
import { guardrail, type Shell } from './harness.test.ts';

describe('a drain', () => {
  let shell: Shell;
  beforeEach(() => (shell = withPods()));

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

  it('of a node that somebody else has cordoned leaves that cordon, and evicts', async () => {
    await person(shell, true);
    shell.create([drain]);
    await shell.settle('fix-1', 40_000);
    expect(condition(shell.get(), 'Applied')).to.equal('True AllStepsDone');
    wish(shell, { undoRequested: { by: 'alice', reason: 'no' } });
    await shell.settle('fix-1', 60_000);
    expect(isCordoned(shell)).to.equal(true);
  });
});
