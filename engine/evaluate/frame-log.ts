import type { Timing } from '../frame/types.ts';
import { Moments } from './moments.ts';

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
  /** By how much the times of the newest frame were corrected. */
  skewMs = 0;
  readonly #late = new Moments();
  readonly #mistimed = new Moments();
  readonly #seconds = new Ring(1_000);
  readonly #minutes = new Ring(60_000);

  constructor(key: string) {
    this.key = key;
  }

  /** Notes a frame. A sequence that is not greater belongs to a restarted sender, whose frames are counted anew. */
  note(sequence: number, tMs: number, timing?: Timing): void {
    this.skewMs = timing?.correctionMs ?? 0;
    if (timing?.fault === 'Late') this.#late.note(0, tMs);
    else if (timing?.fault !== undefined) this.#mistimed.note(0, tMs);
    if (sequence <= this.lastSequence) {
      this.#seconds.clear();
      this.#minutes.clear();
    }
    this.lastSequence = sequence;
    this.lastFrameMs = tMs;
    this.#seconds.note(sequence, tMs);
    this.#minutes.note(sequence, tMs);
  }

  /** How many of the last 16 frames that came late were read after `tMs`. */
  lateAfter(tMs: number): number {
    return this.#late.after(0, tMs);
  }

  /** The same of those that said a time that cannot be. */
  mistimedAfter(tMs: number): number {
    return this.#mistimed.after(0, tMs);
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
