import { expect } from 'chai';
import { Incident } from '../kube/resources.ts';
import { Cluster, condition, nodeTarget } from './harness.test.ts';
import { Operator, rootNamespace } from './process.test.ts';

/** Kills the operator at the n-th write of it from now on, before or after it is made. */
function killAt(cluster: Cluster, n: number, when: 'before' | 'after'): () => boolean {
  let left = n;
  let killed = false;
  cluster.crash = () => {
    if (--left !== 0) return false;
    killed = true;
    return when === 'after' ? 'after' : true;
  };
  return () => killed;
}

describe('a process killed at any write', () => {
  for (const when of ['before', 'after'] as const) {
    for (let n = 1; n <= 8; n++) {
      it(`acts once and takes back once: ${when} write ${n} after the verdict`, async () => {
        const cluster = new Cluster();
        const policy = cluster.policy();
        cluster.plan();
        await cluster.start();
        const killed = killAt(cluster, n, when);
        await cluster.judged(policy, nodeTarget(), 'Firing');
        await cluster.seconds(1);
        await cluster.restart();
        expect(killed(), 'it was killed').to.equal(true);
        expect(cluster.isCordoned()).to.equal(true);
        expect(cluster.incidents).to.have.lengthOf(1);
        expect(cluster.remediations).to.have.lengthOf(1);
        expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');
        const made = cluster.targetWrites.length;
        expect(made).to.equal(1);
        await cluster.judged(policy, nodeTarget(), 'Inactive');
        await cluster.seconds(11);
        expect(cluster.isCordoned()).to.equal(false);
        expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
        expect(condition(cluster.incident, 'Resolved')).to.equal('True Recovered');
        expect(cluster.refused).to.deep.equal([]);
        await cluster.operator.die();
      });
    }

    for (let n = 1; n <= 4; n++) {
      it(`takes back exactly: ${when} write ${n} after recovery`, async () => {
        const cluster = new Cluster();
        const policy = cluster.policy({ clearForSeconds: 0 });
        cluster.plan({ verify: { stabilizationSeconds: 0, timeoutSeconds: 60, onFailure: 'Undo' } });
        await cluster.start();
        await cluster.judged(policy, nodeTarget(), 'Firing');
        killAt(cluster, n, when);
        await cluster.judged(policy, nodeTarget(), 'Inactive');
        await cluster.restart();
        await cluster.seconds(2);
        expect(cluster.isCordoned()).to.equal(false);
        expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
        expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
        expect(cluster.targetWrites.length).to.equal(2);
        await cluster.operator.die();
      });
    }
  }

  it('does not act again on an episode that ended, when the stream is read again', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    const firstSampleMs = cluster.clock.now() - 400;
    await cluster.judged(policy, nodeTarget(), 'Firing', { firstSampleMs });
    await cluster.seconds(30);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(11);
    await cluster.restart();
    await cluster.judged(policy, nodeTarget(), 'Firing', { firstSampleMs });
    expect(cluster.incidents).to.have.lengthOf(1);
    expect(cluster.isCordoned()).to.equal(false);
    await cluster.operator.die();
  });

  it('does not say when an episode began that was over before anybody had noted it', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy();
    await cluster.start();
    killAt(cluster, 1, 'after');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    const { openedTime } = cluster.incident.spec;
    const sinceMs = Date.parse(openedTime) - 1000;
    cluster.setVerdict(policy, nodeTarget(), 'Inactive', { sinceMs });
    await cluster.seconds(20);
    await cluster.restart();
    expect(condition(cluster.incident, 'Resolved')).to.equal('True Recovered');
    expect(cluster.incident.status).not.to.have.any.keys('firstSampleTime', 'detectSeconds');
    expect(cluster.incident.status).to.have.property('repairSeconds', '0');
    await cluster.operator.die();
  });

  it('concludes nothing by samples of before it was opened, also when the clock of who opened it was behind', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy();
    await cluster.start();
    killAt(cluster, 1, 'after');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    const opened = cluster.incident;
    const createdMs = Date.parse(opened.metadata.creationTimestamp ?? '');
    const openedTime = new Date(createdMs - 5000).toISOString();
    cluster.server.seed(Incident, { ...opened, spec: { ...opened.spec, openedTime } });
    cluster.setVerdict(policy, nodeTarget(), 'Inactive', { lastSampleMs: createdMs - 1000 });
    await cluster.restart();
    await cluster.seconds(5);
    expect(condition(cluster.incident, 'Resolved')).not.to.include('True');
    cluster.setVerdict(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(5);
    expect(condition(cluster.incident, 'Resolved')).to.equal('True Recovered');
    await cluster.operator.die();
  });

  it('goes on with the incident that is active, whatever sample the episode began with by what is left of the stream', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy();
    cluster.plan();
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(5);
    await cluster.restart();
    await cluster.judged(policy, nodeTarget(), 'Firing', { firstSampleMs: cluster.clock.now() - 100 });
    expect(cluster.incidents).to.have.lengthOf(1);
    expect(cluster.remediations).to.have.lengthOf(1);
    await cluster.operator.die();
  });

  it('opens no second incident when it begins to lead before the watch tells of the first', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy({ routes: [{ to: 'Incident' }] });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.operator.die();
    const opened = cluster.incident;
    await cluster.remove(Incident, opened.metadata.name);
    cluster.operator = new Operator(cluster);
    cluster.operator.isLeader = false;
    await cluster.start();
    cluster.stalled.add('Incident');
    cluster.server.seed(Incident, opened);
    await cluster.judged(policy, nodeTarget(), 'Firing', { firstSampleMs: cluster.clock.now() - 100 });
    cluster.operator.isLeader = true;
    cluster.operator.control.resync();
    await cluster.settle();
    expect(cluster.incident.metadata.name).to.equal(opened.metadata.name);
    await cluster.operator.die();
  });

  it('opens no second incident when that of the leader before arrives later, of whatever episode', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy({ routes: [{ to: 'Incident' }] });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    const { apiVersion, kind, metadata, spec } = cluster.incident;
    await cluster.operator.die();
    await cluster.remove(Incident, metadata.name);
    cluster.setVerdict(policy, nodeTarget(), 'Inactive');
    await cluster.restart();
    const firstSampleMs = cluster.clock.now() - 100;
    await cluster.judged(policy, nodeTarget(), 'Firing', { firstSampleMs });
    const late = { apiVersion, kind, metadata: { name: metadata.name, namespace: rootNamespace }, spec };
    await cluster.server.create(Incident, late).catch(() => {});
    expect(cluster.incident.status?.firstSampleTime).to.equal(new Date(firstSampleMs).toISOString());
    await cluster.operator.die();
  });

  it('opens the next incident although nobody has told of the last, which is over', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy({ routes: [{ to: 'Incident' }], clearForSeconds: 0 });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    const over = cluster.incident;
    await cluster.operator.die();
    await cluster.remove(Incident, over.metadata.name);
    await cluster.restart();
    cluster.stalled.add('Incident');
    cluster.server.seed(Incident, over);
    await cluster.seconds(5);
    await cluster.judged(policy, nodeTarget(), 'Firing', { firstSampleMs: cluster.clock.now() - 100 });
    expect(cluster.incidents.map((incident) => condition(incident, 'Resolved'))).to.have.members([
      'True Recovered',
      'False Firing',
    ]);
    await cluster.operator.die();
  });

  it('opens nothing from the past: only what fires when the stream has been read', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy();
    cluster.plan();
    cluster.operator.isLive = false;
    await cluster.start();
    await cluster.judged(policy, nodeTarget('node-1'), 'Firing');
    await cluster.judged(policy, nodeTarget('node-1'), 'Inactive');
    await cluster.judged(policy, nodeTarget('node-2'), 'Firing');
    expect(cluster.incidents).to.deep.equal([]);
    cluster.operator.isLive = true;
    cluster.operator.control.resync();
    await cluster.settle();
    expect([cluster.isCordoned('node-1'), cluster.isCordoned('node-2')]).to.deep.equal([false, true]);
    await cluster.operator.die();
  });

  it('writes nothing at all while another one leads', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy();
    cluster.plan();
    cluster.operator.isLeader = false;
    await cluster.start();
    const before = cluster.server.writes.length;
    await cluster.judged(policy, nodeTarget(), 'Firing');
    expect(cluster.server.writes.length).to.equal(before);
    await cluster.operator.die();
  });
});
