/** Who is right among those that are told. */
export class Rates {
  #cases = 0;
  #falseShares = 0;
  #squares = 0;
  #found = 0;
  #bad = 0;
  #falseOnes = 0;

  /** Takes one case: which were told, and of how many that were to be told. */
  take(told: Iterable<number>, isBad: (target: number) => boolean, bad: number): void {
    let right = 0;
    let wrong = 0;
    for (const target of told)
      if (isBad(target)) right++;
      else wrong++;
    const share = wrong / Math.max(1, right + wrong);
    this.#cases++;
    this.#falseShares += share;
    this.#squares += share * share;
    this.#found += right;
    this.#bad += bad;
    this.#falseOnes += wrong;
  }

  get figures(): RateFigures {
    const cases = this.#cases;
    const mean = this.#falseShares / cases;
    return {
      cases,
      falseShare: mean,
      standardError: Math.sqrt(Math.max(0, this.#squares / cases - mean * mean) / cases),
      found: this.#bad === 0 ? NaN : this.#found / this.#bad,
      falseAlarms: this.#falseOnes / cases,
    };
  }
}

export interface RateFigures {
  readonly cases: number;
  /** The mean share of false alarms among all of a case; 0 where there are none. */
  readonly falseShare: number;
  readonly standardError: number;
  /** The share of those that are bad that was told. */
  readonly found: number;
  /** Mean number of false alarms in a case. */
  readonly falseAlarms: number;
}
