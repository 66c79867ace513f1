import { expect } from 'chai';
import { daemonSetView, deploymentView, nodeView, podView, replicaSetView } from './views.ts';
import { deployment, node, pod, replicaSet } from '../testing/fixtures.ts';

describe('views', () => {
  const noise = {
    annotations: { note: 'x'.repeat(1000) },
    managedFields: [{ manager: 'kubelet', operation: 'Update' as const }],
    ownerReferences: [{ apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o' }],
  };

  it('keep of a pod what identities and state samples need, and nothing else', () => {
    expect(podView(pod({ uid: 'u', resourceVersion: '7', ...noise }))).to.deep.equal({
      metadata: { name: 'web-1', namespace: 'shop', uid: 'u', resourceVersion: '7', labels: { app: 'web' } },
      spec: { nodeName: 'node-1', containers: [{ name: 'app' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          {
            name: 'app',
            containerID: `containerd://${'app'.padEnd(64, '0')}`,
            ready: true,
            restartCount: 0,
            state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
            lastState: {},
          },
        ],
      },
    });
  });

  it('keep of a node its conditions and whether it is cordoned', () => {
    expect(nodeView(node({ uid: 'u', ...noise }, { unschedulable: true }))).to.deep.equal({
      metadata: { name: 'node-1', uid: 'u', labels: { 'kubernetes.io/hostname': 'node-1' } },
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });

  it('keep of a workload how many pods it wants and has', () => {
    const view = deploymentView(deployment({ uid: 'u', ...noise }, { replicas: 3 }));
    expect(view).to.deep.include({ apiVersion: 'apps/v1', kind: 'Deployment', desired: 3, available: 3 });
    expect(view.metadata).to.not.have.any.keys('annotations', 'managedFields');
    const status = { desiredNumberScheduled: 5, numberAvailable: 4 };
    expect(daemonSetView({ metadata: { name: 'd' }, status })).to.deep.include({ desired: 5, available: 4 });
  });

  it('keep of a ReplicaSet whose it is', () => {
    expect(replicaSetView(replicaSet({ uid: 'u' })).metadata.ownerReferences).to.have.length(1);
    expect(replicaSetView(replicaSet({ uid: 'u' })).metadata).to.not.have.property('labels');
  });

  it('take objects that have hardly begun to exist', () => {
    expect(podView({ metadata: { name: 'p' } })).to.deep.equal({
      metadata: { name: 'p' },
      spec: { containers: [] },
      status: {},
    });
    expect(nodeView({ metadata: { name: 'n' } })).to.deep.equal({ metadata: { name: 'n' }, spec: {}, status: {} });
  });
});
