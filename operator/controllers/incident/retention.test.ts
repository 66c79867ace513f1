import { expect } from 'chai';
import { Cluster, nodeTarget } from '../harness.test.ts';
import { incidentHistoryLimit } from './history.ts';

describe('the Incidents that are not kept', () => {
  it('are deleted once each when many end at once, and not all in one go', async () => {
    const cluster = new Cluster();
    const policy = cluster.policy({ routes: [{ to: 'Incident' }] });
    await cluster.start();
    const surplus = 70;
    const targets = Array.from({ length: incidentHistoryLimit + surplus }, (_, number) => nodeTarget(`node-${number}`));
    for (const target of targets) cluster.setVerdict(policy, target, 'Firing');
    await cluster.settle();
    for (const target of targets) cluster.setVerdict(policy, target, 'Inactive');
    await cluster.settle();
    const deletions = (): number =>
      cluster.server.writes.filter(({ verb, resource }) => verb === 'delete' && resource.kind === 'Incident').length;
    expect(cluster.incidents).to.have.lengthOf(targets.length);
    await cluster.seconds(1);
    expect(deletions()).to.equal(50);
    await cluster.seconds(2);
    expect(deletions()).to.equal(surplus);
    expect(cluster.incidents).to.have.lengthOf(incidentHistoryLimit);
    await cluster.operator.die();
  });
});
