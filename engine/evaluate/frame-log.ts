import type { Timing } from '../frame/types.ts';
import { Moments } from './moments.ts';

const entries = 64;
// Where the rings stand: times and sequences of each, and how many entries each has had.
const seconds = 0;
const minutes = 2 * entries;
const counts = 4 * entries;
const secondMs = 1_000;
const minuteMs = 60_000;

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
  /** One array, since it is cold with each frame. */
  readonly #numbers = new Float64Array(4 * entries + 2);

  constructor(key: string) {
    this.key = key;
  }

  /** Notes a frame. A sequence that is not greater belongs to a restarted sender, whose frames are counted anew. */
  note(sequence: number, tMs: number, timing?: Timing): void {
    this.skewMs = timing?.correctionMs ?? 0;
    if (timing?.fault === 'Late') this.#late.note(0, tMs);
    else if (timing?.fault !== undefined) this.#mistimed.note(0, tMs);
    if (sequence <= this.lastSequence) this.#numbers.fill(0, counts);
    this.lastSequence = sequence;
    this.lastFrameMs = tMs;
    this.#note(seconds, secondMs, sequence, tMs);
    this.#note(minutes, minuteMs, sequence, tMs);
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
    return this.#at(seconds, tMs) ?? this.#at(minutes, tMs) ?? this.#oldest(minutes) ?? this.lastSequence;
  }

  /** Notes a frame in the ring at `ring`, whose entries are at least `stepMs` apart. */
  #note(ring: number, stepMs: number, sequence: number, tMs: number): void {
    const count = this.#count(ring);
    const last = this.#numbers[ring + ((count + entries - 1) % entries)] ?? 0;
    if (count > 0 && tMs - last < stepMs) return;
    this.#numbers[ring + (count % entries)] = tMs;
    this.#numbers[ring + entries + (count % entries)] = sequence;
    this.#numbers[counts + (ring === seconds ? 0 : 1)] = count + 1;
  }

  #oldest(ring: number): number | undefined {
    const count = this.#count(ring);
    return count === 0 ? undefined : this.#numbers[ring + entries + (Math.max(0, count - entries) % entries)];
  }

  /** The youngest entry that is not younger than `tMs`. */
  #at(ring: number, tMs: number): number | undefined {
    const count = this.#count(ring);
    for (let i = count - 1; i >= Math.max(0, count - entries); i--)
      if ((this.#numbers[ring + (i % entries)] ?? Infinity) <= tMs)
        return this.#numbers[ring + entries + (i % entries)];
    return undefined;
  }

  #count(ring: number): number {
    return this.#numbers[counts + (ring === seconds ? 0 : 1)] ?? 0;
  }
}
