/** What the API server must allow, said by the kinds of objects rather than by their plurals. */
import type { TargetKind } from '../../crds/references.ts';
import type { Resource } from '../kube/api.ts';
import type { Permission } from './action.ts';
import { Node, Pod, workloads } from './resources.ts';
import type { Of } from './subjects.ts';

/** To read objects of these kinds by their names. */
export const getting = (resources: readonly Resource[]): Permission[] =>
  resources.map(({ group, plural: resource }) => ({ verb: 'get', group, resource }));

/** To read all objects of these kinds in a namespace. */
export const listing = (resources: readonly Resource[]): Permission[] =>
  resources.map(({ group, plural: resource }) => ({ verb: 'list', group, resource }));

/** To read objects of these kinds and to change them, or one of their subresources. */
export const changing = (resources: readonly Resource[], subresource?: string): Permission[] => [
  ...getting(resources),
  ...resources.map(({ group, plural: resource }) => ({
    verb: 'patch' as const,
    group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
  })),
];

/** What targets of each kind have: none of a kind of object means that there is nothing to change. */
const had: Readonly<Record<Of, Readonly<Record<TargetKind, readonly Resource[]>>>> = {
  Target: { Container: [Pod], Pod: [Pod], Node: [Node], Workload: workloads },
  Pod: { Container: [Pod], Pod: [Pod], Node: [], Workload: [] },
  Node: { Container: [Node], Pod: [Node], Node: [Node], Workload: [] },
  Workload: { Container: workloads, Pod: workloads, Node: [], Workload: workloads },
};

/**
 * The kinds of objects that `of` means for targets of these kinds.
 *
 * @example
 * resourcesOf('Target', ['Container', 'Node']); // Pod and Node
 */
export const resourcesOf = (of: Of, kinds: readonly TargetKind[]): readonly Resource[] => [
  ...new Set(kinds.flatMap((kind) => had[of][kind])),
];
