import type { DetectionPolicy } from '../../../crds/detection-policy.ts';

const severities: readonly string[] = ['Info', 'Warning', 'Critical'];

/**
 * How important it is that a policy is judged: first whether anything follows from it (mode Enforce), then how bad it is
 * when it fires, then whether something is repaired or people are only told.
 */
export function rankOf({
  mode,
  severity,
  routes,
}: Pick<DetectionPolicy['spec'], 'mode' | 'severity' | 'routes'>): number {
  const enforces = mode === 'Enforce';
  const repairs = enforces && routes.some(({ to }) => to === 'Remediate');
  return 6 * Number(enforces) + 2 * severities.indexOf(severity) + Number(repairs);
}

/** The least important one first; of those that are equally important the youngest, which is missed least. */
export const inOrder = <P extends { readonly policy: DetectionPolicy }>(policies: Iterable<P>): P[] =>
  [...policies].toSorted(
    ({ policy: a }, { policy: b }) =>
      rankOf(a.spec) - rankOf(b.spec) ||
      compare(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? '') ||
      compare(nameOf(b), nameOf(a)),
  );

const nameOf = ({ metadata }: DetectionPolicy): string => `${metadata.namespace}/${metadata.name}`;
const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);
