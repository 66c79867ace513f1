import { expect } from 'chai';
import { DetectionPolicy, Incident, Node, Remediation, RemediationPlan } from '../kube/resources.ts';
import { Cluster, condition, nodeTarget } from './harness.test.ts';
import { Operator } from './process.test.ts';

describe('taking back', () => {
  let cluster: Cluster;
  let policy: ReturnType<Cluster['policy']>;
  beforeEach(async () => {
    cluster = new Cluster();
    policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    expect(cluster.isCordoned()).to.equal(true);
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const uncordonByHand = async (): Promise<void> => {
    await cluster.server.patch(
      Node,
      { name: 'node-1' },
      { type: 'merge', body: { spec: { unschedulable: null } } },
      { fieldManager: 'kubectl-cordon' },
    );
  };
  const cordonByHand = async (): Promise<void> => {
    const body = { spec: { unschedulable: true } };
    await cluster.server.patch(Node, { name: 'node-1' }, { type: 'merge', body }, { fieldManager: 'kubectl-cordon' });
  };

  it('leaves what somebody else changed since, and says who', async () => {
    await uncordonByHand();
    await cordonByHand();
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(11);
    expect(cluster.isCordoned()).to.equal(true);
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Superseded');
    const undo = cluster.remediation.status?.steps?.[0]?.changes?.[0]?.undo;
    expect(undo).to.include({ state: 'Superseded', supersededBy: 'kubectl-cordon' });
    expect(cluster.eventsOn('Node')).to.include('UndoSuperseded');
  });

  it('has nothing to do when somebody else took it back', async () => {
    await uncordonByHand();
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(11);
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    expect(cluster.targetWrites).to.have.lengthOf(2);
  });

  it('follows a failed verification', async () => {
    await cluster.seconds(61);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('False StillFiring');
    expect(cluster.isCordoned()).to.equal(false);
  });

  it('keeps what was done when nothing can be concluded, until the Incident is over', async () => {
    await cluster.judged(policy, nodeTarget(), 'Unknown');
    expect(condition(cluster.incident, 'Active')).to.equal('Unknown NoRecentSamples');
    await cluster.seconds(61);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('False Inconclusive');
    expect(cluster.isCordoned()).to.equal(true);
    expect(condition(cluster.remediation, 'Undone')).to.equal('False Scheduled');
    expect(cluster.remediation.metadata.finalizers).to.deep.equal(['homeostat.dev/undo']);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    expect(condition(cluster.incident, 'Resolved')).to.equal('True Recovered');
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    expect(cluster.isCordoned()).to.equal(false);
  });

  it('is not decided before the stream has been read after a restart, however late that is', async () => {
    await cluster.operator.die();
    await cluster.clock.advance(120_000);
    cluster.operator = new Operator(cluster);
    cluster.operator.isLive = false;
    await cluster.start();
    await cluster.seconds(30);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('Unknown Stabilizing');
    cluster.setVerdict(policy, nodeTarget(), 'Inactive', { sinceMs: cluster.clock.now() - 20_000 });
    cluster.operator.isLive = true;
    cluster.operator.control.resync();
    await cluster.settle();
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
    expect(cluster.isCordoned()).to.equal(false);
  });

  it('can be asked for by a person, also while paused', async () => {
    cluster.guardrail({ paused: [{ reason: 'freeze', by: 'alice' }] });
    const undoRequested = { by: 'bob', reason: 'not the cause' };
    await cluster.edit(Remediation, cluster.remediation.metadata.name, { spec: { undoRequested } });
    expect(cluster.isCordoned()).to.equal(false);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('False UndoRequested');
    await cluster.seconds(1000);
    expect(cluster.remediations).to.have.lengthOf(1);
    expect(condition(cluster.incident, 'Remediating')).to.equal('False UndoRequested');
  });

  it('comes before the record goes, and who deleted it is not contradicted', async () => {
    await cluster.seconds(1);
    await cluster.remove(Remediation, cluster.remediation.metadata.name);
    expect(cluster.isCordoned()).to.equal(false);
    await cluster.seconds(600);
    expect(cluster.remediations).to.deep.equal([]);
    expect(condition(cluster.incident, 'Remediating')).to.equal('False RemediationDeleted');
    expect(cluster.isCordoned()).to.equal(false);
  });

  it('holds the record by a finalizer as long as there is something to take back, and no longer', async () => {
    expect(cluster.remediation.metadata.finalizers).to.deep.equal(['homeostat.dev/undo']);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(11);
    expect(cluster.isCordoned()).to.equal(false);
    expect(cluster.remediation.metadata.finalizers ?? []).to.deep.equal([]);
  });

  for (const [what, remove] of [
    ['plan', () => cluster.remove(RemediationPlan, 'fence')],
    ['policy', () => cluster.remove(DetectionPolicy, 'hung')],
    ['incident', () => cluster.remove(Incident, cluster.incident.metadata.name)],
  ] as const) {
    it(`follows the deletion of its ${what}, and says so`, async () => {
      await remove();
      await cluster.seconds(1);
      const [first] = cluster.remediations;
      expect(condition(first, 'Undone')).to.equal('True Undone');
      expect(first?.spec.undoRequested?.by).to.equal('homeostat');
      expect(first?.spec.undoRequested?.reason).to.match(/ was deleted$/);
      if (what !== 'incident') expect(cluster.isCordoned()).to.equal(false);
    });
  }

  it('follows the switch of its policy to mode Observe', async () => {
    await cluster.edit(DetectionPolicy, 'hung', { spec: { mode: 'Observe' } });
    expect(condition(cluster.incident, 'Resolved')).to.equal('True PolicyObserves');
    expect(cluster.isCordoned()).to.equal(false);
  });

  it('is followed by another incident when the policy is enforced again and the target fires still', async () => {
    for (const incidents of [2, 3]) {
      await cluster.edit(DetectionPolicy, 'hung', { spec: { mode: 'Observe' } });
      await cluster.edit(DetectionPolicy, 'hung', { spec: { mode: 'Enforce' } });
      expect(cluster.incidents.map((incident) => condition(incident, 'Active'))).to.have.lengthOf(incidents);
      expect(cluster.incidents.filter((incident) => condition(incident, 'Active') === 'True Firing')).to.have.lengthOf(
        1,
      );
    }
  });

  it('resolves the incidents of a deleted policy with that reason', async () => {
    await cluster.remove(DetectionPolicy, 'hung');
    expect(condition(cluster.incident, 'Resolved')).to.equal('True PolicyDeleted');
    expect(cluster.incident.status?.repairSeconds).to.equal(undefined);
  });
});
