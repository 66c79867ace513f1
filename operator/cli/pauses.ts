/** Pausing and resuming, as pure functions on a Guardrail’s list of reasons: each person adds and removes their own. */
import type { GuardrailSpec } from '../../crds/guardrail.ts';

/** A reason to do nothing. */
export type Pause = NonNullable<GuardrailSpec['paused']>[number];

const same = (a: Pause, b: Pause): boolean => a.by === b.by && a.reason === b.reason;

/** With one more reason; undefined when it stands there already. */
export const withPause = (paused: readonly Pause[] = [], pause: Pause): Pause[] | undefined =>
  paused.some((entry) => same(entry, pause)) ? undefined : [...paused, pause];

/** What is left and what is removed: one’s own reasons, or everybody’s. */
export function withoutPauses(
  paused: readonly Pause[] = [],
  by: string,
  everybody: boolean,
): { readonly left: Pause[]; readonly removed: Pause[] } {
  const isRemoved = (entry: Pause): boolean => everybody || entry.by === by;
  return { left: paused.filter((entry) => !isRemoved(entry)), removed: paused.filter(isRemoved) };
}
