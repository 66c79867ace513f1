/**
 * Whether the admission policies of the cluster know the account that we have. They stand beside RBAC: with every permission,
 * an account that they do not name (`operators`) has each status that it writes refused. So one write that only an operator
 * may make is tried, without storing anything.
 */
import type { Incident } from '../crds/incident.ts';
import { ApiError, type KubeApi } from './kube/api.ts';
import { Incident as IncidentResource } from './kube/resources.ts';

/** An Incident that nobody will ever see. */
const probe = (namespace: string): Pick<Incident, 'apiVersion' | 'kind' | 'metadata' | 'spec'> => ({
  apiVersion: 'homeostat.dev/v1alpha1',
  kind: 'Incident',
  metadata: { name: 'homeostat-admission-check', namespace },
  spec: {
    policyRef: { name: 'homeostat-admission-check', uid: 'none', generation: 1 },
    target: { kind: 'Node', name: 'none', uid: 'none' },
    openedTime: '2026-01-01T00:00:00Z',
    severity: 'Info',
    route: { to: 'Incident' },
  },
});

/**
 * What an admission policy says against us, and what to do about it; undefined when none does. Rejects when the API server
 * does not answer. Any other refusal is not for here to tell: kinds that are missing, or of another version.
 */
export async function admissionProblem(api: KubeApi, namespace: string): Promise<string | undefined> {
  try {
    await api.create(IncidentResource, probe(namespace), { dryRun: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500) throw error;
    if (!error.message.includes('ValidatingAdmissionPolicy')) return undefined;
    return `an admission policy does not know the operator's account, and refuses all that it writes: ${error.message}; name the account in admission.operators of the release whose policy that is`;
  }
}
