import type { TargetKind } from '../../../crds/references.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { actionOf } from '../../actions/registry.ts';
import { ApiError, hasReason, type KubeApi, type Resource } from '../../kube/api.ts';
import { missingAccess, type Permission } from '../../kube/access.ts';

/** What keeps a plan's steps from being carried out, as a condition says it; undefined when nothing does. */
export interface AccessProblem {
  readonly reason: 'PermissionsMissing' | 'CannotImpersonate' | 'NotChecked';
  readonly message: string;
}

const clusterScoped = new Set(['nodes']);

/** What is looked at is read by the operator, also for a plan with an account of its own. */
const isRead = ({ verb }: Permission): boolean => verb === 'get' || verb === 'list';

/**
 * Asks the API server whether a plan may be carried out: whether the operator may read what its actions look at, and the
 * account of the plan change what they change. In every namespace for a plan of the root namespace; for the others in
 * their own, and of nodes nothing, which they do not reach. `kinds` are those of the targets that are brought to it.
 */
export async function accessProblem(
  api: KubeApi,
  { metadata, spec }: RemediationPlan,
  rootNamespace: string,
  kinds: readonly TargetKind[],
): Promise<AccessProblem | undefined> {
  const { namespace = '' } = metadata;
  const { serviceAccountName } = spec;
  const user = `system:serviceaccount:${namespace}:${serviceAccountName}`;
  const isRoot = namespace === rootNamespace;
  const reach = isRoot ? undefined : namespace;
  const needed = spec.steps
    .flatMap(({ action }) => actionOf(action).needs(kinds))
    .filter(({ resource }) => isRoot || !clusterScoped.has(resource));
  const account = `service account ${namespace}/${serviceAccountName}`;
  try {
    const absent = await absentOf(api, new Set(needed.flatMap(({ ifAny }) => ifAny ?? [])), reach);
    const permissions = needed
      .filter(({ ifAny }) => ifAny === undefined || !absent.has(ifAny))
      .map(({ verb, group, resource, subresource }): Permission => {
        return { verb, group, resource, subresource, namespace: reach };
      });
    const isOwn = serviceAccountName === undefined;
    const own = await missingAccess(api, isOwn ? permissions : permissions.filter(isRead));
    const others = isOwn
      ? []
      : await missingAccess(
          api.as(user),
          permissions.filter((asked) => !isRead(asked)),
        );
    const missing = [
      ...(others.length === 0 ? [] : [`${account} may not: ${others.join(', ')}`]),
      ...(own.length === 0 ? [] : [`the operator may not: ${own.join(', ')}`]),
    ];
    if (missing.length === 0) return undefined;
    return { reason: 'PermissionsMissing', message: `${missing.join('; ')}; grant it by a role and a binding` };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403 && serviceAccountName !== undefined) {
      const message = `the operator may not act as ${account}: grant it the verb impersonate on serviceaccounts ${serviceAccountName} in ${namespace} (${error.message})`;
      return { reason: 'CannotImpersonate', message };
    }
    return { reason: 'NotChecked', message: `the permissions could not be checked: ${error.message}` };
  }
}

/** Of these kinds those that are not served, or of which there is no object. What cannot be listed may be there. */
async function absentOf(
  api: KubeApi,
  resources: ReadonlySet<Resource>,
  namespace: string | undefined,
): Promise<ReadonlySet<Resource>> {
  const absent = new Set<Resource>();
  for (const resource of resources)
    try {
      const { items } = await api.list(resource, { namespace, limit: 1 });
      if (items.length === 0) absent.add(resource);
    } catch (error) {
      if (hasReason(error, 'NotFound')) absent.add(resource);
      else if (!hasReason(error, 'Forbidden')) throw error;
    }
  return absent;
}
