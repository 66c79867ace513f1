import type { Remediation } from '../../crds/remediation.ts';
import { hasBegun, identityOf } from './budget.ts';

/** Remediations that are counted together. */
export class Group {
  readonly #claims = new Map<string, Remediation>();
  /** Of the claims, those that have not begun. */
  readonly #reserved = new Map<string, Remediation>();
  /** When those that have begun did, also those that have ended: oldest first. */
  readonly #starts: number[] = [];
  readonly #ends = new Map<string, End>();
  #failuresInARow: readonly number[] | undefined;

  /** Those that hold a claim, by identity. */
  get claims(): ReadonlyMap<string, Remediation> {
    return this.#claims;
  }

  /** Counts one; to be called once for each identity, unless it was taken out before. */
  enter(identity: string, { claim, startedMs: began, end }: Member): void {
    if (claim !== undefined) this.#claims.set(identity, claim);
    if (claim !== undefined && !hasBegun(claim)) this.#reserved.set(identity, claim);
    if (began !== undefined) this.#starts.splice(firstAfter(this.#starts, began), 0, began);
    if (end !== undefined) this.#setEnd(identity, end);
  }

  /** Counts it no more; to be called with what it was counted as. */
  leave(identity: string, { startedMs: began, end }: Member): void {
    this.#claims.delete(identity);
    this.#reserved.delete(identity);
    if (began !== undefined) this.#starts.splice(firstAfter(this.#starts, began) - 1, 1);
    if (end !== undefined) this.#setEnd(identity, undefined);
  }

  /** Whether nothing is counted. */
  get isEmpty(): boolean {
    return this.#claims.size + this.#starts.length + this.#ends.size === 0;
  }

  /** The claims of others. */
  others(self: Remediation): Iterable<Remediation> {
    return without(self, this.#claims);
  }

  /** Those of these that have not begun. */
  reserved(self: Remediation): Iterable<Remediation> {
    return without(self, this.#reserved);
  }

  /** How many these are. */
  countOthers(self: Remediation): number {
    return this.#claims.size - (this.#claims.has(identityOf(self)) ? 1 : 0);
  }

  /** How many of these have not begun. */
  countReserved(self: Remediation): number {
    return this.#reserved.size - (this.#reserved.has(identityOf(self)) ? 1 : 0);
  }

  /** How many starts are later than `ms`. */
  startsAfter(ms: number): number {
    return this.#starts.length - firstAfter(this.#starts, ms);
  }

  /** The start of which there are so many with the later ones; undefined when there are fewer. */
  lastStart(count: number): number | undefined {
    return this.#starts[this.#starts.length - count];
  }

  /**
   * The ends of those that did not help since the last that did, oldest first. Ends are known to the second: of two within
   * one it is not known which was first, so what did not help counts.
   */
  get failuresInARow(): readonly number[] {
    return (this.#failuresInARow ??= this.#countFailures());
  }

  #countFailures(): number[] {
    const ends = [...this.#ends.values()];
    const helpedMs = ends.reduce((latest, { ms, helped }) => (helped ? Math.max(latest, ms) : latest), -Infinity);
    return ends.flatMap(({ ms, helped }) => (!helped && ms >= helpedMs ? ms : [])).sort((a, b) => a - b);
  }

  #setEnd(identity: string, end: End | undefined): void {
    if (end === undefined) this.#ends.delete(identity);
    else this.#ends.set(identity, end);
    this.#failuresInARow = undefined;
  }
}

function* without(self: Remediation, claims: ReadonlyMap<string, Remediation>): Iterable<Remediation> {
  const own = identityOf(self);
  for (const [identity, claim] of claims) if (identity !== own) yield claim;
}

/** How many of these, oldest first, are not later than `ms`. */
function firstAfter(times: readonly number[], ms: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How one ended, and when. */
export interface End {
  readonly ms: number;
  readonly helped: boolean;
}

/** What a group counts of a Remediation. */
export interface Member {
  readonly claim?: Remediation | undefined;
  readonly startedMs?: number | undefined;
  readonly end?: End | undefined;
}
