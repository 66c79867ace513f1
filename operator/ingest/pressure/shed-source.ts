import { shedSubject } from '../../../engine/frame/subject.ts';
import type { Bus } from '../../../wire/bus.ts';
import type { Clock } from '../../kube/clock.ts';
import { messageOf, type Logger } from '../../kube/logger.ts';
import { encodeShed, shedRepeatMs, type ShedMessage, type Skipped } from './shed-message.ts';

export interface ShedSourceOptions {
  readonly bus: Pick<Bus, 'publish'>;
  readonly prefix?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1); for message ids. */
  readonly random: () => number;
  /** What is shed now, as `namespace/name`. */
  readonly shed: () => readonly string[];
  /** The event time that the reading has come to. */
  readonly atMs: () => number;
}

const retryMs = 5_000;
/** While the stream takes nothing, so many changes wait at most; then the oldest go, for the last one says all that holds. */
const mostWaiting = 100;

/** Tells on the stream what is shed, whenever that changes. Only the leader tells: it is its verdicts that count. */
export class ShedSource {
  readonly #options: ShedSourceOptions;
  readonly #waiting: ShedMessage[] = [];
  #active = false;
  #sending = false;
  #said = '';
  #cancel = (): void => {};

  constructor(options: ShedSourceOptions) {
    this.#options = options;
  }

  /** Begins or ceases to tell. Who begins says how it is with him: who led before may have said otherwise. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#cancel();
    this.#waiting.splice(0);
    if (active) this.changed(this.#options.atMs());
  }

  /** From `atMs` (event time) on something else is shed, or something was skipped. */
  changed(atMs: number, skipped?: Skipped): void {
    if (!this.#active) return;
    this.#waiting.push({ atMs, policies: this.#options.shed(), ...(skipped && { skipped }) });
    if (this.#waiting.length > mostWaiting) this.#waiting.shift();
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    this.#cancel();
    const { bus, prefix, clock, logger, random } = this.#options;
    let nextMs = shedRepeatMs;
    try {
      for (let next = this.#waiting[0]; next !== undefined && this.#active; next = this.#waiting[0]) {
        await bus.publish(shedSubject(prefix), encodeShed(next), `shed:${clock.now()}:${random()}`);
        if (this.#waiting[0] === next) this.#waiting.shift();
      }
      this.#said = '';
    } catch (error) {
      nextMs = retryMs;
      const reason = messageOf(error);
      if (reason !== this.#said) logger.warn('what is shed is not stored: replays know less', { reason });
      this.#said = reason;
    }
    this.#sending = false;
    if (this.#active) this.#cancel = clock.after(nextMs, () => this.#again());
  }

  #again(): void {
    if (this.#waiting.length > 0) void this.#send();
    else if (this.#options.shed().length > 0) this.changed(this.#options.atMs());
    else this.#cancel = this.#options.clock.after(shedRepeatMs, () => this.#again());
  }
}
