const entries = 64;

/**
 * Which frames of a source were read when, for the evidence of a verdict: by the second for a minute, by the minute
 * for an hour, in 2 kB. What it answers may reach a second, or a minute, further back than asked, never less.
 */
export class FrameLog {
  readonly key: string;
  intervalMs = 0;
  lastFrameMs = -Infinity;
  lastSequence = 0;
  readonly #seconds = new Ring(1_000);
  readonly #minutes = new Ring(60_000);

  constructor(key: string) {
    this.key = key;
  }

  /** Notes a frame. A sequence that is not greater belongs to a restarted sender, whose frames are counted anew. */
  note(sequence: number, tMs: number): void {
    if (sequence <= this.lastSequence) {
      this.#seconds.clear();
      this.#minutes.clear();
    }
    this.lastSequence = sequence;
    this.lastFrameMs = tMs;
    this.#seconds.note(sequence, tMs);
    this.#minutes.note(sequence, tMs);
  }

  /** A frame that is not younger than `tMs`, the youngest that is known; the oldest known one when all are younger. */
  sequenceAt(tMs: number): number {
    return this.#seconds.at(tMs) ?? this.#minutes.at(tMs) ?? this.#minutes.oldest ?? this.lastSequence;
  }
}

/** The last frames that were at least so far apart. */
class Ring {
  readonly #stepMs: number;
  readonly #times = new Float64Array(entries);
  readonly #sequences = new Float64Array(entries);
  #count = 0;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  clear(): void {
    this.#count = 0;
  }

  note(sequence: number, tMs: number): void {
    const last = this.#times[(this.#count + entries - 1) % entries] ?? 0;
    if (this.#count > 0 && tMs - last < this.#stepMs) return;
    const at = this.#count % entries;
    this.#times[at] = tMs;
    this.#sequences[at] = sequence;
    this.#count++;
  }

  get oldest(): number | undefined {
    if (this.#count === 0) return undefined;
    return this.#sequences[Math.max(0, this.#count - entries) % entries];
  }

  /** The youngest entry that is not younger than `tMs`. */
  at(tMs: number): number | undefined {
    for (let i = this.#count - 1; i >= Math.max(0, this.#count - entries); i--)
      if ((this.#times[i % entries] ?? Infinity) <= tMs) return this.#sequences[i % entries];
    return undefined;
  }
}
