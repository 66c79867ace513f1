import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject } from '../kube/api.ts';
import { ConfigMap } from '../kube/resources.ts';
import { Cluster, condition, nodeTarget, rootNamespace } from './harness.test.ts';

const step: PlanStep = {
  name: 'make',
  action: {
    createObject: {
      object: { apiVersion: 'v1', kind: 'ConfigMap', data: { of: '${target.name}' } } as object,
      named: 'Node',
    },
  } as PlanStep['action'],
  timeoutSeconds: 60,
  undo: { when: 'Recovered', afterSeconds: 0 },
};

describe('an object that a step makes', () => {
  let cluster: Cluster;
  let policy: ReturnType<Cluster['policy']>;
  let killed: boolean;
  beforeEach(async () => {
    cluster = new Cluster();
    killed = false;
    policy = cluster.policy({ clearForSeconds: 0 });
    cluster.plan({ steps: [step], verify: { stabilizationSeconds: 0, timeoutSeconds: 60, onFailure: 'Undo' } });
    await cluster.start();
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const made = (): KubeObject | undefined =>
    cluster.server.find(ConfigMap, { namespace: rootNamespace, name: 'node-1' });
  const writes = (): string[] =>
    cluster.server.writes
      .filter(({ resource, name }) => resource.kind === 'ConfigMap' && name === 'node-1')
      .map(({ verb }) => verb);
  const killAt = (n: number, when: 'before' | 'after'): void => {
    let left = n;
    cluster.crash = () => {
      if (--left !== 0) return false;
      killed = true;
      return when === 'after' ? 'after' : true;
    };
  };

  for (const when of ['before', 'after'] as const) {
    for (let n = 1; n <= 7; n++)
      it(`is made once: killed ${when} write ${n} after the verdict`, async () => {
        killAt(n, when);
        await cluster.judged(policy, nodeTarget(), 'Firing');
        await cluster.seconds(1);
        await cluster.restart();
        await cluster.seconds(1);
        expect(killed).to.equal(true);
        expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');
        expect([writes(), made()?.metadata.ownerReferences?.[0]?.uid]).to.deep.equal([
          ['create'],
          cluster.remediation.metadata.uid,
        ]);
        expect(cluster.remediation.status?.steps?.[0]?.changes?.[0]?.object.uid).to.equal(made()?.metadata.uid);
      });

    for (let n = 1; n <= 4; n++)
      it(`is deleted once: killed ${when} write ${n} after recovery`, async () => {
        await cluster.judged(policy, nodeTarget(), 'Firing');
        await cluster.seconds(1);
        killAt(n, when);
        await cluster.judged(policy, nodeTarget(), 'Inactive');
        await cluster.seconds(1);
        await cluster.restart();
        await cluster.seconds(2);
        expect(killed).to.equal(true);
        expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
        expect(writes()).to.deep.equal(['create', 'delete']);
        const story = cluster.remediation.status?.timeline?.map(({ what }) => what).join('\n');
        expect(story).to.include('undo of creation of ConfigMap');
      });
  }

  it('is left alone, and the step fails, when somebody else has the name already', async () => {
    const theirs = { metadata: { namespace: rootNamespace, name: 'node-1', uid: 'theirs' } };
    cluster.server.seed(ConfigMap, theirs);
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(5);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('False StepFailed');
    expect(cluster.remediation.status?.steps?.[0]?.message).to.include('is there already');
    expect(made()?.metadata.uid).to.equal('theirs');
    expect(writes()).not.to.include('delete');
  });

  it('is left alone when it was replaced since', async () => {
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    await cluster.remove(ConfigMap, 'node-1');
    cluster.server.seed(ConfigMap, { metadata: { namespace: rootNamespace, name: 'node-1', uid: 'theirs' } });
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(2);
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    expect(made()?.metadata.uid).to.equal('theirs');
  });
});
