import type { Condition } from './standing.ts';

/** What `when` sees of a signal. */
export interface SignalView {
  firing: boolean;
  value: number;
  confidence: number;
  samples: number;
}

/** A signal of a target at one moment. */
export interface SignalFacts extends Readonly<SignalView> {
  /** The chance of what it shows while nothing is wrong, 0 to 1: 0 where there is no doubt, 1 while it does not fire. */
  readonly chance: number;
  /** It had samples, and has none since `staleAfterSeconds`. */
  readonly missing: boolean;
}

/** `when` over the signals in their order. May throw: then the condition has no value. */
export type When = (signals: readonly SignalView[]) => boolean;

export interface Judgement {
  readonly condition: Condition;
  /** How sure it is that the condition holds, 0 to 1; 0 while it does not. */
  readonly confidence: number;
}

const no: Judgement = { condition: 'False', confidence: 0 };
const unknown: Judgement = { condition: 'Unknown', confidence: 0 };

/** Without `when`: every signal fires. */
export const every: When = (signals) => signals.every(({ firing }) => firing);

/**
 * Whether a policy's condition holds for a target. While no signal fires it does not, whatever `when` says.
 *
 * A missing signal is firing (`Fire`), not firing (`Clear`), or either (`Hold`): if the condition depends on which, it
 * is Unknown; if all signals are missing it is in any case.
 *
 * The confidence of the condition is the greatest c for which it still holds when signals less sure than c do not
 * count as firing: the least sure of those that are all needed, the surest of those of which one is enough.
 */
export function judge(
  facts: readonly SignalFacts[],
  when: When,
  missingData: 'Hold' | 'Clear' | 'Fire',
  minConfidence: number,
): Judgement {
  if (missingData !== 'Hold') return judgeAs(facts, when, missingData === 'Fire', minConfidence);
  const missing = facts.filter((signal) => signal.missing).length;
  if (missing === 0) return judgeAs(facts, when, false, minConfidence);
  if (missing === facts.length) return unknown;
  const without = judgeAs(facts, when, false, minConfidence);
  const including = judgeAs(facts, when, true, minConfidence);
  return without.condition === including.condition ? without : unknown;
}

/**
 * The chance that a condition that holds would do so while nothing is wrong, by the chances of its signals: the greatest
 * of those that are all needed, the least of those of which one is enough. To be multiplied by how many have a say.
 */
export function chanceOf(facts: readonly SignalFacts[], when: When, missingFires: boolean): number {
  const certainty = facts.map(({ missing, chance }) => (missing ? 1 : 1 - chance));
  return 1 - surest(viewsOf(facts, missingFires), certainty, when);
}

/** The same with every missing signal taken to be firing, or not. */
function judgeAs(facts: readonly SignalFacts[], when: When, missingFires: boolean, minConfidence: number): Judgement {
  const views = viewsOf(facts, missingFires);
  if (!views.some(({ firing }) => firing) || !when(views)) return no;
  const confidences = views.map((view) => view.confidence);
  const confidence = surest(views, confidences, when);
  return confidence >= minConfidence ? { condition: 'True', confidence } : no;
}

const viewsOf = (facts: readonly SignalFacts[], missingFires: boolean): SignalView[] =>
  facts.map(({ firing, missing, value, confidence, samples }) => ({
    firing: missing ? missingFires : firing,
    value,
    confidence: missing ? 1 : confidence,
    samples,
  }));

/** How sure it is that `when` holds, given that it does, and how sure each signal is. */
function surest(views: readonly SignalView[], sure: readonly number[], when: When): number {
  const levels = [...new Set(sure.filter((_, i) => views[i]?.firing === true))].toSorted((a, b) => b - a);
  const least = levels.pop() ?? 0;
  const without = (level: number): SignalView[] =>
    views.map((view, i) => ({ ...view, firing: view.firing && (sure[i] ?? 0) >= level }));
  return levels.find((level) => when(without(level))) ?? least;
}
