import type { Remediation } from '../../crds/remediation.ts';

/** So many are named: a message is read by people, and a thousand that wait each look at those whom they name. */
const mostNamed = 3;

/**
 * Who holds the places that a Remediation waits for, as the end of a message: `: cart-4f1d-1, shop/web-77aa-1 and 3 more`.
 * Those of its own namespace are named without it. Empty when there are none.
 */
export function holders({ metadata: { namespace } }: Remediation, all: readonly Remediation[]): string {
  if (all.length === 0) return '';
  const names = all
    .slice(0, mostNamed)
    .map(({ metadata }) =>
      metadata.namespace === namespace ? metadata.name : `${metadata.namespace}/${metadata.name}`,
    );
  const more = all.length - names.length;
  return `: ${names.sort().join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}
