import { SourceClock } from './source-clock.ts';

/**
 * What time it is on the stream, whose clock is the NATS server’s: ours, less the difference that live messages show.
 * The server’s clock is treated as that of a source, and is corrected only when it is clearly off.
 */
export class StreamTime {
  readonly #server = new SourceClock();

  /** Notes a message that was read as soon as it was stored. */
  note(storedMs: number, nowMs: number): void {
    this.#server.read(storedMs, nowMs);
  }

  /** The stream’s time, at our time `nowMs`. */
  at(nowMs: number): number {
    return nowMs - this.#server.correctionMs;
  }
}
