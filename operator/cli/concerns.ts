/** Which Incidents and Remediations are about something, directly or by what they changed. */
import type { RemediationSpec, StepStatus } from '../../crds/remediation.ts';

type Target = RemediationSpec['target'];

/** Something with a name. */
export interface Thing {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Of a pod: the node it runs on. */
  readonly node?: string | undefined;
}

/** Whether a target is this thing (of a pod also one of its containers, of a workload also its pods), or was changed. */
export function concerns(thing: Thing, target: Target, steps: readonly StepStatus[] = []): boolean {
  if (isThing(thing, target)) return true;
  return steps.some(({ changes }) =>
    changes?.some(
      ({ object }) => object.kind === thing.kind && object.name === thing.name && object.namespace === thing.namespace,
    ),
  );
}

function isThing({ kind, namespace, name }: Thing, target: Target): boolean {
  if (target.namespace !== namespace) return false;
  if (kind === 'Pod') return (target.kind === 'Pod' || target.kind === 'Container') && target.name === name;
  if (kind === 'Node') return target.kind === 'Node' && target.name === name;
  return target.workload?.kind === kind && target.workload.name === name;
}

/** Whether a target stands next to this thing: on this node, or the node of this pod. */
export const isNearby = ({ kind, name, node }: Thing, target: Target): boolean =>
  kind === 'Node' ? target.node === name : target.kind === 'Node' && target.name === node;
