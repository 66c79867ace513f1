import { initial, type Standing } from '../policy/standing.ts';
import { grown } from '../windows/pane-window.ts';
import { verdictStates, type VerdictState } from './verdict.ts';

/** Where a target stands that is not inactive. */
interface Place {
  readonly standing: Standing;
  readonly confidence: number;
}

/** Where the targets of a policy stand. One that is inactive, as nearly all are, is a slot and a number. */
export class Places {
  readonly #places = new Map<number, Place>();
  /** For each slot, since when an inactive target is so. */
  #inactiveMs = new Float64Array(0);
  readonly #counts = Object.fromEntries(verdictStates.map((state) => [state, 0])) as Record<VerdictState, number>;

  grow(capacity: number): void {
    this.#inactiveMs = grown(this.#inactiveMs, new Float64Array(capacity));
  }

  begin(slot: number, nowMs: number): void {
    this.#inactiveMs[slot] = nowMs;
    this.#counts.Inactive++;
  }

  end(slot: number): void {
    this.#counts[this.state(slot)]--;
    this.#places.delete(slot);
  }

  /** Whose condition does not hold is inactive, and nothing is certain of it. */
  set(slot: number, standing: Standing, confidence: number): void {
    this.#counts[this.state(slot)]--;
    this.#counts[standing.state]++;
    if (standing.state !== 'Inactive') this.#places.set(slot, { standing, confidence });
    else {
      this.#places.delete(slot);
      this.#inactiveMs[slot] = standing.sinceMs;
    }
  }

  standing(slot: number): Standing {
    return this.#places.get(slot)?.standing ?? initial(this.#inactiveMs[slot] ?? NaN);
  }

  state(slot: number): VerdictState {
    return this.#places.get(slot)?.standing.state ?? 'Inactive';
  }

  confidence(slot: number): number {
    return this.#places.get(slot)?.confidence ?? 0;
  }

  isInactive(slot: number): boolean {
    return !this.#places.has(slot);
  }

  /** The slots of those that are not inactive, in the order in which they ceased to be. */
  unsettled(): Iterable<number> {
    return this.#places.keys();
  }

  /** How many stand how, without a walk over them. */
  counts(): Record<VerdictState, number> {
    return { ...this.#counts };
  }
}
