import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from './clock.ts';
import { kvFollow, kvGet, type Bucket } from './kv.ts';

export interface ToldKeyOptions {
  readonly connection: () => NatsConnection | undefined;
  readonly bucket: Bucket;
  readonly key: string;
  readonly clock: Clock;
  /** Called with each new value, and not twice in a row with the same. */
  readonly onValue: (value: Uint8Array) => void;
}

const lookMs = 1_000;
/** What is put is heard at once; this finds what was missed. */
const repeatMs = 60_000;

/** Follows one key of a bucket for as long as it is wanted: heard when it is put, read at each new connection. */
export class ToldKey {
  readonly #options: ToldKeyOptions;
  #connection: NatsConnection | undefined;
  #readMs = -Infinity;
  #last: Buffer | undefined;
  #end = (): void => {};
  #cancel = (): void => {};

  constructor(options: ToldKeyOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(lookMs, () => this.start());
    const { connection: now, bucket, key, clock } = this.#options;
    const connection = now();
    if (connection === undefined) return;
    if (connection !== this.#connection) {
      this.#end();
      this.#end = kvFollow(connection, bucket, key, (value) => this.#take(value));
      this.#connection = connection;
      this.#readMs = -Infinity;
    }
    if (clock.monotonic() - this.#readMs < repeatMs) return;
    this.#readMs = clock.monotonic();
    kvGet(connection, bucket, key).then(
      (value) => value && this.#take(value),
      // The bucket is made by the operator, perhaps later than we start.
      () => void (this.#readMs = clock.monotonic() - repeatMs + 10 * lookMs),
    );
  }

  stop(): void {
    this.#cancel();
    if (this.#connection?.isClosed() === false) this.#end();
  }

  #take(value: Uint8Array): void {
    if (this.#last?.equals(value) === true) return;
    this.#last = Buffer.from(value);
    this.#options.onValue(value);
  }
}
