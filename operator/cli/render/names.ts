/** Names of things as people read them. */
import type { RecordedChange } from '../../../crds/remediation.ts';
import type { Incident } from '../../../crds/incident.ts';
import type { ObjectMeta } from '../../../crds/meta.ts';

/** A target as our objects name it. */
export type TargetName = Omit<Incident['spec']['target'], 'uid'>;

/** `Container shop/cart-7f9c/main`, `Deployment shop/cart` (of a Workload), `Node node1`. */
export const targetName = ({ kind, namespace, name, container, workload }: TargetName): string => {
  const what = kind === 'Workload' && workload !== undefined ? workload.kind : kind;
  return `${what} ${[namespace, name, container].filter((part) => part !== undefined).join('/')}`;
};

/** The same, without the namespace where that goes without saying. */
export const targetNameIn = (target: TargetName, namespace: string | undefined): string =>
  namespace === undefined || target.namespace !== namespace
    ? targetName(target)
    : targetName(target).replace(`${namespace}/`, '');

/** `Deployment shop/cart`, of an object that was changed. */
export const objectName = ({ kind, namespace, name }: RecordedChange['object']): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

/** `shop/memory-leak-4f1d`. */
export const qualified = ({ namespace, name }: ObjectMeta): string =>
  namespace === undefined ? name : `${namespace}/${name}`;
