/**
 * Which of many targets fire, so that of those that begin to within a stretch of time only a share is expected to be
 * false: the step-up procedure of Benjamini and Hochberg 1995 ("Controlling the False Discovery Rate") over all targets,
 * with those that show nothing at a chance of 1. Time is cut into stretches of equal length, and each is a family of its
 * own: with no end of looks there is no rate to keep (Dandapanthula and Ramdas 2025, "Multiple Testing in Multi-Stream
 * Sequential Change Detection").
 *
 * A target is one hypothesis in a stretch, however often it is looked at: its chance counts as many times as there are
 * looks (Bonferroni). Targets are let through as time passes, and never called back; each had, when it was, a chance of
 * at most share × (those through by then) / targets, and no fewer are through at the end, so that the rate is kept where
 * targets are strange together rather than instead of each other (Blanchard and Roquain 2008, "Two Simple Sufficient
 * Conditions for FDR Control").
 */
export interface DiscoveryRate {
  /** The share of alarms that may be false, more than 0 and less than 1. */
  readonly share: number;
  /** How long a stretch is. */
  readonly withinMs: number;
  /** How often chance has a say about one target in a stretch. */
  readonly looks: number;
}

interface Candidate {
  chance: number;
  /** The stretch in which that was told; undefined until targets are let through again. */
  stretch: number | undefined;
}

/** The targets of one policy that would fire, and those that do since the stretch began. */
export class Discoveries {
  readonly rate: DiscoveryRate;
  readonly #candidates = new Map<number, Candidate>();
  readonly #through = new Set<number>();
  #stretch = -Infinity;

  constructor(rate: DiscoveryRate) {
    this.rate = rate;
  }

  /** How many would fire and do not. */
  get heldBack(): number {
    return this.#candidates.size;
  }

  /** Takes a target that would fire, and the chance of what it shows while nothing is wrong; only less is news. */
  offer(slot: number, chance: number): void {
    const known = this.#candidates.get(slot);
    if (known === undefined) this.#candidates.set(slot, { chance, stretch: undefined });
    else if (chance < known.chance) Object.assign(known, { chance, stretch: undefined });
  }

  /** A target that would not fire any more. */
  withdraw(slot: number): void {
    this.#candidates.delete(slot);
  }

  /** A target that has gone. */
  end(slot: number): void {
    this.#candidates.delete(slot);
    this.#through.delete(slot);
  }

  /** Lets those through that are strange enough among so many targets; answers them, the strangest first. */
  settle(nowMs: number, targets: number): readonly number[] {
    const { share, withinMs, looks } = this.rate;
    const stretch = Math.floor(nowMs / withinMs);
    if (stretch !== this.#stretch) this.#through.clear();
    this.#stretch = stretch;
    const tested: [slot: number, chance: number][] = [];
    for (const [slot, candidate] of this.#candidates) {
      candidate.stretch ??= stretch;
      // What was not enough in its own stretch is no news in the next.
      if (candidate.stretch === stretch) tested.push([slot, candidate.chance]);
    }
    if (tested.length === 0) return [];
    tested.sort(([a, chanceOfA], [b, chanceOfB]) => chanceOfA - chanceOfB || a - b);
    let through = 0;
    let discovered = this.#through.size;
    for (const [i, [slot, chance]] of tested.entries()) {
      if (!this.#through.has(slot)) discovered++;
      if (chance * looks * targets <= share * discovered) through = i + 1;
    }
    const found = tested.slice(0, through).map(([slot]) => slot);
    for (const slot of found) {
      this.#candidates.delete(slot);
      this.#through.add(slot);
    }
    return found;
  }
}
