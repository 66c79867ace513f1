import { longPerShort } from './pairs.ts';

/** Panes of a long window; a short one has a twelfth of them. */
const panes = 60;
const shortPanes = panes / longPerShort;

// Where the numbers of one series stand: what was bad, and how many values, in each pane of a ring; the number of the
// newest pane; and the sums over the panes before it, long and short.
const bad = 0;
const total = panes;
const newest = 2 * panes;
const longBad = newest + 1;
const longTotal = longBad + 1;
const shortBad = longTotal + 1;
const shortTotal = shortBad + 1;

/** Numbers that one series needs. */
export const burnWindowsSize = shortTotal + 1;

/**
 * Which share of the values was bad over a long window and over its newest twelfth. The state of each series lies in
 * numbers that the caller keeps. The sums are made anew with each pane, so nothing drifts: 60 additions a pane.
 */
export class BurnWindows {
  /** Of the last `add`: the shares that were bad, and how many values there are in the long window. */
  long = 0;
  short = 0;
  values = 0;
  readonly #paneMs: number;
  #pane = 0;

  constructor(longMs: number) {
    this.#paneMs = longMs / panes;
  }

  /** Says when the values were read that are added next; late ones count as new. */
  setTime(tMs: number): void {
    this.#pane = Math.floor(tMs / this.#paneMs);
  }

  /** Takes a value of the series whose numbers begin at `at`: how much of it is bad, 0 to 1. */
  add(state: Float64Array, at: number, badness: number): void {
    const pane = this.#pane;
    const held = state[at + newest] as number;
    if (pane > held) this.#advance(state, at, held, pane);
    const here = at + ((state[at + newest] as number) % panes);
    state[here + bad] = (state[here + bad] as number) + badness;
    state[here + total] = (state[here + total] as number) + 1;
    const freshBad = state[here + bad] as number;
    const fresh = state[here + total] as number;
    this.values = (state[at + longTotal] as number) + fresh;
    this.long = ((state[at + longBad] as number) + freshBad) / this.values;
    this.short = ((state[at + shortBad] as number) + freshBad) / ((state[at + shortTotal] as number) + fresh);
  }

  #advance(state: Float64Array, at: number, held: number, pane: number): void {
    for (let k = Math.max(held + 1, pane - panes + 1); k <= pane; k++) {
      state[at + (k % panes) + bad] = 0;
      state[at + (k % panes) + total] = 0;
    }
    state[at + newest] = pane;
    state.fill(0, at + longBad, at + burnWindowsSize);
    for (let age = 1; age < panes; age++) {
      const from = at + ((pane - age) % panes);
      state[at + longBad] = (state[at + longBad] as number) + (state[from + bad] as number);
      state[at + longTotal] = (state[at + longTotal] as number) + (state[from + total] as number);
      if (age >= shortPanes) continue;
      state[at + shortBad] = state[at + longBad] as number;
      state[at + shortTotal] = state[at + longTotal] as number;
    }
  }
}
