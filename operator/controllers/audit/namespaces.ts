import type { KubeObject } from '../../kube/api.ts';

/** A namespace that is `Ending` is being deleted with all that is in it. */
export type NamespaceState = 'There' | 'Ending' | 'Gone';

/** The state of a namespace as it was last seen; undefined: it is not there. */
export const namespaceState = (namespace: KubeObject | undefined): NamespaceState => {
  if (namespace === undefined) return 'Gone';
  return namespace.metadata.deletionTimestamp === undefined ? 'There' : 'Ending';
};
