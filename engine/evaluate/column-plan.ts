import type { PolicyRun } from './policy-run.ts';
import type { SignalRun } from './signal-run.ts';

/** A signal that hears a column. */
export interface Ear {
  readonly run: PolicyRun;
  readonly signal: SignalRun;
  /** Which of the source's lists of listeners are meant, and which of its tellers speaks. */
  readonly listeners: number;
  readonly teller: number;
  /** The columns in which the agent tells what its detector found; absent when ours judges. */
  readonly told?: readonly number[] | undefined;
}

/** All that is asked of a column with each frame. */
export interface ColumnPlan {
  readonly metric: string;
  /** Where its samples go. */
  readonly ears: readonly Ear[];
  /** Whose detector's findings begin with it. */
  readonly shown: readonly Ear[];
  /** How many signals of suspended policies do not hear it. */
  readonly unheard: number;
}

/** How the frames of a source are led to policies. Whom its rows concern is another matter, and no two have it alike. */
export interface Plan {
  /** For each column of the keyframe of which anything is asked. */
  readonly columns: readonly (ColumnPlan | undefined)[];
  /** All policies that are connected. */
  readonly runs: readonly PolicyRun[];
}

export const emptyPlan: Plan = { columns: [], runs: [] };

const kept = 8;

/**
 * The plans that were made last, so that sources that measure the same share theirs. What thousands of sources share is
 * in the cache when a frame comes; what each has for itself is not, and every object costs the time of a threshold.
 */
export class Plans {
  /** Weak, since a plan leads to all that policies know. */
  #recent: WeakRef<Plan>[] = [];

  /** A plan that is like this one: that of others, if it was among the last that were asked for. */
  shared(plan: Plan): Plan {
    const recent = this.#recent.map((ref) => ref.deref()).filter((each) => each !== undefined);
    const known = recent.find((each) => isSame(each, plan)) ?? plan;
    const others = recent.filter((each) => each !== known);
    this.#recent = [known, ...others.slice(0, kept - 1)].map((each) => new WeakRef(each));
    return known;
  }
}

const isSame = (a: Plan, b: Plan): boolean =>
  areSame(a.runs, b.runs, Object.is) && areSame(a.columns, b.columns, isSameColumn);

const isSameColumn = (a: ColumnPlan | undefined, b: ColumnPlan | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.metric === b.metric &&
      a.unheard === b.unheard &&
      areSame(a.ears, b.ears, isSameEar) &&
      areSame(a.shown, b.shown, isSameEar);

const isSameEar = (a: Ear, b: Ear): boolean =>
  a.run === b.run &&
  a.signal === b.signal &&
  a.listeners === b.listeners &&
  a.teller === b.teller &&
  areSame(a.told ?? [], b.told ?? [], Object.is) &&
  (a.told === undefined) === (b.told === undefined);

const areSame = <T>(a: readonly T[], b: readonly T[], isOne: (a: T, b: T) => boolean): boolean =>
  a.length === b.length && a.every((each, i) => isOne(each, b[i] as T));
