import { expect } from 'chai';
import { ApiError } from '../kube/api.ts';
import { Node, Pod, Remediation } from '../kube/resources.ts';
import { controllerReference, node, pod } from '../testing/fixtures.ts';
import { Cluster, condition, nodeTarget, podTarget, rootNamespace } from './harness.test.ts';

describe('trouble that does not end at once', () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster();
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  it('is followed by another incident when it comes back while its end is being written', async () => {
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    cluster.server.faults = ({ verb, resource }) =>
      verb === 'patch' && resource.kind === 'Incident' ? { kind: 'delayMs', ms: 5000 } : undefined;
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(2);
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(12);
    expect(cluster.incidents.map((incident) => condition(incident, 'Active'))).to.have.members([
      'False Recovered',
      'True Firing',
    ]);
  });

  describe('a new leader whose stream is behind', () => {
    it('does not take what was before the episode for recovery', async () => {
      const policy = cluster.policy();
      cluster.plan();
      await cluster.start();
      const wellMs = cluster.clock.now();
      await cluster.seconds(1);
      await cluster.judged(policy, nodeTarget(), 'Firing');
      expect(cluster.isCordoned()).to.equal(true);
      cluster.samples = false;
      cluster.setVerdict(policy, nodeTarget(), 'Inactive', { sinceMs: wellMs, lastSampleMs: wellMs });
      await cluster.restart();
      await cluster.seconds(12);
      expect(condition(cluster.incident, 'Resolved')).to.equal('False NoRecentSamples');
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('Unknown Stabilizing');
      expect(cluster.isCordoned()).to.equal(true);
      cluster.samples = true;
      await cluster.judged(policy, nodeTarget(), 'Inactive');
      await cluster.seconds(12);
      expect(condition(cluster.incident, 'Resolved')).to.equal('True Recovered');
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
    });
  });

  describe('attempts', () => {
    it('follow each other after the cooldown, up to maxAttempts, then people are told', async () => {
      const policy = cluster.policy();
      cluster.plan({ guards: { maxConcurrent: 1, maxAttempts: 2, cooldownSeconds: 100 } });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(62);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('False StillFiring');
      expect(cluster.isCordoned()).to.equal(false);
      expect(condition(cluster.incident, 'Remediating')).to.equal('False Cooldown');
      await cluster.seconds(101);
      expect(cluster.remediations).to.have.lengthOf(2);
      expect(cluster.isCordoned()).to.equal(true);
      await cluster.seconds(62);
      expect(condition(cluster.incident, 'Remediating')).to.equal('False AttemptsExhausted');
      expect(cluster.eventsOn('Incident')).to.deep.equal(['IncidentOpened', 'AttemptsExhausted']);
      await cluster.seconds(600);
      expect(cluster.remediations).to.have.lengthOf(2);
    });

    for (const [what, verify, reason] of [
      ['too many had no effect', { maxIneffective: 1 }, 'IneffectiveChain'],
      ['the plan says so', { onFailure: 'Escalate' }, 'Escalated'],
    ] as const)
      it(`are not followed by another when ${what}: people are asked`, async () => {
        const policy = cluster.policy();
        cluster.plan({
          guards: { maxConcurrent: 1, maxAttempts: 5, cooldownSeconds: 1 },
          verify: { stabilizationSeconds: 10, timeoutSeconds: 60, onFailure: 'Undo', ...verify },
          escalation: { notifier: 'oncall' },
        });
        await cluster.start();
        await cluster.judged(policy, nodeTarget(), 'Firing');
        await cluster.seconds(600);
        expect(cluster.remediations).to.have.lengthOf(1);
        expect(condition(cluster.incident, 'Remediating')).to.equal(`False ${reason}`);
        expect(condition(cluster.incident, 'Escalated')).to.equal(`True ${reason}`);
      });

    it('need a plan: the condition names the one that is missing, and it begins when it is there', async () => {
      const policy = cluster.policy();
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      expect(condition(cluster.incident, 'Remediating')).to.equal('False PlanNotFound');
      const message = cluster.incident.status?.conditions?.find(({ type }) => type === 'Remediating')?.message;
      expect(message).to.equal(
        `RemediationPlan fence does not exist in namespace ${rootNamespace}: create it, or change the route of DetectionPolicy hung`,
      );
      cluster.plan();
      await cluster.settle();
      expect(cluster.isCordoned()).to.equal(true);
    });
  });

  it('is told of when the API server does not take the Remediation, and tried again', async () => {
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    const error = new ApiError('exceeded quota: homeostat', { status: 403, reason: 'Forbidden' });
    cluster.server.faults = ({ verb, resource }) =>
      verb === 'create' && resource.kind === 'Remediation' ? { kind: 'error', error } : undefined;
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(120);
    expect(condition(cluster.incident, 'Active')).to.equal('True Firing');
    expect(condition(cluster.incident, 'Remediating')).to.equal('False CreationRefused');
    const message = cluster.incident.status?.conditions?.find(({ type }) => type === 'Remediating')?.message;
    expect(message).to.include('exceeded quota: homeostat');
    expect(cluster.eventsOn('Incident')).to.deep.equal(['IncidentOpened', 'CreationRefused']);
    cluster.server.faults = () => undefined;
    await cluster.seconds(30);
    expect(cluster.isCordoned()).to.equal(true);
    expect(condition(cluster.incident, 'Remediating')).to.equal('True InProgress');
  });

  it('ends when a person deletes the Remediation before it began, and the Incident says so', async () => {
    const policy = cluster.policy();
    cluster.plan({ mode: 'Approve' });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    cluster.server.seed(Remediation, {
      ...cluster.remediation,
      metadata: { ...cluster.remediation.metadata, finalizers: [] },
    });
    await cluster.settle();
    await cluster.seconds(1);
    await cluster.remove(Remediation, cluster.remediation.metadata.name);
    await cluster.seconds(1);
    expect(condition(cluster.incident, 'Remediating')).to.equal('False RemediationDeleted');
  });

  describe('a pod that is restarted', () => {
    const restart = { name: 'restart', action: { restartPod: {} }, timeoutSeconds: 60 };
    const owner = controllerReference('apps/v1', 'ReplicaSet', 'web-1', 'uid-rs');
    const setup = async () => {
      cluster.server.seed(Pod, pod({ name: 'web-1', uid: 'uid-web-1', ownerReferences: [owner] }));
      const signals = [{ name: 'silent', metric: 'k8s.pod.oom_kills', detect: { threshold: { above: '2' } } }];
      const policy = cluster.policy({ target: { kind: 'Pod', warmupSeconds: 0 }, signals });
      cluster.plan({ steps: [restart] });
      await cluster.start();
      await cluster.judged(policy, podTarget(), 'Firing');
      await cluster.seconds(2);
      expect(cluster.server.find(Pod, { namespace: 'shop', name: 'web-1' })).to.equal(undefined);
      await cluster.gone(policy, podTarget());
      expect(condition(cluster.incident, 'Resolved')).to.equal('True TargetGone');
      cluster.server.seed(Pod, pod({ name: 'web-2', uid: 'uid-web-2', ownerReferences: [owner] }));
      return { policy, next: { ...podTarget('web-2'), startedMs: cluster.clock.now() } };
    };

    it('has recovered when what took its place does not fire', async () => {
      const { policy, next } = await setup();
      await cluster.judged(policy, next, 'Inactive');
      await cluster.seconds(11);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
    });

    it('has not when that fires too: another incident, held back by the cooldown', async () => {
      const { policy, next } = await setup();
      await cluster.judged(policy, next, 'Firing');
      await cluster.seconds(62);
      const [first, second] = cluster.remediations;
      expect(cluster.incidents).to.have.lengthOf(2);
      expect(condition(first, 'Succeeded')).to.equal('False StillFiring');
      expect(condition(second, 'Blocked')).to.match(/^True /);
      expect(cluster.targetWrites).to.deep.equal(['delete Pod web-1']);
    });
  });

  describe('a storm of 40 nodes', () => {
    it('never has more than maxConcurrent at work, forgets none, and is polite to the API server', async () => {
      const names = Array.from({ length: 40 }, (_, i) => `n-${i}`);
      for (const name of names) cluster.server.seed(Node, node({ name, uid: `uid-${name}` }));
      const policy = cluster.policy();
      const verify = { stabilizationSeconds: 1, timeoutSeconds: 60, onFailure: 'Undo' } as const;
      cluster.plan({ guards: { maxConcurrent: 8, maxAttempts: 3, cooldownSeconds: 0 }, verify });
      await cluster.start();
      const before = cluster.server.requests.length;
      for (const name of names) cluster.setVerdict(policy, nodeTarget(name), 'Firing');
      await cluster.settle();
      const cordoned = (): string[] => names.filter((name) => cluster.isCordoned(name));
      const done = new Set<string>();
      let most = 0;
      for (let round = 0; round < 60 && done.size < names.length; round++) {
        const now = cordoned();
        most = Math.max(most, now.length);
        for (const name of now) {
          if (!done.has(name)) cluster.setVerdict(policy, nodeTarget(name), 'Inactive');
          done.add(name);
        }
        await cluster.seconds(1);
      }
      await cluster.seconds(15);
      expect(most).to.equal(8);
      expect(done.size).to.equal(40);
      expect(cordoned()).to.deep.equal([]);
      const requests = (cluster.server.requests.length - before) / names.length;
      expect(requests).to.be.below(60);
    });
  });
});
