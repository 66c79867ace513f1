/** Very many targets at once: what is asked of the API server for each, and in which order. */
import { expect } from 'chai';
import type { RemediationPlan as Plan } from '../../crds/remediation-plan.ts';
import { Node, RemediationPlan } from '../kube/resources.ts';
import { node } from '../testing/fixtures.ts';
import { Cluster, condition, nodeTarget, rootNamespace } from './harness.test.ts';

describe('very many targets that fire at once', function () {
  const count = 150;
  const targets = Array.from({ length: count }, (_, index) => nodeTarget(`many-${index}`));
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster();
    for (const { name, uid } of targets) cluster.server.seed(Node, node({ name, uid }));
    cluster.server.faults = ({ verb }) =>
      verb === 'watch' || verb === 'list' ? undefined : { kind: 'delayMs', ms: 50 };
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const asked = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { verb, resource, subresource } of cluster.server.requests) {
      if (verb === 'watch' || verb === 'list') continue;
      const what = `${verb} ${resource.plural}${subresource === undefined ? '' : `/${subresource}`}`;
      counts[what] = (counts[what] ?? 0) + 1;
    }
    return counts;
  };
  const perTarget = (counts: Record<string, number>): number =>
    Object.values(counts).reduce((sum, each) => sum + each, 0) / count;

  const left = (): string[] => targets.flatMap(({ name }) => (cluster.isCordoned(name) ? [] : name));
  const plan = {
    guards: { maxConcurrent: count, maxAttempts: 3, cooldownSeconds: 0 },
    verify: { stabilizationSeconds: 10, timeoutSeconds: 3600, onFailure: 'Undo' },
  } as const;

  it('are cordoned with at most eight requests each, and what they do not wait for comes after', async () => {
    cluster.plan(plan);
    const policy = cluster.policy();
    await cluster.start();
    for (const target of targets) cluster.setVerdict(policy, target, 'Firing');
    for (let i = 0; i < 4000 && left().length > 0; i++) await cluster.clock.advance(5);
    expect(left()).to.deep.equal([]);
    const counts = asked();
    expect(perTarget(counts), JSON.stringify(counts)).to.be.lessThan(7.1);
    expect(counts['get nodes'], 'reads').to.equal(count);
    expect(counts['patch remediations/status'] ?? 0, 'claims, pre-images and notes').to.be.at.most(3 * count);
    expect(counts['patch incidents/status'] ?? 0, 'Incidents told of').to.be.lessThan(count / 3);
    await cluster.seconds(15);
    expect(cluster.incidents.filter(({ status }) => status?.detectSeconds === undefined)).to.deep.equal([]);
    expect(asked()['patch incidents/status'], 'each Incident is told of once').to.equal(count);
  });

  it('are each written once, also when the process dies before it has noted what it wrote', async () => {
    cluster.plan(plan);
    const policy = cluster.policy();
    await cluster.start();
    for (const target of targets) cluster.setVerdict(policy, target, 'Firing');
    const unnoted = (): string[] =>
      cluster.remediations
        .filter(({ spec, status }) => cluster.isCordoned(spec.target.name) && status?.steps?.[0]?.state === 'Prepared')
        .map(({ spec }) => spec.target.name);
    for (let i = 0; i < 4000 && left().length > 2 * (count / 3); i++) await cluster.clock.advance(5);
    expect(unnoted().length, 'written and not noted').to.be.greaterThan(5);
    await cluster.restart();
    await cluster.seconds(30);
    expect([left(), unnoted()]).to.deep.equal([[], []]);
    expect(cluster.targetWrites.toSorted()).to.deep.equal(targets.map(({ name }) => `patch Node ${name}`).toSorted());
    expect(cluster.remediations.filter((each) => condition(each, 'Applied') !== 'True AllStepsDone')).to.deep.equal([]);
  });

  it('are told as a storm before anything is written for them, whatever else the plan waits for', async () => {
    const kept = cluster.plan({
      ...plan,
      guards: { ...plan.guards, storm: { above: '10%', clearSeconds: 60, observeSeconds: 1 } },
    });
    const policy = cluster.policy();
    await cluster.start();
    for (const target of targets) cluster.setVerdict(policy, target, 'Inactive');
    await cluster.seconds(5);
    // Its permissions are asked anew, and that is not answered.
    const delays = cluster.server.faults;
    cluster.server.faults = ({ resource }) =>
      resource.plural === 'selfsubjectaccessreviews' ? { kind: 'delayMs', ms: 60_000 } : undefined;
    await cluster.edit(RemediationPlan, kept.metadata.name, { spec: { guards: { maxAttempts: 4 } } });
    cluster.server.faults = delays;
    const begun = cluster.server.requests.length;
    for (const target of targets) {
      cluster.setVerdict(policy, target, 'Firing');
      await cluster.clock.advance(5);
    }
    await cluster.seconds(1);
    const told = (): Plan | undefined =>
      cluster.server.find<Plan>(RemediationPlan, { namespace: rootNamespace, name: 'fence' });
    expect(condition(told(), 'Storm')).to.equal('True TooManyFire');
    const asked = cluster.server.requests.slice(begun);
    const at = asked.findIndex(({ verb, resource }) => verb === 'patch' && resource.plural === 'remediationplans');
    const before = asked.slice(0, at).filter(({ resource }) => resource.plural === 'incidents');
    // What fired before it was a storm has its Incident; what made it one has not.
    expect(before.length).to.be.at.most(0.1 * count);
    expect(cluster.targetWrites).to.deep.equal([]);
  });
});
