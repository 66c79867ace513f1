import type { Guardrail } from '../../crds/guardrail.ts';
import { compareQuantities, parseQuantity } from '../../engine/quantity.ts';
import type { Feedback, PlanFacts } from './decision.ts';

/** How the precision of a policy stands against the highest floor that is set. */
export interface PrecisionFloor {
  /** True also when it is not known what people said. */
  readonly isBelow: boolean;
  readonly limit: string;
  readonly current: string | undefined;
  readonly message: string;
}

/**
 * Precision is the share of right ones among the Incidents that people have judged. As long as nobody has judged any there
 * is none, and no floor is missed. Undefined when no floor is set.
 */
export function precisionFloor(
  plan: PlanFacts | undefined,
  guardrails: readonly Pick<Guardrail, 'spec'>[],
  feedback: Feedback | undefined,
): PrecisionFloor | undefined {
  const floors = [plan?.spec.guards.minPrecision, ...guardrails.map(({ spec }) => spec.minPrecision)].flatMap(
    (text) => text ?? [],
  );
  const limit = floors.toSorted((a, b) => compare(b, a))[0];
  if (limit === undefined) return undefined;
  if (feedback === undefined)
    return { isBelow: true, limit, current: undefined, message: 'what people said of the policy is not known' };
  const { truePositives, falsePositives } = feedback;
  const judged = truePositives + falsePositives;
  if (judged === 0)
    return { isBelow: false, limit, current: undefined, message: 'nobody has judged an Incident of the policy' };
  const share = { coefficient: BigInt(truePositives), exponent: 0 };
  const floor = parseQuantity(limit);
  // right >= floor * judged, exactly.
  const isBelow =
    floor === undefined || compareQuantities(share, { ...floor, coefficient: floor.coefficient * BigInt(judged) }) < 0;
  const message = `people called ${truePositives} of ${judged} Incidents of the policy right, and ${limit} are asked for`;
  return { isBelow, limit, current: `${truePositives} of ${judged}`, message };
}

function compare(a: string, b: string): number {
  const [first, second] = [parseQuantity(a), parseQuantity(b)];
  // What cannot be read counts as the highest floor.
  if (first === undefined || second === undefined) return first === second ? 0 : first === undefined ? 1 : -1;
  return compareQuantities(first, second);
}
