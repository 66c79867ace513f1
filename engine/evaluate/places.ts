import { initial, type Standing } from '../policy/standing.ts';
import { grown } from '../windows/pane-window.ts';
import { verdictStates, type VerdictState } from './verdict.ts';

/** Where a target stands that is not inactive. */
interface Place {
  readonly standing: Standing;
  readonly confidence: number;
}

/**
 * Where the targets of a policy stand. One that is inactive, as nearly all are, is a slot and a number. Of those nobody
 * tells that they become unknown while nobody looks, and inactive again when somebody does: they are many, and nothing
 * has happened to them.
 */
export class Places {
  readonly #places = new Map<number, Place>();
  /** Since when nobody looks at any; undefined while they are looked at. */
  #blindMs: number | undefined;
  /** For each slot: 1 for an inactive target that was not looked at since nobody did, and how many there are. */
  #unseen = new Uint8Array(0);
  #unseenCount = 0;
  /** For each slot, since when an inactive target is so. */
  #inactiveMs = new Float64Array(0);
  readonly #counts = Object.fromEntries(verdictStates.map((state) => [state, 0])) as Record<VerdictState, number>;

  grow(capacity: number): void {
    this.#inactiveMs = grown(this.#inactiveMs, new Float64Array(capacity));
    this.#unseen = grown(this.#unseen, new Uint8Array(capacity));
  }

  /** From now on inactive targets are unknown. */
  close(nowMs: number): void {
    this.#blindMs = nowMs;
    this.#unseen.fill(0);
    this.#unseenCount = 0;
  }

  /** Those of `slots` that are inactive are unknown until they are seen. */
  open(slots: Iterable<number>): void {
    if (this.#blindMs === undefined) return;
    for (const slot of slots) {
      if (!this.isInactive(slot)) continue;
      this.#inactiveMs[slot] = this.#blindMs;
      this.#unseen[slot] = 1;
      this.#unseenCount++;
    }
    this.#blindMs = undefined;
  }

  /** An inactive target was looked at, and is so. */
  see(slot: number, nowMs: number): void {
    if (!this.#isUnseen(slot)) return;
    this.#forget(slot);
    this.#inactiveMs[slot] = nowMs;
  }

  begin(slot: number, nowMs: number): void {
    this.#inactiveMs[slot] = nowMs;
    this.#counts.Inactive++;
  }

  end(slot: number): void {
    this.#counts[this.standing(slot).state]--;
    this.#places.delete(slot);
    this.#forget(slot);
  }

  /** Whose condition does not hold is inactive, and nothing is certain of it. */
  set(slot: number, standing: Standing, confidence: number): void {
    this.#forget(slot);
    this.#counts[this.standing(slot).state]--;
    this.#counts[standing.state]++;
    if (standing.state !== 'Inactive') this.#places.set(slot, { standing, confidence });
    else {
      this.#places.delete(slot);
      this.#inactiveMs[slot] = standing.sinceMs;
    }
  }

  /** Where a target stood when it was looked at last. */
  standing(slot: number): Standing {
    return this.#places.get(slot)?.standing ?? initial(this.#inactiveMs[slot] ?? NaN);
  }

  /** The same as it is to be told: unknown while an inactive one is not looked at. */
  shown(slot: number): Standing {
    const standing = this.standing(slot);
    if (standing.state !== 'Inactive') return standing;
    if (this.#blindMs !== undefined) return { ...standing, state: 'Unknown', sinceMs: this.#blindMs };
    return this.#isUnseen(slot) ? { ...standing, state: 'Unknown' } : standing;
  }

  confidence(slot: number): number {
    return this.#places.get(slot)?.confidence ?? 0;
  }

  isInactive(slot: number): boolean {
    return !this.#places.has(slot);
  }

  /** The slots of those that are not inactive, but for those not looked at, in the order in which they ceased to be. */
  unsettled(): Iterable<number> {
    return this.#places.keys();
  }

  /** How many inactive ones are not looked at. */
  get hidden(): number {
    return this.#blindMs === undefined ? this.#unseenCount : this.#counts.Inactive;
  }

  /** How many stand how, without a walk over them. */
  counts(): Record<VerdictState, number> {
    const { Inactive, Unknown, ...others } = this.#counts;
    return { Inactive: Inactive - this.hidden, Unknown: Unknown + this.hidden, ...others };
  }

  #isUnseen(slot: number): boolean {
    return this.#unseen[slot] === 1;
  }

  #forget(slot: number): void {
    if (!this.#isUnseen(slot)) return;
    this.#unseen[slot] = 0;
    this.#unseenCount--;
  }
}
