import { lineageKinds } from '../ingest/lineage/kinds.ts';
import { ApiError, type KubeApi } from '../kube/api.ts';

/** Rejects with the refusal when one may not list what says whose rows are whose: a reflector would go on asking. */
export async function refusedAtOnce(api: KubeApi): Promise<void> {
  const refused = (error: unknown): boolean => error instanceof ApiError && [401, 403].includes(error.status);
  await Promise.all(
    lineageKinds.map(({ resource }) =>
      api.list(resource, { limit: 1 }).catch((error: unknown) => {
        if (refused(error)) throw error;
      }),
    ),
  );
}
