import type { Remediation } from '../../../crds/remediation.ts';
import type { TargetWrite } from '../rule.ts';

/** The Remediation that acts by this write; undefined when it takes something back. */
export function actingOf({ attributions }: TargetWrite): Remediation | undefined {
  const [first] = attributions;
  return first?.as === 'Act' ? first.remediation : undefined;
}
