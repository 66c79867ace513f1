import { expect } from 'chai';
import type { RemediationPlan as Plan } from '../../crds/remediation-plan.ts';
import { Guardrail, Node, Remediation, RemediationPlan } from '../kube/resources.ts';
import { conflict } from '../testing/api-errors.ts';
import { node } from '../testing/fixtures.ts';
import { Cluster, condition, nodeTarget, podTarget, rootNamespace } from './harness.test.ts';

describe('the loop from verdict to undo', () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster();
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  describe('in mode Enforce', () => {
    it('cordons a node that fires, once, and takes it back when it has recovered', async () => {
      const policy = cluster.policy();
      cluster.plan();
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      expect(cluster.isCordoned()).to.equal(true);
      expect(condition(cluster.incident, 'Active')).to.equal('True Firing');
      expect(condition(cluster.incident, 'Remediating')).to.equal('True InProgress');
      expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');

      await cluster.seconds(20);
      await cluster.judged(policy, nodeTarget(), 'Inactive');
      expect(condition(cluster.incident, 'Resolved')).to.equal('True Recovered');
      expect(cluster.incident.status?.repairSeconds).to.match(/^20\.\d/);
      await cluster.seconds(11);
      expect(condition(cluster.remediation, 'Verified')).to.equal('True Recovered');
      expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
      expect(cluster.isCordoned()).to.equal(false);
      expect(cluster.targetWrites).to.deep.equal(['patch Node node-1', 'patch Node node-1']);
    });

    it('waits with its verdict while the policy is shed, and goes on when the target is found as it was left', async () => {
      const policy = cluster.policy();
      cluster.plan({ verify: { stabilizationSeconds: 10, timeoutSeconds: 600, onFailure: 'Undo' } });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.judged(policy, nodeTarget(), 'Inactive');
      cluster.shed.set(policy.metadata.uid ?? '', { sinceMs: cluster.clock.now(), lagMs: 1440 });
      cluster.operator.control.takeShedding(policy);
      await cluster.seconds(60);
      expect(condition(cluster.remediation, 'Verified')).to.equal('Unknown Stabilizing');
      cluster.judgedAgain(policy, nodeTarget());
      await cluster.seconds(9);
      expect(condition(cluster.remediation, 'Verified')).to.equal('Unknown Stabilizing');
      await cluster.seconds(5);
      expect(condition(cluster.remediation, 'Verified')).to.equal('True Recovered');
    });

    it('tells how long it took to decide and to act', async () => {
      const policy = cluster.policy();
      cluster.plan();
      await cluster.start();
      cluster.server.faults = ({ verb, resource }) =>
        verb === 'patch' && resource.kind === 'Node' ? { kind: 'delayMs', ms: 3000 } : undefined;
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(3);
      expect(cluster.isCordoned()).to.equal(true);
      const text = await cluster.operator.registry.metrics();
      const seconds = (stage: string): number => {
        expect(text).to.include(`homeostat_stage_seconds_count{stage="${stage}"} 1\n`);
        return Number(new RegExp(`_sum\\{stage="${stage}"\\} (.*)`).exec(text)?.[1]);
      };
      expect(seconds('act')).to.equal(3);
      expect(seconds('decide')).to.be.lessThan(0.1);
      expect(seconds('incident_act')).to.be.closeTo(seconds('decide') + 3, 1e-9);
    });

    it('pauses when the target changes under it again and again, and acts when that is over', async () => {
      const policy = cluster.policy();
      cluster.plan();
      await cluster.start();
      const isWrite = ({ verb, resource }: { verb: string; resource: { kind: string } }): boolean =>
        verb === 'patch' && resource.kind === 'Node';
      cluster.server.faults = (request) =>
        isWrite(request) ? { kind: 'error', error: conflict(Node, 'node-1') } : undefined;
      await cluster.judged(policy, nodeTarget(), 'Firing');
      // Five at once, and five more each second.
      expect(cluster.server.requests.filter(isWrite).length).to.be.within(5, 20);
      cluster.server.faults = () => undefined;
      await cluster.seconds(2);
      expect(cluster.isCordoned()).to.equal(true);
    });

    it('needs four writes and two reads, when its place is claimed, from the verdict to the target', async () => {
      const policy = cluster.policy();
      cluster.plan();
      await cluster.start();
      const before = cluster.server.requests.length;
      await cluster.judged(policy, nodeTarget(), 'Firing');
      const path = cluster.server.requests
        .slice(before)
        .filter(({ resource }) => resource.kind !== 'DetectionPolicy')
        .map(({ verb, resource, subresource }) => [verb, resource.kind, subresource].filter(Boolean).join(' '));
      const acted = path.indexOf('patch Node');
      const beside = (step: string): boolean => step !== 'patch Incident status';
      expect(path.slice(0, acted + 1).filter(beside)).to.deep.equal([
        'create Incident',
        'create Remediation',
        'patch Remediation status',
        'get Node',
        // While the pre-image is on its way.
        'list Guardrail',
        'patch Remediation status',
        'patch Node',
      ]);
      // What the server answered to the write is what was to be read back.
      expect(path.slice(acted + 1).filter(beside)).to.deep.equal(['patch Remediation status']);
    });

    it('tells the story on the incident, the remediation and the node', async () => {
      const policy = cluster.policy();
      cluster.plan();
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.judged(policy, nodeTarget(), 'Inactive');
      await cluster.seconds(11);
      expect(cluster.eventsOn('Incident')).to.deep.equal(['IncidentOpened', 'IncidentResolved']);
      expect(cluster.eventsOn('Node')).to.include.members([
        'IncidentOpened',
        'Acting',
        'Applied',
        'UndoDone',
        'IncidentResolved',
      ]);
      const { detectSeconds, evidence, timeline, remediations } = cluster.incident.status ?? {};
      expect(detectSeconds).to.equal('0.4');
      expect(evidence?.[0]).to.include({ signal: 'silent', value: '3', threshold: '> 2', fromSequence: 4 });
      expect(timeline?.[0]?.what).to.equal(
        'policy hung fired for Node node-1; silent (k8s.node.kubelet.probe.failures) is 3, > 2',
      );
      expect(remediations).to.deep.equal([{ name: cluster.remediation.metadata.name }]);
    });
  });

  it('tells of a change on what is changed, too: the node of the pod that fires', async () => {
    const signals = [{ name: 'killed', metric: 'k8s.pod.oom_kills', detect: { threshold: { above: '2' } } }];
    const policy = cluster.policy({ target: { kind: 'Pod', warmupSeconds: 0 }, signals });
    cluster.plan();
    await cluster.start();
    await cluster.judged(policy, podTarget(), 'Firing');
    expect(cluster.eventsOn('Pod')).to.include.members(['Acting', 'Applied']);
    expect(cluster.eventsOn('Node')).to.deep.equal(['Acting', 'Applied']);
  });

  describe('in the other modes', () => {
    it('Observe writes down what would be done and touches nothing', async () => {
      const policy = cluster.policy();
      cluster.plan({ mode: 'Observe' });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(700);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Observed');
      expect(cluster.remediation.status?.steps?.[0]?.changes?.[0]).to.include({
        path: '/spec/unschedulable',
        to: 'true',
      });
      expect(cluster.targetWrites).to.deep.equal([]);
    });

    it('DryRun asks the API server and changes nothing', async () => {
      const policy = cluster.policy();
      cluster.plan({ mode: 'DryRun' });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(1);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('True DryRun');
      const dry = cluster.server.requests.filter(({ verb, resource }) => verb === 'patch' && resource.kind === 'Node');
      expect(dry.map(({ options }) => options)).to.have.lengthOf(1);
      expect(cluster.isCordoned()).to.equal(false);
      expect(cluster.targetWrites).to.deep.equal([]);
    });

    it('Approve waits for a person, and acts within a second of the word', async () => {
      const policy = cluster.policy();
      cluster.plan({ mode: 'Approve' });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(30);
      expect(condition(cluster.remediation, 'Approved')).to.equal('Unknown AwaitingApproval');
      expect(cluster.isCordoned()).to.equal(false);
      const approvals = [{ decision: 'Approved', by: 'alice' }];
      await cluster.edit(Remediation, cluster.remediation.metadata.name, { spec: { approvals } });
      expect(cluster.isCordoned()).to.equal(true);
    });

    it('Approve ends when the person says no, and tries nothing else', async () => {
      const policy = cluster.policy();
      cluster.plan({ mode: 'Approve' });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      const approvals = [{ decision: 'Denied', by: 'alice', note: 'I am on it' }];
      await cluster.edit(Remediation, cluster.remediation.metadata.name, { spec: { approvals } });
      await cluster.seconds(1000);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('False Denied');
      expect(condition(cluster.incident, 'Remediating')).to.equal('False Denied');
      expect(cluster.targetWrites).to.deep.equal([]);
    });

    it('a policy in mode Observe reports, and nothing follows', async () => {
      const policy = cluster.policy({ mode: 'Observe' });
      cluster.plan();
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(5);
      expect(cluster.incidents).to.deep.equal([]);
      expect(cluster.eventsOn('DetectionPolicy')).to.deep.equal(['Firing']);
      expect(cluster.targetWrites).to.deep.equal([]);
    });
  });

  describe('held back', () => {
    it('by a pause, and goes on within a second of its end', async () => {
      const policy = cluster.policy();
      cluster.plan();
      cluster.guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      expect(condition(cluster.remediation, 'Blocked')).to.equal('True Paused');
      expect(cluster.isCordoned()).to.equal(false);
      await cluster.edit(Guardrail, 'limits', { spec: { paused: null } });
      expect(cluster.isCordoned()).to.equal(true);
    });

    it('by protection of the node', async () => {
      cluster.server.seed(Node, node({ name: 'node-1', uid: 'uid-node-1', labels: { role: 'control' } }));
      const policy = cluster.policy();
      cluster.plan();
      cluster.guardrail({ protect: [{ nodeSelector: { matchLabels: { role: 'control' } } }] });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(30);
      expect(condition(cluster.remediation, 'Blocked')).to.equal('True Protected');
      expect(cluster.targetWrites).to.deep.equal([]);
    });

    it('by maxConcurrent, until the first has ended', async () => {
      const policy = cluster.policy();
      cluster.plan({ guards: { maxConcurrent: 1, maxAttempts: 3, cooldownSeconds: 0 } });
      await cluster.start();
      await cluster.judged(policy, nodeTarget('node-1'), 'Firing');
      await cluster.judged(policy, nodeTarget('node-2'), 'Firing');
      expect([cluster.isCordoned('node-1'), cluster.isCordoned('node-2')]).to.deep.equal([true, false]);
      await cluster.judged(policy, nodeTarget('node-1'), 'Inactive');
      await cluster.seconds(11);
      await cluster.seconds(1);
      expect([cluster.isCordoned('node-1'), cluster.isCordoned('node-2')]).to.deep.equal([false, true]);
    });

    it('by data that is not fresh', async () => {
      const policy = cluster.policy();
      cluster.plan();
      await cluster.start();
      cluster.samples = false;
      const lastSampleMs = cluster.clock.now() - 60_000;
      await cluster.judged(policy, nodeTarget(), 'Firing', { lastSampleMs });
      expect(condition(cluster.remediation, 'Blocked')).to.equal('True NoRecentSamples');
      expect(cluster.targetWrites).to.deep.equal([]);
    });

    it('counts each guard that began to hold it back once', async () => {
      const policy = cluster.policy();
      cluster.plan();
      cluster.guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(60);
      const metrics = await cluster.operator.registry.metrics();
      expect(metrics).to.include('homeostat_guard_blocked_total{guard="paused"} 1');
      expect(metrics).to.include('homeostat_guard_blocked_total{guard="protected"} 0');
    });
  });

  describe('the plan’s account', () => {
    it('changes the target', async () => {
      const policy = cluster.policy();
      cluster.plan({ serviceAccountName: 'fencer' });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      const write = cluster.server.writes.find(({ resource }) => resource.kind === 'Node');
      expect(write?.user).to.equal(`system:serviceaccount:${rootNamespace}:fencer`);
    });

    it('is refused: the condition names the verb, and the plan says it beforehand', async () => {
      cluster.server.authorize = ({ user, verb, resource }) =>
        !(user !== undefined && verb === 'patch' && resource.plural === 'nodes');
      const policy = cluster.policy();
      cluster.plan({ serviceAccountName: 'fencer' });
      await cluster.start();
      const plan = () =>
        cluster.server.find<Plan>(RemediationPlan, {
          namespace: rootNamespace,
          name: 'fence',
        });
      expect(condition(plan(), 'Ready')).to.equal('False PermissionsMissing');
      expect(plan()?.status?.conditions?.[0]?.message).to.include('may not: patch nodes');
      await cluster.judged(policy, nodeTarget(), 'Firing');
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('False Forbidden');
      const message = cluster.remediation.status?.conditions?.find(({ type }) => type === 'Succeeded')?.message;
      expect(message).to.include('cannot patch resource "nodes"');
    });
  });
});
