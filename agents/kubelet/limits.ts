import { quantityNumber } from '../../engine/quantity.ts';

/** What a container may use; Infinity without a limit. */
export interface Limits {
  readonly cpu: number;
  readonly memoryBytes: number;
}

/**
 * The limits of all containers in a kubelet's answer at /pods, by `uid/container`: those in force where the kubelet tells
 * them, else those of the spec. Throws a TypeError when it is no list of pods.
 */
export function limitsOf(answer: unknown): ReadonlyMap<string, Limits> {
  const { items } = answer as PodList;
  // A kubelet without pods says null.
  if (items !== null && !Array.isArray(items)) throw new TypeError('it has no "items"');
  const limits = new Map<string, Limits>();
  for (const { metadata, spec, status } of (items ?? []) as Pod[])
    for (const { name, resources } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
      const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
      const inForce = statuses.find((each) => each.name === name)?.resources ?? resources;
      limits.set(`${metadata.uid}/${name}`, {
        cpu: amount(inForce?.limits?.['cpu']),
        memoryBytes: amount(inForce?.limits?.['memory']),
      });
    }
  return limits;
}

interface PodList {
  readonly items?: unknown;
}

interface Pod {
  readonly metadata: { readonly uid: string };
  readonly spec?: { readonly containers?: Container[]; readonly initContainers?: Container[] };
  readonly status?: { readonly containerStatuses?: Container[]; readonly initContainerStatuses?: Container[] };
}

interface Container {
  readonly name: string;
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

function amount(quantity: string | undefined): number {
  if (quantity === undefined) return Infinity;
  try {
    return quantityNumber(quantity);
  } catch {
    return Number.NaN;
  }
}
