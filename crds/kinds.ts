import type { Definition } from './definition.ts';
import { detectionPolicy } from './detection-policy.ts';
import { guardrail } from './guardrail.ts';
import { incident } from './incident.ts';
import { remediationPlan } from './remediation-plan.ts';
import { remediation } from './remediation.ts';

/** Every kind, in the order of the docs: those that people write, then those that the operator writes. */
export const kinds = [
  detectionPolicy,
  remediationPlan,
  guardrail,
  incident,
  remediation,
] as const satisfies Definition[];

export type KindName = (typeof kinds)[number]['kind'];

/** The definition of a kind by its name; undefined when it is not ours. */
export const definitionOf = (kind: string): Definition | undefined =>
  kinds.find((definition) => definition.kind === kind);
