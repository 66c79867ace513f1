/** Deletes records of ours that are not kept any longer. */
import { hasReason, type KubeObject, type Resource } from '../kube/api.ts';
import { keyOf } from '../kube/store.ts';
import type { Context } from './context.ts';

/** So many are deleted at once, and the next so much later: what is repaired meanwhile comes first. */
export const mostAtOnce = 50;
export const nextAfterMs = 1000;

/** Deletes these, each as it is known by its UID; one that is gone already, or another of that name, is no failure. */
export async function letGo(
  { api, logger }: Pick<Context, 'api' | 'logger'>,
  resource: Resource,
  objects: readonly KubeObject[],
  historyLimit: number,
): Promise<void> {
  for (const object of objects) {
    const { name, namespace, uid } = object.metadata;
    try {
      await api.delete(resource, { name, namespace }, { uid });
      logger.info(`${resource.kind.toLowerCase()} forgotten`, {
        [resource.kind.toLowerCase()]: keyOf(object),
        historyLimit,
      });
    } catch (error) {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
  }
}
