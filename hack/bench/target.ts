import type { Target } from '../../engine/evaluate/target.ts';

/** The container `app` of a pod of that uid. */
export const containerOf = (uid: string): Target => ({
  kind: 'Container',
  key: `Container/${uid}/app`,
  uid,
  namespace: 'shop',
  name: uid,
  container: 'app',
  labels: {},
});
