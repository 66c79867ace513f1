import { expect } from 'chai';
import { anchorsName } from '../../audit/anchor.ts';
import type { RemediationPlan as Plan } from '../../../crds/remediation-plan.ts';
import { ended } from '../../audit/fixtures.test.ts';
import { renderReports } from '../../audit/render.ts';
import { verify, type ChainReport } from '../../audit/verify.ts';
import { ApiError, type KubeObject } from '../../kube/api.ts';
import { ConfigMap, Remediation, RemediationPlan } from '../../kube/resources.ts';
import { Cluster, condition, nodeTarget, rootNamespace } from '../harness.test.ts';
import { Operator } from '../process.test.ts';
import { orphansKept } from '../remediation-plan/retention.ts';
import { sha256 } from './digest.ts';

type Anchors = KubeObject & { data?: Record<string, string> };

const quick = { stabilizationSeconds: 0, timeoutSeconds: 60, onFailure: 'Undo' } as const;
const noCooldown = { maxConcurrent: 1, maxAttempts: 3, cooldownSeconds: 0 };

describe('the audit chain', () => {
  let cluster: Cluster;
  let policy: ReturnType<Cluster['policy']>;
  beforeEach(() => {
    cluster = new Cluster();
    policy = cluster.policy({ clearForSeconds: 0 });
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const anchors = (): Record<string, string> | undefined =>
    cluster.server.find<Anchors>(ConfigMap, { namespace: rootNamespace, name: anchorsName })?.data;
  const report = (): ChainReport => verify(cluster.remediations, anchors(), sha256)[0] ?? expect.fail('no chain');
  const intact = (links: number): void => {
    const found = report();
    expect(found.problems, renderReports([found])).to.deep.equal([]);
    expect(found.unsealed).to.deep.equal([]);
    expect(found.links).to.equal(links);
  };
  const episode = async (): Promise<void> => {
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(2);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(2);
  };
  const gauge = async (): Promise<number | undefined> =>
    (await cluster.operator.registry.getSingleMetric('homeostat_audit_problems')?.get())?.values[0]?.value;

  /** The condition of the plan. */
  const intactBy = (): string | undefined => {
    const plan = cluster.server.find<Plan>(RemediationPlan, { namespace: rootNamespace, name: 'fence' });
    const found = plan?.status?.conditions?.find(({ type }) => type === 'AuditIntact');
    return found && `${found.status} ${found.reason} ${found.message}`;
  };

  it('is verified at the start, also where nothing is left of it, and the plan says what was found', async () => {
    cluster.plan({ verify: quick, guards: noCooldown });
    await cluster.start();
    await episode();
    await cluster.seconds(6);
    const whole = `True Intact the records of ${rootNamespace} are as they were sealed`;
    expect(intactBy()).to.equal(whole);
    await cluster.restart();
    await cluster.seconds(6);
    expect(intactBy()).to.equal(whole);
    await cluster.operator.die();
    await cluster.server.delete(Remediation, { namespace: rootNamespace, name: cluster.remediation.metadata.name });
    await cluster.restart();
    await cluster.seconds(6);
    expect(intactBy()).to.match(/^False Broken link 1, .*Removed/);
    expect(await gauge()).to.equal(1);
  });

  it('of a namespace where nothing is left is verified at the start', async () => {
    cluster.server.seed(Remediation, ended('a', {}, 'shop'));
    await cluster.start();
    await cluster.seconds(6);
    await cluster.operator.die();
    await cluster.server.delete(Remediation, { namespace: 'shop', name: 'a' });
    await cluster.restart();
    await cluster.seconds(6);
    expect(await gauge()).to.equal(1);
  });

  it('takes what has ended, with its evidence, and then lets go of it', async () => {
    cluster.plan({ verify: quick });
    await cluster.start();
    await episode();
    intact(1);
    const { metadata, status } = cluster.remediation;
    expect(status?.seals?.[0]?.evidence).to.match(/^[0-9a-f]{64}$/);
    expect(status?.seals?.[0]?.facts?.[0]?.name).to.equal('undo cordon 0');
    expect(status?.hash).to.equal(status?.seals?.[0]?.hash);
    expect(metadata.finalizers ?? []).to.deep.equal([]);
    expect(await gauge()).to.equal(0);
  });

  it('takes what comes after the end as a further link', async () => {
    cluster.plan({ verify: quick, steps: [{ name: 'cordon', action: { cordon: {} }, timeoutSeconds: 60 }] });
    await cluster.start();
    await episode();
    intact(1);
    const undoRequested = { by: 'bob', reason: 'not the cause' };
    await cluster.edit(Remediation, cluster.remediation.metadata.name, { spec: { undoRequested } });
    await cluster.seconds(2);
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    const facts = cluster.remediation.status?.seals?.map((seal) => seal.facts?.map(({ name }) => name));
    expect(facts).to.deep.equal([undefined, ['undoRequested', 'undo cordon 0']]);
    intact(2);
  });

  for (const when of [true, 'after'] as const)
    for (const [kind, subresource] of [
      ['ConfigMap', undefined],
      ['Remediation', 'status'],
    ] as const)
      it(`is whole after a death ${when === 'after' ? 'after' : 'before'} the write of the ${kind}`, async () => {
        cluster.plan({ verify: quick });
        await cluster.start();
        await episode();
        await cluster.judged(policy, nodeTarget(), 'Firing');
        await cluster.seconds(2);
        let armed = kind === 'ConfigMap';
        cluster.crash = (write) => {
          // The status write that follows the anchor's is the one of the seal.
          if (write.kind === 'ConfigMap' && kind !== 'ConfigMap') armed = true;
          return armed && write.kind === kind && write.subresource === subresource && when;
        };
        await cluster.judged(policy, nodeTarget(), 'Inactive');
        await cluster.seconds(2);
        expect(cluster.operator.isAlive).to.equal(false);
        await cluster.restart();
        await cluster.seconds(2);
        intact(2);
        await episode();
        intact(3);
      });

  it('is one chain, also of two that both believe they lead', async () => {
    cluster.plan({ verify: quick });
    await cluster.start();
    const other = new Operator(cluster);
    const started = other.start();
    await cluster.clock.advance(0);
    await started;
    for (let i = 0; i < 3; i++) {
      cluster.setVerdict(policy, nodeTarget(), 'Inactive');
      await episode();
    }
    await cluster.seconds(10);
    const found = report();
    expect(found.problems, renderReports([found])).to.deep.equal([]);
    expect(found.unsealed).to.deep.equal([]);
    expect(found.links).to.be.at.least(cluster.remediations.length);
    await other.die();
  });

  it('outlives retention, by count and by age', async () => {
    cluster.plan({ verify: quick, guards: noCooldown, historyLimit: 1, historyMaxAgeSeconds: 3600 });
    await cluster.start();
    for (let i = 0; i < 3; i++) await episode();
    await cluster.seconds(61);
    expect(cluster.remediations).to.have.lengthOf(1);
    intact(3);
    expect(report().forgotten).to.equal(2);
    await cluster.seconds(3700);
    expect(cluster.remediations).to.have.lengthOf(0);
    intact(3);
    await episode();
    intact(4);
    expect(await gauge()).to.equal(0);
  });

  it('outlives the retention of what plans left behind that are gone', async () => {
    cluster.plan({ verify: quick, guards: noCooldown, historyLimit: 100 });
    await cluster.start();
    for (let i = 0; i < orphansKept + 2; i++) await episode();
    expect(cluster.remediations).to.have.lengthOf(orphansKept + 2);
    await cluster.remove(RemediationPlan, 'fence');
    await cluster.seconds(61);
    expect(cluster.remediations).to.have.lengthOf(orphansKept);
    // Also by an operator that has never seen the plan, and beside another one of its name.
    await cluster.restart();
    cluster.plan({ verify: quick, guards: noCooldown });
    await episode();
    expect(cluster.remediations).to.have.lengthOf(orphansKept + 1);
    intact(orphansKept + 3);
    expect(report().forgotten).to.equal(2);
    expect(await gauge()).to.equal(0);
  });

  it('tells what was removed, once, and goes on', async () => {
    cluster.plan({ verify: quick, guards: noCooldown });
    await cluster.start();
    await episode();
    await episode();
    const name = cluster.remediations.find(({ status }) => status?.seals?.[0]?.sequence === 1)?.metadata.name ?? '';
    await cluster.remove(Remediation, name);
    await cluster.seconds(30);
    expect(report().problems.map((problem) => [problem.kind, problem.name])).to.deep.equal([['Removed', name]]);
    expect(await gauge()).to.equal(1);
    expect(intactBy()).to.equal(
      `False Broken link 1, ${rootNamespace}/${name}: Removed: it was removed, and not by retention. homeostat audit verify -n ${rootNamespace} names all that is not as it was sealed`,
    );
    expect(cluster.operator.events.filter(({ reason }) => reason === 'AuditChainBroken')).to.have.lengthOf(1);
    await cluster.seconds(1300);
    await episode();
    expect(report().problems).to.have.lengthOf(1);
    expect(cluster.operator.events.filter(({ reason }) => reason === 'AuditChainBroken')).to.have.lengthOf(1);
  });

  it('has a deletion before the end in it, and tells of it', async () => {
    cluster.plan();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    await cluster.remove(Remediation, cluster.remediation.metadata.name);
    await cluster.seconds(11);
    expect(cluster.isCordoned()).to.equal(false);
    expect(cluster.remediations).to.deep.equal([]);
    intact(1);
    expect(anchors()?.[rootNamespace]).to.include('"deleted":[{"name":"fence-');
  });

  it('does not hold up a deletion when it may not be written', async () => {
    cluster.server.faults = ({ resource, verb }) =>
      resource.kind === 'ConfigMap' && verb !== 'get' ? { kind: 'error', error: forbidden() } : undefined;
    cluster.plan();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.remove(Remediation, cluster.remediation.metadata.name);
    await cluster.seconds(5);
    expect(cluster.remediations).to.deep.equal([]);
    expect(cluster.isCordoned()).to.equal(false);
  });
});

const forbidden = (): ApiError => new ApiError('not allowed', { status: 403, reason: 'Forbidden' });
