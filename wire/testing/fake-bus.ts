import { decode } from '../../engine/frame/decode.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { BusError, type Bus, type BusProblem } from '../bus.ts';

/** What is to happen to a publish instead of storing it, or, the last, after it. */
export type Fault = BusProblem | 'StoredButTimeout';

/** Stores what it is given, as a JetStream stream does; fails when it is told to. */
export class FakeBus implements Bus {
  connection = 1;
  readonly stored: { subject: string; message: Frame | Keyframe }[] = [];
  /** One entry a publish; undefined lets it be stored. */
  readonly faults: (undefined | Fault)[] = [];
  most = 0;
  #underWay = 0;
  #up = true;
  #ids = new Set<string>();
  #gate = Promise.withResolvers<void>();

  constructor() {
    this.#gate.resolve();
  }

  connected(): Promise<void> {
    return this.#gate.promise;
  }
  cut(): void {
    if (!this.#up) return;
    this.#up = false;
    this.#gate = Promise.withResolvers();
  }
  mend(): void {
    if (this.#up) return;
    this.#up = true;
    this.connection++;
    this.#gate.resolve();
  }

  async publish(subject: string, payload: Uint8Array, id: string): Promise<{ duplicate: boolean }> {
    this.most = Math.max(this.most, ++this.#underWay);
    await Promise.resolve();
    this.#underWay--;
    const fault = this.faults.shift();
    const duplicate = this.#ids.has(id);
    // A server that has stored a message does not find it too large the next time.
    if (fault !== undefined && fault !== 'StoredButTimeout' && !(fault === 'TooLarge' && duplicate))
      throw new BusError(fault, fault);
    this.#ids.add(id);
    if (!duplicate) this.stored.push({ subject, message: decode(payload.slice()) });
    if (fault === 'StoredButTimeout') throw new BusError('Timeout', 'no acknowledgement');
    return { duplicate };
  }

  /** `k` for a keyframe, else the sequence; with `(n)` behind it when n frames were dropped. */
  get story(): string {
    return this.stored
      .map(({ message }) =>
        message.kind === 'keyframe'
          ? `k${message.generation}`
          : `${message.sequence}${message.dropped ? `(${message.dropped})` : ''}`,
      )
      .join(' ');
  }
}
