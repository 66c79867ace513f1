import { expect } from 'chai';
import type { Remediation } from '../../crds/remediation.ts';
import { Deployment } from '../kube/resources.ts';
import type { WorkloadFixture } from '../testing/fixtures.ts';
import { Shell, targets } from './harness.test.ts';

const scale = { scale: { by: 1, max: 10 } } as const;

describe('what GitOps puts back', () => {
  let shell: Shell;
  beforeEach(() => (shell = new Shell()));

  const put = async (fieldManager: string, replicas: number): Promise<void> => {
    const body = { spec: { replicas } };
    await shell.server.patch(Deployment, { namespace: 'shop', name: 'web' }, { type: 'merge', body }, { fieldManager });
    shell.playControllers();
  };
  const replicas = (): number | undefined =>
    shell.server.find<WorkloadFixture>(Deployment, { namespace: 'shop', name: 'web' })?.spec.replicas;
  const condition = (of: Remediation, type: string): string => {
    const found = of.status?.conditions?.find((each) => each.type === type);
    return `${found?.status} ${found?.reason}`;
  };
  const message = (of: Remediation): string =>
    of.status?.conditions?.find(({ type }) => type === 'Succeeded')?.message ?? '';
  const begin = async (name = 'fix-1'): Promise<void> => {
    shell.create([scale], { target: targets.workload }, name);
    await shell.settle(name);
  };
  const deadline = async (name = 'fix-1'): Promise<void> => {
    await shell.clock.advance(300_000);
    shell.judge('Firing');
    await shell.settle(name);
  };
  const scaled = (): number =>
    shell.server.requests.filter(({ verb, resource }) => verb === 'patch' && resource.kind === 'Deployment').length;

  for (const [manager, value, end] of [
    ['argocd-controller', 2, 'False RevertedByGitOps'],
    ['kustomize-controller', 2, 'False RevertedByGitOps'],
    ['argocd-controller', 5, 'False RevertedByGitOps'],
    ['kubectl', 2, 'False StillFiring'],
  ] as const)
    it(`${manager} sets ${value}: ${end}`, async () => {
      await begin();
      await shell.clock.advance(5000);
      await put(manager, value);
      const before = scaled();
      await deadline();
      expect(condition(shell.get(), 'Succeeded')).to.equal(end);
      expect(condition(shell.get(), 'Verified')).to.equal(end);
      expect(replicas()).to.equal(value);
      expect(scaled()).to.equal(before);
      if (manager === 'kubectl') return;
      expect(message(shell.get())).to.match(/spec.replicas of Deployment shop\/web was put back by .*; add in its /);
      expect(condition(shell.get(), 'Undone')).to.equal('True Superseded');
      expect(shell.get().status?.steps?.[0]?.changes?.[0]?.undo).to.include({
        state: 'Superseded',
        supersededBy: manager,
      });
    });

  it('while it is verified is told then, and not at the end, where GitOps keeps the field', async () => {
    const { plan } = shell;
    if (plan === undefined) throw new Error('there is none');
    shell.plan = { ...plan, spec: { ...plan.spec, guards: { ...plan.spec.guards, gitOps: 'Ignore' } } };
    await begin();
    expect(condition(shell.get(), 'Verified')).to.equal('Unknown Stabilizing');
    await put('argocd-controller', 2);
    await shell.clock.advance(16_000);
    shell.judge('Firing');
    await shell.settle();
    expect(condition(shell.get(), 'Succeeded')).to.equal('False RevertedByGitOps');
    expect(message(shell.get())).to.match(/^the target did not recover yet\. Git decides, .*; add in its /);
    expect(
      shell
        .get()
        .status?.timeline?.map(({ what }) => what)
        .join(),
    ).to.match(/spec.replicas of .* put it back/);
    expect(replicas()).to.equal(2);
  });

  it('is not begun while Git keeps the field, claims no place anew meanwhile, and says so once', async () => {
    await put('argocd-controller', 3);
    shell.create([scale], { target: targets.workload });
    await shell.settle('fix-1', 120_000);
    const { status } = shell.get();
    expect(condition(shell.get(), 'Blocked')).to.equal('True OwnedByOthers');
    // The first one is made before anything is read.
    expect(status?.claims).to.equal(1);
    expect(status?.timeline?.filter(({ what }) => what.startsWith('blocked'))).to.have.lengthOf(1);
    expect(status?.guards?.find(({ name }) => name === 'ownedByOthers')?.message).to.equal(
      'spec.replicas of Deployment shop/web is managed by argocd-controller, which would put it back: have it ignore the field, or set guards.gitOps of plan fix to Ignore',
    );
  });

  it('before the effect is there is not made again', async () => {
    shell.create([scale], { target: targets.workload });
    for (let i = 0; i < 10 && scaled() === 0; i++) await shell.reconcile();
    // The pods are not there yet: it waits, and has nothing to remember the write by but its record.
    await shell.reconcile();
    await shell.clock.advance(1000);
    const git = { type: 'merge', body: { spec: { replicas: 2 } } } as const;
    const manager = { fieldManager: 'argocd-controller' };
    await shell.server.patch(Deployment, { namespace: 'shop', name: 'web' }, git, manager);
    const before = scaled();
    await shell.settle();
    expect(scaled()).to.equal(before);
    expect(replicas()).to.equal(2);
    expect(condition(shell.get(), 'Succeeded')).to.equal('False RevertedByGitOps');
  });

  it('the field is left alone for a day, and tried once more after that', async () => {
    await begin();
    await shell.clock.advance(5000);
    await put('argocd-controller', 2);
    await deadline();
    // While Git owns the field, a guard holds back; a person has taken it over, and Git may be back at any time.
    await put('kubectl', 5);
    const before = scaled();
    await shell.clock.advance(400_000);
    await begin('fix-2');
    expect(condition(shell.get('fix-2'), 'Succeeded')).to.equal('False RevertedByGitOps');
    expect(condition(shell.get('fix-2'), 'Applied')).to.equal('False RevertedByGitOps');
    expect(message(shell.get('fix-2'))).to.include('when fix-1 had changed it; add in its Application');
    expect(scaled()).to.equal(before);
    await shell.clock.advance(24 * 3_600_000);
    await begin('fix-3');
    expect(replicas()).to.equal(6);
  });

  it('at once after the write: the step says so', async () => {
    shell.create([scale], { target: targets.workload });
    shell.interrupt = (decision, when) => {
      if (decision.do === 'Write' && when === 'after') void put('argocd-controller', 2);
    };
    await shell.settle();
    await shell.settle();
    expect(condition(shell.get(), 'Succeeded')).to.equal('False RevertedByGitOps');
    expect(replicas()).to.equal(2);
  });
});
