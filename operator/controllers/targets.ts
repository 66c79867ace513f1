import type { Target } from '../../engine/evaluate/target.ts';
import type { Incident } from '../../crds/incident.ts';

/** A target as our objects name it. */
export type TargetReference = Incident['spec']['target'];

/** The key of a target in the engine, from either way of naming it. */
export const targetKey = ({
  kind,
  uid,
  container,
}: Pick<Target | TargetReference, 'kind' | 'uid' | 'container'>): string =>
  kind === 'Container' ? `${kind}/${uid}/${container ?? ''}` : `${kind}/${uid}`;

/** A target of the engine as our objects name it. */
export const referenceOf = ({ kind, namespace, name, uid, container, node, workload }: Target): TargetReference => ({
  kind,
  ...(namespace === '' ? {} : { namespace }),
  name,
  uid,
  ...(container === undefined ? {} : { container }),
  ...(node === undefined || kind === 'Node' ? {} : { node }),
  ...(workload === undefined ? {} : { workload: { ...workload } }),
});

/** `Container shop/cart-7f9c/app`, as messages name a target. */
export const describeTarget = ({ kind, namespace, name, container }: Omit<TargetReference, 'uid'>): string =>
  `${kind} ${[namespace, name, container].filter((part) => part !== undefined && part !== '').join('/')}`;
