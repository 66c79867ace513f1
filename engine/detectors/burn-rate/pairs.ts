/** A long window, the short one that tells whether it still goes on, and how fast a budget may burn over both. */
export interface Pair {
  readonly longSeconds: number;
  readonly shortSeconds: number;
  /** Times the rate at which the budget would last for just the period. */
  readonly factor: number;
}

/**
 * What share of the budget may be used up in what share of the period: table 5-8 of The Site Reliability Workbook,
 * which for 30 days has 2 % in 1 h, 5 % in 6 h and 10 % in 3 d; and 10 % in 1 d, which many add.
 */
const burnt = [
  { speed: 'Fast', budgetShare: 0.02, periodShare: 1 / 720 },
  { speed: 'Fast', budgetShare: 0.05, periodShare: 1 / 120 },
  { speed: 'Slow', budgetShare: 0.1, periodShare: 1 / 30 },
  { speed: 'Slow', budgetShare: 0.1, periodShare: 1 / 10 },
] as const;

/** The long window is so many times as long as the short one. */
export const longPerShort = 12;

/**
 * The pairs of windows for an objective: factor = share of the budget / share of the period. For 30 days that is 14.4,
 * 6, 3 and 1. Those whose rate a target does not reach even if all is bad, with a large `budget`, are left out.
 */
export const pairsOf = (periodSeconds: number, budget: number, wanted: 'Fast' | 'Slow' | 'Any'): readonly Pair[] =>
  burnt
    .filter(({ speed }) => wanted === 'Any' || speed === wanted)
    .map(({ budgetShare, periodShare }) => ({
      longSeconds: periodSeconds * periodShare,
      shortSeconds: (periodSeconds * periodShare) / longPerShort,
      factor: budgetShare / periodShare,
    }))
    .filter(({ factor }) => factor * budget < 1);
