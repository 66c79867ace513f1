/** What this process may do, asked of the API server before it is needed. */
import type { KubeApi, KubeObject } from './api.ts';
import { SelfSubjectAccessReview } from './resources.ts';

export interface Permission {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'impersonate';
  /** `""` for the core group. */
  readonly group: string;
  /** The plural, such as `deployments`. */
  readonly resource: string;
  readonly subresource?: string | undefined;
  /** Default: in every namespace. */
  readonly namespace?: string | undefined;
}

/**
 * The permissions that are missing, as readable lines without repetition, such as `patch deployments.apps/scale` or
 * `create events.events.k8s.io in namespace shop`. Rejects when the question itself cannot be asked.
 */
export async function missingAccess(api: KubeApi, permissions: readonly Permission[]): Promise<string[]> {
  const questions = new Map(permissions.map((permission) => [describe(permission), permission]));
  const answers = await Promise.all(
    [...questions].map(async ([line, permission]) => ((await isAllowed(api, permission)) ? [] : [line])),
  );
  return answers.flat();
}

async function isAllowed(
  api: KubeApi,
  { verb, group, resource, subresource, namespace }: Permission,
): Promise<boolean> {
  const question: KubeObject & { spec: object } = {
    metadata: { name: '' },
    spec: { resourceAttributes: { verb, group, resource, subresource, namespace } },
  };
  const answer = await api.create<KubeObject & { status?: { allowed?: boolean } }>(SelfSubjectAccessReview, question);
  return answer.status?.allowed === true;
}

function describe({ verb, group, resource, subresource, namespace }: Permission): string {
  const what = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verb} ${what}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
}
