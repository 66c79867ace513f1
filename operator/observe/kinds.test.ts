import { expect } from 'chai';
import { ApiError, type Resource } from '../kube/api.ts';
import { DetectionPolicy, Pod } from '../kube/resources.ts';
import { kindCheck } from './kinds.ts';

const failed = (status: number, message = 'as told') => new ApiError(message, { status, reason: 'x' });

describe('readiness of a kind', () => {
  const cases: [what: string, resource: Resource, problem: unknown, synced: boolean, says: string | undefined][] = [
    ['is met once the store was complete', Pod, undefined, true, undefined],
    ['is not met before', Pod, undefined, false, 'not listed yet'],
    [
      'names the CRDs to install',
      DetectionPolicy,
      failed(404),
      false,
      'kubectl apply --server-side -f crds/manifests/crds.yaml',
    ],
    ['names the verbs to grant', Pod, failed(403), false, 'grant the verbs get, list and watch on pods'],
    ['speaks of credentials', Pod, failed(401), false, 'refused our credentials'],
    [
      'is lost when the API server goes',
      Pod,
      failed(0, 'connect ECONNREFUSED'),
      true,
      'no API server: connect ECONNREFUSED',
    ],
    ['passes on anything else', Pod, failed(500, 'etcd is sad'), true, 'etcd is sad'],
    ['survives what is no API error', Pod, new TypeError('odd'), true, 'TypeError: odd'],
  ];
  for (const [what, resource, problem, hasSynced, says] of cases) {
    it(what, () => {
      const missing = kindCheck(resource, { hasSynced, problem }).missing();
      if (says === undefined) expect(missing).to.equal(undefined);
      else expect(missing).to.include(says);
    });
  }
});
