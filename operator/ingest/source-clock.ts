/**
 * Puts the times that a sender wrote on the clock of the stream (the NATS server's, stamped when a message is stored),
 * so that one wrong clock moves nobody's time but is corrected or bounded itself.
 *
 * A clock is held to be right until its frames show otherwise. `stored - captured` is the clock's error plus the time
 * under way; the least of it over a window is almost only error. A smaller value is learnt at once, a greater one when
 * a whole window has shown nothing smaller (a slow queue is not a slow clock). A clock that was *set* shows as a time
 * far in the future, or before the time already told: such a frame counts as read when it was stored, and once a few
 * of them agree the new setting is believed.
 */
const windowMs = 30_000;
const leastFrames = 10;
/** Errors up to this are left alone: the time under way is as great, and correcting it would hide it. */
const toleranceMs = 500;
const futureMs = 2_000;
const lateMs = 5_000;
const agreeingFrames = 3;
const agreementMs = 1_000;

/** What was wrong with a frame's time. `Late` frames keep their time, the others count as read when they were stored. */
export type TimeFault = 'Future' | 'Backwards' | 'Late';

export interface StreamTime {
  /** When the values were read, on the stream's clock; never after the frame was stored, never before its predecessor. */
  readonly atMs: number;
  readonly fault?: TimeFault;
}

/** No frames contradict what is believed. */
const noJump = { frames: 0, offsetMs: 0 };

export class SourceClock {
  #skewMs = 0;
  #windowStartMs: number | undefined;
  #windowLeastMs = Infinity;
  #windowFrames = 0;
  #lastCapturedMs = -Infinity;
  #lastAtMs = -Infinity;
  #jump = noJump;

  /** How far the sender's clock is behind the stream's, in milliseconds, less the shortest time under way; negative when ahead. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /** The stream's time of a frame that says it was read at `capturedMs`; to be asked in the order of the stream. */
  read(capturedMs: number, storedMs: number): StreamTime {
    const offsetMs = storedMs - capturedMs;
    const fault = this.#jumpOf(capturedMs, offsetMs);
    if (fault !== undefined && !this.#confirmed(offsetMs)) return { atMs: this.#inOrder(storedMs), fault };
    if (fault !== undefined) this.#believe(this.#jump.offsetMs, storedMs);
    this.#jump = noJump;
    this.#lastCapturedMs = capturedMs;
    this.#learn(offsetMs, storedMs);
    const atMs = this.#inOrder(Math.min(capturedMs + this.correctionMs, storedMs));
    return storedMs - atMs > lateMs ? { atMs, fault: 'Late' } : { atMs };
  }

  /** What is added to the sender's times now, in milliseconds. */
  get correctionMs(): number {
    return Math.abs(this.#skewMs) > toleranceMs ? this.#skewMs : 0;
  }

  #jumpOf(capturedMs: number, offsetMs: number): TimeFault | undefined {
    if (!Number.isFinite(capturedMs) || offsetMs < Math.min(this.#skewMs, 0) - futureMs) return 'Future';
    return capturedMs < this.#lastCapturedMs ? 'Backwards' : undefined;
  }

  /** Counts one more frame that contradicts what is believed; true when enough of them say the same. */
  #confirmed(offsetMs: number): boolean {
    if (!Number.isFinite(offsetMs)) return false;
    if (Math.abs(offsetMs - this.#jump.offsetMs) > agreementMs) this.#jump = { frames: 0, offsetMs };
    this.#jump = { frames: this.#jump.frames + 1, offsetMs: Math.min(offsetMs, this.#jump.offsetMs) };
    return this.#jump.frames >= agreeingFrames;
  }

  #believe(offsetMs: number, storedMs: number): void {
    this.#skewMs = offsetMs;
    this.#startWindow(storedMs);
  }

  #startWindow(storedMs: number): void {
    this.#windowStartMs = storedMs;
    this.#windowLeastMs = Infinity;
    this.#windowFrames = 0;
  }

  #learn(offsetMs: number, storedMs: number): void {
    if (this.#windowStartMs === undefined) this.#startWindow(storedMs);
    this.#skewMs = Math.min(this.#skewMs, offsetMs);
    this.#windowLeastMs = Math.min(this.#windowLeastMs, offsetMs);
    this.#windowFrames++;
    if (storedMs - (this.#windowStartMs ?? storedMs) < windowMs || this.#windowFrames < leastFrames) return;
    this.#believe(this.#windowLeastMs, storedMs);
  }

  #inOrder(atMs: number): number {
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    return this.#lastAtMs;
  }
}
