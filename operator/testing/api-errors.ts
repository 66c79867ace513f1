import { ApiError, type Resource } from '../kube/api.ts';
import { pluralDotGroup } from '../kube/resources.ts';
import type { FieldConflict } from './field-ownership.ts';

/** The refusals of an API server, worded and numbered as it does. Also handy as faults. */
export const notFound = (resource: Resource, name: string): ApiError =>
  new ApiError(`${pluralDotGroup(resource)} "${name}" not found`, { status: 404, reason: 'NotFound' });

export const alreadyExists = (resource: Resource, name: string): ApiError =>
  new ApiError(`${pluralDotGroup(resource)} "${name}" already exists`, { status: 409, reason: 'AlreadyExists' });

export const conflict = (resource: Resource, name: string, why = staleMessage): ApiError =>
  new ApiError(`Operation cannot be fulfilled on ${pluralDotGroup(resource)} "${name}": ${why}`, {
    status: 409,
    reason: 'Conflict',
  });
const staleMessage = 'the object has been modified; please apply your changes to the latest version and try again';

export const invalid = (resource: Resource, name: string, why: string): ApiError =>
  new ApiError(`${resource.kind}${resource.group && `.${resource.group}`} "${name}" is invalid: ${why}`, {
    status: 422,
    reason: 'Invalid',
  });

export const badRequest = (message: string): ApiError => new ApiError(message, { status: 400, reason: 'BadRequest' });

export const forbidden = (resource: Resource, name: string | undefined, user: string, verb: string): ApiError =>
  new ApiError(
    `${pluralDotGroup(resource)}${name === undefined ? '' : ` "${name}"`} is forbidden: ` +
      `User "${user}" cannot ${verb} resource "${resource.plural}" in API group "${resource.group}"`,
    { status: 403, reason: 'Forbidden' },
  );

export const expired = (): ApiError =>
  new ApiError('The resourceVersion for the provided list or watch is too old.', { status: 410, reason: 'Expired' });

export const tooManyRequests = (retryAfterSeconds = 1): ApiError =>
  new ApiError('too many requests, please try again later', {
    status: 429,
    reason: 'TooManyRequests',
    retryAfterSeconds,
  });

/** An eviction that a PodDisruptionBudget does not allow now. */
export const budgetSpent = (budget: string): ApiError =>
  new ApiError("Cannot evict pod as it would violate the pod's disruption budget.", {
    status: 429,
    reason: 'TooManyRequests',
    details: {
      causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${budget} allows no disruption now` }],
    },
  });

/** An eviction of a pod that several PodDisruptionBudgets select. */
export const severalBudgets = (): ApiError =>
  new ApiError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.', {
    status: 500,
    reason: 'InternalError',
  });

export const internal = (): ApiError => new ApiError('internal error', { status: 500, reason: 'InternalError' });

/** No answer came: the write may or may not have been made. */
export const timeout = (): ApiError => new ApiError('no answer in time', { status: 0, reason: 'Timeout' });

/** The connection failed: nothing is known either. */
export const unreachable = (): ApiError =>
  new ApiError('the API server cannot be reached', { status: 0, reason: 'Unreachable' });

export const noFieldManager = (): ApiError =>
  new ApiError('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch', {
    status: 422,
    reason: 'Invalid',
  });

export function applyConflict(conflicts: readonly FieldConflict[]): ApiError {
  const lines = conflicts.map(({ owner, field }) => {
    const door = owner.subresource === undefined ? '' : ` with subresource "${owner.subresource}"`;
    return `conflict with "${owner.manager}"${door} using ${owner.apiVersion ?? ''}: ${field}`;
  });
  const causes = conflicts.map(({ field }, i) => ({ reason: 'FieldManagerConflict', message: lines[i], field }));
  const many = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`;
  return new ApiError(`Apply failed with ${many}: ${lines.join('\n')}`, {
    status: 409,
    reason: 'Conflict',
    details: { causes },
  });
}
