import type { Remediation } from '../../crds/remediation.ts';

/** So many are named: a message is read by people, and a thousand that wait each look at those whom they name. */
const mostNamed = 3;

/**
 * Who holds the places that a Remediation waits for, as the end of a message: `: cart-4f1d-1, shop/web-77aa-1 and 3 more`.
 * Of these, of which there are `count`, no more are looked at than are named; those of its own namespace are named without
 * it. Empty when there are none.
 */
export function holders({ metadata: { namespace } }: Remediation, all: Iterable<Remediation>, count: number): string {
  const names: string[] = [];
  for (const { metadata } of all) {
    if (names.length === mostNamed) break;
    names.push(metadata.namespace === namespace ? metadata.name : `${metadata.namespace}/${metadata.name}`);
  }
  if (names.length === 0) return '';
  return `: ${names.sort().join(', ')}${count === names.length ? '' : ` and ${count - names.length} more`}`;
}
