/** What holds everything back: the pause, storms and breakers, as people see them on the objects. */
import { expect } from 'chai';
import type { Guardrail as Rail } from '../../crds/guardrail.ts';
import type { RemediationPlan as Plan } from '../../crds/remediation-plan.ts';
import { ApiError } from '../kube/api.ts';
import { Guardrail, Node, Pod, Remediation, RemediationPlan } from '../kube/resources.ts';
import { controllerReference, pod } from '../testing/fixtures.ts';
import { Cluster, condition, nodeTarget, podTarget, rootNamespace } from './harness.test.ts';

const label = { label: { of: 'Target', set: { fenced: 'yes' } } } as const;
const twoSteps: Plan['spec']['steps'] = [
  { name: 'cordon', action: { cordon: {} }, timeoutSeconds: 60 },
  { name: 'mark', action: label, timeoutSeconds: 60 },
];
const keep = { stabilizationSeconds: 0, timeoutSeconds: 60, onFailure: 'Keep' } as const;

describe('what holds everything back', () => {
  let cluster: Cluster;
  beforeEach(() => (cluster = new Cluster()));
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const plan = (): Plan | undefined =>
    cluster.server.find<Plan>(RemediationPlan, { namespace: rootNamespace, name: 'fence' });
  const guardrail = (): Rail | undefined =>
    cluster.server.find<Rail>(Guardrail, { namespace: rootNamespace, name: 'limits' });
  const pause = (): unknown =>
    cluster.server.patch(
      Guardrail,
      { namespace: rootNamespace, name: 'limits' },
      { type: 'merge', body: { spec: { paused: [{ reason: 'freeze', by: 'alice' }] } } },
      { fieldManager: 'kubectl-edit' },
    );
  /** Pauses at the moment of the first write to a node from now on. */
  const pauseAtNextWrite = (): void => {
    cluster.crash = ({ verb, kind }) => {
      if (verb !== 'patch' || kind !== 'Node') return false;
      cluster.crash = () => false;
      pause();
      return false;
    };
  };

  it('a pause that comes during a step lets no other one begin, and its end does', async () => {
    cluster.guardrail({});
    cluster.plan({ steps: twoSteps, verify: keep });
    const policy = cluster.policy();
    await cluster.start();
    pauseAtNextWrite();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(60);
    expect(cluster.targetWrites).to.deep.equal(['patch Node node-1']);
    expect(condition(cluster.remediation, 'Blocked')).to.equal('True Paused');
    expect(condition(guardrail(), 'Paused')).to.equal('True Paused');
    await cluster.edit(Guardrail, 'limits', { spec: { paused: null } });
    expect(cluster.targetWrites).to.deep.equal(['patch Node node-1', 'patch Node node-1']);
  });

  it('a pause holds at once for what fires in the next moment', async () => {
    cluster.guardrail({});
    cluster.plan({ verify: keep });
    const policy = cluster.policy();
    await cluster.start();
    pause();
    cluster.setVerdict(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    expect(condition(cluster.remediation, 'Blocked')).to.equal('True Paused');
    expect(cluster.targetWrites).to.deep.equal([]);
  });

  it('a pause that no watch tells of holds all the same, and what follows from it is said when one does', async () => {
    cluster.guardrail({});
    cluster.plan({ verify: keep });
    const policy = cluster.policy();
    await cluster.start();
    cluster.stalled.add('Guardrail');
    pause();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(5);
    expect(condition(cluster.remediation, 'Blocked')).to.equal('False Admitted');
    expect(cluster.targetWrites).to.deep.equal([]);
    cluster.stalled.clear();
    await cluster.edit(Guardrail, 'limits', { metadata: { labels: { told: 'yes' } } });
    await cluster.seconds(2);
    expect(condition(cluster.remediation, 'Blocked')).to.equal('True Paused');
    expect(cluster.targetWrites).to.deep.equal([]);
    await cluster.edit(Guardrail, 'limits', { spec: { paused: null } });
    await cluster.seconds(2);
    expect(cluster.targetWrites).to.deep.equal(['patch Node node-1']);
  });

  it('a Guardrail that no watch tells of, or that nobody can ask for, holds what would begin', async () => {
    cluster.plan({ verify: keep });
    const policy = cluster.policy();
    await cluster.start();
    cluster.stalled.add('Guardrail');
    cluster.guardrail({ maxMode: 'Observe' });
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(5);
    expect(cluster.targetWrites).to.deep.equal([]);
    await cluster.remove(Guardrail, 'limits');
    const timeout = new ApiError('no answer', { status: 0, reason: 'Timeout' });
    cluster.server.faults = ({ resource, verb }) =>
      resource.kind === 'Guardrail' && verb === 'list' ? { kind: 'error', error: timeout } : undefined;
    await cluster.seconds(5);
    expect(cluster.targetWrites).to.deep.equal([]);
    cluster.server.faults = () => undefined;
    await cluster.seconds(2);
    expect(cluster.targetWrites).to.deep.equal(['patch Node node-1']);
  });

  it('who had to wait for the Guardrails decides anew, and acts on an answer however slow it was', async () => {
    cluster.plan({ verify: keep });
    const policy = cluster.policy();
    await cluster.start();
    cluster.server.faults = ({ resource, verb }) =>
      resource.kind === 'Guardrail' && verb === 'list' ? { kind: 'delayMs', ms: 2000 } : undefined;
    await cluster.judged(policy, nodeTarget(), 'Firing');
    expect(cluster.remediation.status?.steps?.[0]?.state).to.equal('Prepared');
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(40);
    expect(cluster.targetWrites).to.deep.equal([]);
    expect(cluster.remediation.status?.steps?.[0]?.state).to.equal('Skipped');
    await cluster.judged(policy, nodeTarget('node-2'), 'Firing');
    await cluster.seconds(2);
    expect(cluster.targetWrites).to.deep.equal(['patch Node node-2']);
  });

  it('a wish that comes while the Guardrails are asked for is heard', async () => {
    cluster.plan({ verify: keep });
    const policy = cluster.policy();
    await cluster.start();
    cluster.server.faults = ({ resource, verb }) =>
      resource.kind === 'Guardrail' && verb === 'list' ? { kind: 'delayMs', ms: 2000 } : undefined;
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.edit(Remediation, cluster.remediation.metadata.name, {
      spec: { cancelRequested: { by: 'bob', reason: 'not now' } },
    });
    await cluster.seconds(40);
    expect(cluster.targetWrites).to.deep.equal([]);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('False Cancelled');
  });

  it('what was read while it waited is not enough to delete by: who is protected meanwhile stays', async () => {
    cluster.guardrail({
      paused: [{ reason: 'freeze', by: 'alice' }],
      protect: [{ selector: { matchLabels: { keep: 'yes' } } }],
    });
    cluster.plan({ verify: keep, steps: [{ name: 'restart', action: { restartPod: {} }, timeoutSeconds: 60 }] });
    const owner = controllerReference('apps/v1', 'ReplicaSet', 'web-1', 'uid-rs');
    cluster.server.seed(Pod, pod({ name: 'web-1', uid: 'uid-web-1', ownerReferences: [owner] }));
    const signals = [{ name: 'silent', metric: 'k8s.pod.oom_kills', detect: { threshold: { above: '2' } } }];
    const policy = cluster.policy({ target: { kind: 'Pod', warmupSeconds: 0 }, signals });
    await cluster.start();
    await cluster.judged(policy, podTarget(), 'Firing');
    expect(condition(cluster.remediation, 'Blocked')).to.equal('True Paused');
    const body = { metadata: { labels: { app: 'web', keep: 'yes' } } };
    await cluster.server.patch(Pod, { namespace: 'shop', name: 'web-1' }, { type: 'merge', body }, {});
    await cluster.edit(Guardrail, 'limits', { spec: { paused: null } });
    await cluster.seconds(2);
    expect(cluster.targetWrites).to.deep.equal(['patch Pod web-1']);
    expect(condition(cluster.remediation, 'Blocked')).to.equal('True Protected');
  });

  it('a pause that comes during an undo does not hold it up', async () => {
    cluster.guardrail({});
    cluster.plan({ steps: twoSteps, verify: keep });
    const policy = cluster.policy();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(2);
    expect(cluster.targetWrites).to.have.lengthOf(2);
    pauseAtNextWrite();
    await cluster.edit(Remediation, cluster.remediation.metadata.name, {
      spec: { undoRequested: { by: 'bob', reason: 'not the cause' } },
    });
    await cluster.seconds(1);
    expect(condition(guardrail(), 'Paused')).to.equal('True Paused');
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    expect(cluster.targetWrites).to.have.lengthOf(4);
    expect(cluster.isCordoned()).to.equal(false);
  });

  it('a storm stands on the plan and on the guardrail, with its end, and outlives a restart', async () => {
    const storm = { above: '60%', clearSeconds: 600, observeSeconds: 0 } as const;
    cluster.guardrail({ storm });
    cluster.plan({ guards: { maxConcurrent: 5, maxAttempts: 3, cooldownSeconds: 0, storm } });
    const policy = cluster.policy({ clearForSeconds: 0 });
    await cluster.start();
    const both = (): (string | undefined)[] => [condition(plan(), 'Storm'), condition(guardrail(), 'Storm')];
    for (const name of ['node-1', 'node-2']) cluster.setVerdict(policy, nodeTarget(name), 'Inactive');
    await cluster.seconds(10);
    expect(both()).to.deep.equal(['False Calm', 'False Calm']);
    for (const name of ['node-1', 'node-2']) cluster.setVerdict(policy, nodeTarget(name), 'Firing');
    await cluster.seconds(2);
    expect(both()).to.deep.equal(['True TooManyFire', 'True TooManyFire']);
    expect(guardrail()?.status?.storms?.map(({ kind }) => kind)).to.deep.equal(['Node']);
    expect(cluster.targetWrites).to.deep.equal([]);
    for (const name of ['node-1', 'node-2']) cluster.setVerdict(policy, nodeTarget(name), 'Inactive');
    await cluster.seconds(10);
    expect(both()).to.deep.equal(['True Clearing', 'True Clearing']);
    await cluster.restart();
    await cluster.seconds(10);
    expect(both()).to.deep.equal(['True Clearing', 'True Clearing']);
    await cluster.seconds(600);
    expect(both()).to.deep.equal(['False Calm', 'False Calm']);
  });

  it('a storm has nobody read its target again and again, and what is read when it is over is new', async () => {
    const storm = { above: '60%', clearSeconds: 1, observeSeconds: 0 } as const;
    cluster.plan({ verify: keep, guards: { maxConcurrent: 5, maxAttempts: 3, cooldownSeconds: 0, storm } });
    const policy = cluster.policy({ clearForSeconds: 0 });
    await cluster.start();
    for (const name of ['node-1', 'node-2']) cluster.setVerdict(policy, nodeTarget(name), 'Firing');
    const reads = (): number =>
      cluster.server.requests.filter(
        ({ verb, resource, name }) => verb === 'get' && resource.kind === 'Node' && name === 'node-1',
      ).length;
    await cluster.seconds(2);
    const before = reads();
    for (let i = 0; i < 40; i++) await cluster.seconds(1);
    expect(condition(cluster.remediations[0], 'Blocked')).to.equal('True Storm');
    expect([before, reads()]).to.deep.equal([1, 1]);
    await cluster.server.patch(
      Node,
      { name: 'node-1' },
      { type: 'merge', body: { spec: { unschedulable: true } } },
      { fieldManager: 'kubectl-cordon' },
    );
    await cluster.judged(policy, nodeTarget('node-2'), 'Inactive');
    for (let i = 0; i < 30; i++) await cluster.seconds(1);
    expect(reads()).to.be.greaterThan(1);
    expect(cluster.targetWrites).to.deep.equal(['patch Node node-1']);
  });

  it('a breaker stands on the plan: closed, open, half open by itself, and closed by a success', async () => {
    cluster.plan({
      verify: { stabilizationSeconds: 0, timeoutSeconds: 60, onFailure: 'Undo' },
      guards: { maxConcurrent: 5, maxAttempts: 3, cooldownSeconds: 0, breaker: { failures: 2, openSeconds: 600 } },
    });
    const policy = cluster.policy({ clearForSeconds: 0 });
    await cluster.start();
    expect(condition(plan(), 'BreakerClosed')).to.equal('True Closed');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    for (let i = 0; i < 3; i++) await cluster.seconds(62);
    expect(condition(plan(), 'BreakerClosed')).to.equal('False Open');
    const tried = cluster.targetWrites.length;
    await cluster.restart();
    await cluster.seconds(300);
    expect(condition(plan(), 'BreakerClosed')).to.equal('False Open');
    expect(cluster.targetWrites).to.have.lengthOf(tried);
    for (let i = 0; i < 60 && condition(plan(), 'BreakerClosed') === 'False Open'; i++) await cluster.seconds(10);
    expect(condition(plan(), 'BreakerClosed')).to.equal('Unknown HalfOpen');
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(10);
    expect(condition(plan(), 'BreakerClosed')).to.equal('True Closed');
  });
});
