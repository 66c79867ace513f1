import type { Target } from './target.ts';

export const verdictStates = ['Inactive', 'Pending', 'Firing', 'Clearing', 'Unknown'] as const;

/**
 * Where a target stands under a policy. Pending: the condition holds, not yet for `forSeconds`. Clearing: it held, and
 * does not since less than `clearForSeconds`. Unknown: samples are missing, nothing may be concluded.
 */
export type VerdictState = (typeof verdictStates)[number];

/** What one signal contributes to a verdict. */
export interface Evidence {
  readonly signal: string;
  readonly metric: string;
  readonly aggregate: string;
  readonly windowSeconds: number;
  /** The aggregate that was judged; NaN when there is none. */
  readonly value: number;
  /** What it was compared with, in words, such as `> 90%`. */
  readonly threshold: string;
  /** What was found, in words and numbers, such as `reaches 100% in 14 min at +0.42%/min`; may be empty. */
  readonly finding: string;
  readonly firing: boolean;
  /** 0 to 1. */
  readonly confidence: number;
  /** Since when `firing` is what it is. */
  readonly sinceMs: number;
  /** Samples in the window that were measured. */
  readonly samples: number;
  readonly quality: SampleQuality;
  /** Source that told the newest sample; empty before the first. */
  readonly source: string;
  /** Frames of that source between which all samples of the window lie, both inclusive; 0 before the first. */
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** What is wrong with the samples that a signal rests on; all 0 when nothing is. */
export interface SampleQuality {
  /** Samples that should be in the window and are not; 0 without a window. */
  readonly missing: number;
  /** How often a counter began anew within the window, 16 at most: what it rose by until then is not known. */
  readonly resets: number;
  /** Infinite values within the window, or since the last sample, 16 at most; they are left out. */
  readonly infinite: number;
  /** Samples left out since they came too late, and frames of the source that came late, within the window. */
  readonly late: number;
  /** Frames of the source within the window that said a time that cannot be: their samples stand where they were stored. */
  readonly mistimed: number;
  /** Single values far away from those before and after, within the window, 16 at most; only where a policy asks. */
  readonly outliers: number;
  /** Samples in the window that were made up, since the policy says so. */
  readonly imputed: number;
  /** By how much the times of the source were corrected: its clock is so far behind, or ahead when negative. */
  readonly skewMs: number;
  /** For how long a value that never stands still has been exactly the same; 0 in the first minute. */
  readonly flatMs: number;
}

/** Nothing is wrong. */
export const flawless: SampleQuality = {
  missing: 0,
  resets: 0,
  infinite: 0,
  late: 0,
  mistimed: 0,
  outliers: 0,
  imputed: 0,
  skewMs: 0,
  flatMs: 0,
};

/** The judgement of one target by one policy, at one moment. */
export interface Verdict {
  readonly policyId: string;
  /** Revision of the policy that judged. */
  readonly revision: string;
  readonly target: Target;
  readonly state: VerdictState;
  /** Since when it is in this state. */
  readonly sinceMs: number;
  /** Captured time of the sample that began this episode; NaN outside an episode. */
  readonly firstSampleMs: number;
  /** Captured time of the newest sample of any signal; NaN when there was none. */
  readonly lastSampleMs: number;
  /** How sure it is that the condition holds, 0 to 1; 0 while it does not hold. */
  readonly confidence: number;
  /** One for each signal of the policy, in its order. */
  readonly evidence: readonly Evidence[];
}

/** A verdict that differs in state from the one before. */
export interface VerdictChange {
  readonly verdict: Verdict;
  readonly from: VerdictState;
  /** Event time of the change. */
  readonly atMs: number;
  /**
   * `Judged`: by samples or by the passing of time. `TargetGone`: no source speaks of the target any more, or the policy
   * does not select it any more; it is the last change of this target. `PolicyGone`: the policy was removed or replaced
   * by one that judges otherwise; the last change likewise.
   */
  readonly cause: 'Judged' | 'TargetGone' | 'PolicyGone';
}

/** Which verdicts are asked for: one costs far more than to see that it is not wanted. */
export type Wanted = (target: Target, state: VerdictState) => boolean;
