import type { KubeObject, WatchEvent, WatchOptions } from '../kube/api.ts';
import { unreachable } from '../testing/api-errors.ts';
import { Delayed } from './delayed.ts';
import type { Process } from './process.ts';
import type { VirtualTime } from './virtual-time.ts';

type Event = WatchEvent<KubeObject>;

/** What may befall the watches of one kind in one process. */
export interface WatchWeather {
  /** Nothing arrives before this time. */
  stalledUntilMs: number;
  /** Everything is told so much later than it happens. */
  lagMs: number;
  /** So many of the next events arrive twice. */
  duplicates: number;
}

export interface PipeOptions {
  readonly time: VirtualTime;
  readonly process: Process;
  readonly weather: WatchWeather;
  /** How long the next event is on its way, in milliseconds. */
  readonly latencyMs: () => number;
  /** Opens the server's end of it. */
  readonly open: (options: WatchOptions) => Promise<unknown>;
}

/** Why a stream ends: the same for all, because an error of its own for each takes its time to make. */
const over = new Error('the watch is over');

/** One watch between the server and a process: order is kept, everything arrives late, or twice, or after a long while. */
export class WatchPipe {
  readonly #options: PipeOptions;
  readonly #server = new AbortController();
  readonly #queue: Event[] = [];
  readonly #onTheWay: Delayed;
  #end: 'Open' | 'Ended' | 'Broken' = 'Open';
  #wake = (): void => {};
  #leave = (): void => {};

  constructor(options: PipeOptions) {
    this.#options = options;
    this.#onTheWay = new Delayed({ ...options, stalledUntilMs: () => options.weather.stalledUntilMs });
    // A signal made of others keeps whoever listens to it alive, for ever: nobody else would end that.
    options.process.onDeath(() => {
      this.#server.abort(over);
      this.#leave();
    });
  }

  /** What the process reads. */
  async *events(given: WatchOptions): AsyncIterable<Event> {
    const onAbort = (): void => this.#close('Ended');
    given.signal.addEventListener('abort', onAbort, { once: true });
    this.#leave = (): void => given.signal.removeEventListener('abort', onAbort);
    try {
      const stream = await this.#options.open({ ...given, signal: this.#server.signal });
      void this.#pump(stream as AsyncIterable<Event>);
      for (;;) {
        const event = this.#queue.shift();
        if (event !== undefined) yield event;
        else if (this.#end === 'Broken') throw unreachable();
        else if (this.#end === 'Ended') return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#leave();
      this.#server.abort(over);
    }
  }

  /** The connection is cut; what has not arrived is lost with it. */
  cut(): void {
    this.#close('Broken');
  }

  async #pump(stream: AsyncIterable<Event>): Promise<void> {
    for await (const event of stream) this.#send(() => this.#arrive(event));
    this.#send(() => this.#close('Ended'));
  }

  /** In the order of sending, each no earlier than the one before. */
  #send(arrive: () => void): void {
    const { time, latencyMs, weather } = this.#options;
    this.#onTheWay.send(time.now() + latencyMs() + weather.lagMs, arrive);
  }

  #arrive(event: Event): void {
    if (this.#end !== 'Open') return;
    const { weather } = this.#options;
    this.#queue.push(event);
    if (weather.duplicates > 0 && event.type !== 'ERROR') {
      weather.duplicates--;
      this.#queue.push(event);
    }
    this.#wake();
  }

  #close(how: 'Ended' | 'Broken'): void {
    if (this.#end !== 'Open') return;
    this.#end = how;
    this.#server.abort(over);
    this.#wake();
  }
}
