/** The URLs of the Kubernetes API, as a pure function of what is asked. */
import { ApiError, type ListOptions, type Name, type Resource } from './api.ts';
import { pluralDotGroup } from './resources.ts';

/** Query parameters; those that are undefined or false are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The path of a collection (no `name`), an object, or one of its subresources. Throws a `BadRequest` for a name that
 * would mean another path, and for a missing namespace, before anything is sent.
 */
export function apiPath(
  resource: Resource,
  { name, namespace }: Partial<Name>,
  subresource?: string,
  query: Query = {},
): string {
  const { group, version, plural, namespaced } = resource;
  const segments = group === '' ? ['api', version] : ['apis', group, version];
  if (namespaced && namespace !== undefined) segments.push('namespaces', checked(resource, namespace));
  if (namespaced && namespace === undefined && name !== undefined) {
    throw badRequest(`${pluralDotGroup(resource)} "${name}" needs a namespace`);
  }
  segments.push(plural);
  if (name !== undefined) segments.push(checked(resource, name));
  if (subresource !== undefined) segments.push(subresource);
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== false) parameters.set(key, String(value));
  }
  const path = `/${segments.map(encodeURIComponent).join('/')}`;
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/** The query of a list or watch. */
export const listQuery = (options: ListOptions): Query => ({
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
  limit: options.limit,
  continue: options.continue,
  resourceVersion: options.resourceVersion,
});

function checked(resource: Resource, name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name)) return name;
  throw badRequest(`"${name}" cannot be the name of one of ${pluralDotGroup(resource)}`);
}

const badRequest = (message: string): ApiError => new ApiError(message, { status: 400, reason: 'BadRequest' });
