const width = 64;

/**
 * Remembers which of a sender's last 64 sequence numbers have been seen, as replay windows in network protocols do:
 * what comes twice can be told from what comes late, with a fixed amount of memory.
 */
export class SequenceWindow {
  #highest = 0;
  readonly #seen = new Uint8Array(width);

  /** The greatest number seen; 0 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /**
   * Notes a number (1, 2, 3 …). The result is how many numbers before it have been left out, or why it is not the
   * newest. The first number leaves nothing out; one too old to be remembered counts as a duplicate.
   */
  take(sequence: number): number | 'Duplicate' | 'OutOfOrder' {
    if (sequence <= this.#highest) return this.#takeOld(sequence);
    const between = sequence - this.#highest - 1;
    if (between >= width) this.#seen.fill(0);
    else for (let left = this.#highest + 1; left < sequence; left++) this.#seen[left % width] = 0;
    const missed = this.#highest === 0 ? 0 : between;
    this.#highest = sequence;
    this.#seen[sequence % width] = 1;
    return missed;
  }

  #takeOld(sequence: number): 'Duplicate' | 'OutOfOrder' {
    if (this.#highest - sequence >= width || this.#seen[sequence % width] === 1) return 'Duplicate';
    this.#seen[sequence % width] = 1;
    return 'OutOfOrder';
  }
}
