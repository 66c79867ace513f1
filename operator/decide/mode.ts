import type { Guardrail } from '../../crds/guardrail.ts';
import { modes, type Mode } from '../../crds/remediation-plan.ts';

/** Whether a Remediation in this mode changes its target. */
export const writes = (mode: Mode): boolean => mode === 'Approve' || mode === 'Enforce';

/** The most careful of these modes; `Enforce` of none, and `Observe` when one is not known: a limit of a later version. */
export function tightest(...given: readonly (Mode | undefined)[]): Mode {
  if (given.some((mode) => mode !== undefined && !modes.includes(mode))) return 'Observe';
  return modes.find((mode) => given.includes(mode)) ?? 'Enforce';
}

/** The guardrails that hold for objects of a namespace: its own and those of the root namespace. */
export const guardrailsFor = (
  namespace: string | undefined,
  rootNamespace: string,
  guardrails: readonly Guardrail[],
): Guardrail[] =>
  guardrails.filter(({ metadata }) => metadata.namespace === namespace || metadata.namespace === rootNamespace);

/** The mode in which a plan runs under these guardrails. */
export const modeUnder = (mode: Mode, guardrails: readonly Guardrail[]): Mode =>
  tightest(mode, ...guardrails.map(({ spec }) => spec.maxMode));
