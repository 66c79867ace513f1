import { expect } from 'chai';
import { podSeries, type StateObject } from './state-metrics.ts';

describe('the state metrics of a pod', () => {
  it('are named and labelled as those of kube-state-metrics', () => {
    const pod: StateObject = {
      metadata: {
        name: 'web-1',
        namespace: 'shop',
        uid: 'u',
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d', uid: 'r', controller: true }],
      },
      status: {
        containerStatuses: [
          { name: 'app', restartCount: 2, state: {}, lastState: { terminated: { reason: 'OOMKilled' } } },
        ],
      },
    };
    const of = 'namespace="shop",pod="web-1",uid="u"';
    expect(podSeries(pod)).to.deep.equal([
      `kube_pod_owner{${of},owner_kind="ReplicaSet",owner_name="web-5d",owner_is_controller="true"} 1`,
      `kube_pod_container_status_restarts_total{${of},container="app"} 2`,
      `kube_pod_container_status_last_terminated_reason{${of},container="app",reason="OOMKilled"} 1`,
    ]);
  });
});
