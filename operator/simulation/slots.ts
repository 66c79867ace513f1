/**
 * Who can fall ill: the places in the cluster of the simulation that policies judge. A place outlives what stands in it: a
 * pod that was deleted is followed by another one with another name and uid.
 */
import type { Target } from '../../engine/evaluate/target.ts';
import type { TargetKind } from '../../crds/references.ts';

/** What stands in a place now. */
export interface Occupant {
  readonly name: string;
  readonly uid: string;
  readonly createdMs: number;
}

export interface Slot {
  /** Such as `node-1`, `web/0`, `web`. */
  readonly name: string;
  readonly kind: 'Node' | 'Pod' | 'Workload';
  readonly namespace: string;
}

export const rootNamespace = 'homeostat-system';
/** Who holds it leads. */
export const leaseName = 'homeostat';

const pod = (name: string, namespace: string): Slot => ({ name, kind: 'Pod', namespace });

/** Every place; the last three must never be acted on. */
export const slots: readonly Slot[] = [
  { name: 'node-1', kind: 'Node', namespace: '' },
  { name: 'node-2', kind: 'Node', namespace: '' },
  { name: 'node-3', kind: 'Node', namespace: '' },
  pod('web/0', 'shop'),
  pod('web/1', 'shop'),
  { name: 'web', kind: 'Workload', namespace: 'shop' },
  pod('dns/0', 'kube-system'),
  pod('own/0', rootNamespace),
];

export const slotNamed = (name: string): Slot => {
  const found = slots.find((slot) => slot.name === name);
  if (found === undefined) throw new RangeError(`there is no place ${name}`);
  return found;
};

/** The workload whose pods stand in a place. */
export const workloadOf = ({ name, kind, namespace }: Slot) => {
  const workload = kind === 'Node' ? undefined : (name.split('/')[0] ?? name);
  return workload === undefined
    ? undefined
    : { apiVersion: 'apps/v1', kind: 'Deployment', name: workload, uid: `uid-${namespace}-${workload}` };
};

/** Whether a policy of this namespace that judges this kind judges the place. */
export const judges = (policy: { readonly kind: TargetKind; readonly namespace: string }, slot: Slot): boolean =>
  (policy.kind === slot.kind || (policy.kind === 'Container' && slot.kind === 'Pod')) &&
  (policy.namespace === rootNamespace || policy.namespace === slot.namespace);

/** The occupant of a place as the engine names it, for a policy that judges this kind. */
export function targetOf(slot: Slot, { name, uid, createdMs }: Occupant, kind: TargetKind): Target {
  const workload = workloadOf(slot);
  const isContainer = kind === 'Container';
  return {
    kind,
    key: isContainer ? `Container/${uid}/app` : `${kind}/${uid}`,
    uid,
    namespace: slot.namespace,
    name,
    ...(isContainer ? { container: 'app' } : {}),
    ...(slot.kind === 'Workload' ? {} : { node: slot.kind === 'Node' ? name : nodeUnder(slot) }),
    ...(workload === undefined ? {} : { workload }),
    ...(slot.kind === 'Pod' ? { startedMs: createdMs } : {}),
    labels: {},
  };
}

/** The node on which the pods of a place run. */
export const nodeUnder = ({ name }: Slot): string => (name.endsWith('/1') ? 'node-2' : 'node-1');
