/** Event time passes in steps of this many milliseconds. */
export const tickMs = 200;
/** A longer silence of the stream is passed in so many greater steps. */
const mostSteps = 100;

/**
 * The moments at which event time is told to pass: multiples of 200 ms, the same ones whether the stream is read as it
 * is written or later, so that a replay judges at the same moments.
 */
export class Ticks {
  #lastMs: number | undefined;

  /** How far the moments told so far are ahead of `nowMs`, in milliseconds; 0 when they are not. */
  aheadOf(nowMs: number): number {
    return Math.max(0, (this.#lastMs ?? nowMs) - nowMs);
  }

  /** The moments after those told so far, up to and including `nowMs`, ascending. The first call only begins. */
  until(nowMs: number): number[] {
    const last = this.#lastMs;
    const end = Math.floor(nowMs / tickMs) * tickMs;
    if (last === undefined) this.#lastMs = end;
    if (last === undefined || end <= last) return [];
    this.#lastMs = end;
    const step = tickMs * Math.ceil((end - last) / tickMs / mostSteps);
    const moments: number[] = [];
    for (let at = last + step; at < end; at += step) moments.push(at);
    return [...moments, end];
  }
}
