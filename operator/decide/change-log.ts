/** What has changed, by name, for whoever keeps something that follows from it: so it is looked at once and not each time. */

/** So many are kept; whoever asks later than that has to look at everything. */
const mostKept = 10_000;

export class ChangeLog {
  #names: string[] = [];
  #dropped = 0;

  /** How many there have been. */
  get length(): number {
    return this.#dropped + this.#names.length;
  }

  note(name: string): void {
    this.#names.push(name);
    if (this.#names.length < 2 * mostKept) return;
    this.#dropped += mostKept;
    this.#names = this.#names.slice(mostKept);
  }

  /** What has changed after the first so many, in order; undefined when that is not known any more. */
  since(length: number): readonly string[] | undefined {
    return length < this.#dropped ? undefined : this.#names.slice(length - this.#dropped);
  }
}
