import { ApiError, type Resource } from '../kube/api.ts';
import { pluralDotGroup } from '../kube/resources.ts';
import type { ReadinessCheck } from './server.ts';

/** The part of a reflector that says how it fares. */
export interface Synced {
  readonly hasSynced: boolean;
  readonly problem: unknown;
}

/**
 * Ready when the store of this kind has been complete once and the API server still answers for it; otherwise what is
 * wrong and what to do about it. Every case is retried, so the check becomes true by itself once that is done.
 */
export const kindCheck = (resource: Resource, reflector: Synced): ReadinessCheck => ({
  name: pluralDotGroup(resource),
  missing: () => {
    if (reflector.problem !== undefined) return explain(resource, reflector.problem);
    return reflector.hasSynced ? undefined : 'not listed yet';
  },
});

/** What a failed list or watch of a kind means, and what to do. */
export function explain(resource: Resource, problem: unknown): string {
  const plural = pluralDotGroup(resource);
  if (!(problem instanceof ApiError)) return String(problem);
  switch (problem.status) {
    case 404:
      return resource.group === 'homeostat.dev'
        ? `the kind is not installed: kubectl apply --server-side -f crds/manifests/crds.yaml (or helm upgrade the chart)`
        : `the API server does not serve ${plural}; it is too old`;
    case 403:
      return `no permission: grant the verbs get, list and watch on ${plural} to the operator's service account (${problem.message})`;
    case 401:
      return `the API server refused our credentials: check the kubeconfig or the service account token (${problem.message})`;
    case 0:
      return `no API server: ${problem.message}; check that it runs and that the kubeconfig names it`;
    default:
      return problem.message;
  }
}
