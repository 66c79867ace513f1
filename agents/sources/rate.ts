/** The rise of a counter a second between two reads; missing at first, and when the counter began again. */
export class Rate {
  #value = Number.NaN;
  #atSeconds = Number.NaN;

  /** `atSeconds` by a clock that only rises. */
  next(value: number, atSeconds: number): number {
    const rise = value - this.#value;
    const seconds = atSeconds - this.#atSeconds;
    this.#value = value;
    this.#atSeconds = atSeconds;
    return rise >= 0 && seconds > 0 ? rise / seconds : Number.NaN;
  }
}

/** How much of what happened between two reads was of one kind: the rise of one counter over that of another. */
export class Share {
  #part = Number.NaN;
  #whole = Number.NaN;

  /** 0 when nothing happened; missing at first and when a counter began again. */
  next(part: number, whole: number): number {
    const parts = part - this.#part;
    const wholes = whole - this.#whole;
    this.#part = part;
    this.#whole = whole;
    if (!(parts >= 0 && wholes >= 0)) return Number.NaN;
    return wholes === 0 ? 0 : Math.min(1, parts / wholes);
  }
}

/** A rate of something that is read at moments of its own: until it was read again, the rate is the last one. */
export class HeldRate {
  readonly #rate = new Rate();
  #atMs = Number.NaN;
  #value = Number.NaN;

  /** `atMs` is when `value` was read, by the clock of whoever read it. */
  next(value: number, atMs: number): number {
    if (atMs !== this.#atMs) this.#value = this.#rate.next(value, atMs / 1000);
    this.#atMs = atMs;
    return this.#value;
  }
}
