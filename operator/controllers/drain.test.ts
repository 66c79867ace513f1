import { expect } from 'chai';
import * as resources from '../kube/resources.ts';
import { controllerReference, pod } from '../testing/fixtures.ts';
import { Cluster, condition, nodeTarget } from './harness.test.ts';
import { Operator } from './process.test.ts';

/** node-1 with two pods that take ten seconds to end, and a plan that drains it until it has recovered. */
class DrainedCluster extends Cluster {
  readonly hung = this.policy({ clearForSeconds: 0 });

  constructor() {
    super();
    const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', 'web-1', 'uid-rs')];
    for (const name of ['web-1', 'web-2'])
      this.server.seed(resources.Pod, pod({ name, uid: `uid-${name}`, ownerReferences }));
    this.plan({
      steps: [
        { name: 'drain', action: { drain: {} }, timeoutSeconds: 600, undo: { when: 'Recovered', afterSeconds: 0 } },
      ],
      verify: { stabilizationSeconds: 1, timeoutSeconds: 60, onFailure: 'Keep' },
    });
  }

  get pods(): string[] {
    return this.server.all(resources.Pod).map(({ metadata }) => metadata.name);
  }
  get evictions(): (string | undefined)[] {
    return this.server.writes.filter(({ subresource }) => subresource === 'eviction').map(({ name }) => name);
  }
  /** A new process that dies after its first write; as a real one it leads before it has read the stream. */
  async restartForOneWrite(): Promise<void> {
    await this.operator.die();
    this.operator = new Operator(this);
    this.operator.isLive = false;
    this.crash = afterOneWrite;
    await this.start();
    this.operator.isLive = true;
    this.operator.control.resync();
    await this.seconds(16);
  }
  /** How often the pods were listed. */
  get looks(): number {
    return this.server.requests.filter(({ verb, resource }) => verb === 'list' && resource.kind === 'Pod').length;
  }
}

/** What is asked by creating something that is not kept is no write. */
const afterOneWrite: Cluster['crash'] = ({ kind }) => (kind.endsWith('AccessReview') ? false : 'after');

describe('a drain, by the operator', () => {
  it('is done as soon as the pod watch tells of the last end, and asks nothing in between', async () => {
    const cluster = new DrainedCluster();
    await cluster.start();
    await cluster.judged(cluster.hung, nodeTarget(), 'Firing');
    expect(cluster.evictions).to.deep.equal(['web-1', 'web-2']);
    await cluster.seconds(0.8); // Plan and Incident have followed.
    const looks = cluster.looks;
    await cluster.seconds(5);
    expect(cluster.pods, 'they have ended, and nobody has told us').to.deep.equal([]);
    expect(cluster.looks).to.equal(looks);
    expect(condition(cluster.remediation, 'Applied')).to.equal('Unknown InProgress');
    cluster.operator.control.takePod('node-2');
    await cluster.seconds(0.3);
    expect(cluster.looks, 'a pod of another node').to.equal(looks);
    for (let count = 0; count < 20; count++) cluster.operator.control.takePod('node-1');
    await cluster.seconds(0.3);
    expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');
    expect(cluster.looks, 'pods that end together are looked at together').to.equal(looks + 1);
    await cluster.operator.die();
  });

  it('is done also when the pod watch stands still', async () => {
    const cluster = new DrainedCluster();
    await cluster.start();
    await cluster.judged(cluster.hung, nodeTarget(), 'Firing');
    await cluster.seconds(16);
    expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');
    await cluster.operator.die();
  });

  // What is the case after one write is the case before the next, and operator/decide tries both.
  for (let n = 1; n <= 11; n++)
    it(`goes on in another process, killed before write ${n}: each pod once, and no cordon stays`, async () => {
      const cluster = new DrainedCluster();
      await cluster.start();
      let left = n;
      cluster.crash = () => --left === 0;
      await cluster.judged(cluster.hung, nodeTarget(), 'Firing');
      await cluster.seconds(1);
      await cluster.restart();
      expect(left, 'it was killed').to.be.at.most(0);
      await cluster.seconds(16);
      expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');
      expect(cluster.pods).to.deep.equal([]);
      expect(new Set(cluster.evictions).size).to.equal(cluster.evictions.length);
      expect(cluster.isCordoned()).to.equal(true);
      await cluster.judged(cluster.hung, nodeTarget(), 'Inactive');
      await cluster.seconds(5);
      expect(cluster.isCordoned()).to.equal(false);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
      expect(cluster.refused).to.deep.equal([]);
      await cluster.operator.die();
    });

  it('gets on when each process dies after its first write: none is spent on what is on record already', async () => {
    const cluster = new DrainedCluster();
    await cluster.start();
    cluster.crash = afterOneWrite;
    await cluster.judged(cluster.hung, nodeTarget(), 'Firing');
    // Without a kill there are some twenty writes; what these sum up may be written for each change instead.
    let left = 40;
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo() && left-- > 0) await cluster.restartForOneWrite();
      expect(isSo(), 'it got there').to.equal(true);
    };
    const is = (type: string, state: string) => () =>
      cluster.remediations.length > 0 && condition(cluster.remediation, type) === state;
    await until(is('Applied', 'True AllStepsDone'));
    await cluster.judged(cluster.hung, nodeTarget(), 'Inactive');
    await until(is('Undone', 'False Irreversible'));
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('True Recovered');
    expect(cluster.isCordoned()).to.equal(false);
    expect(cluster.pods).to.deep.equal([]);
    expect(new Set(cluster.evictions).size).to.equal(cluster.evictions.length);
    expect(cluster.refused).to.deep.equal([]);
    await cluster.operator.die();
  });
});
