import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import { Acknowledged, type Acknowledgement } from './acknowledged.ts';
import { BusError, type Bus } from './bus.ts';
import type { Clock } from './clock.ts';
import { serversOf } from './nats-url.ts';

export interface NatsBusOptions {
  /** Comma-separated; may hold a user and a password. */
  readonly url: string;
  /** How the server’s monitoring names us. */
  readonly name: string;
  /** How long to wait for an acknowledgement. Default 2000. */
  readonly ackMs?: number;
  /** Told of each change, and once of each new reason why there is no connection. */
  readonly onConnection?: (state: { connected: true; server: string } | { connected: false; reason: string }) => void;
}

const retryMs = { first: 100, longest: 2000 };

/** A connection to NATS that is made, kept and made again until it is closed, and acknowledged publishing over it. */
export class NatsBus implements Bus {
  connection = 0;
  readonly #options: NatsBusOptions;
  readonly #clock: Clock;
  #nc: NatsConnection | undefined;
  #acknowledged: Acknowledged | undefined;
  #up = false;
  #closing = false;
  #said = '';
  #found = Promise.withResolvers<void>();
  #wake: () => void = () => {};

  constructor(options: NatsBusOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    void this.#run();
  }

  get isConnected(): boolean {
    return this.#up;
  }

  connected(): Promise<void> {
    return this.#up ? Promise.resolve() : this.#found.promise;
  }

  async publish(subject: string, payload: Uint8Array, id: string): Promise<Acknowledgement> {
    const acknowledged = this.#acknowledged;
    if (!this.#up || acknowledged === undefined) throw new BusError('Disconnected', 'there is no connection to NATS');
    try {
      return await acknowledged.publish(subject, payload, id);
    } catch (error) {
      throw busError(error, subject);
    }
  }

  /** The connection as it is now, for requests of other kinds. */
  get natsConnection(): NatsConnection | undefined {
    return this.#up ? this.#nc : undefined;
  }

  /** Sends what is written, and ends the connection for good. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake();
    await this.#nc?.close();
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#closing; attempt++) {
      try {
        const nc = await connect({
          ...serversOf(this.#options.url),
          name: this.#options.name,
          maxReconnectAttempts: -1,
          ignoreAuthErrorAbort: true,
          reconnectDelayHandler: () => jittered(Math.min(retryMs.longest, 250)),
          timeout: 5000,
          // An Error made with each request, for the trace of those that fail, cost half of it.
          noAsyncTraces: true,
          pingInterval: 20_000,
        });
        attempt = 0;
        await this.#serve(nc);
      } catch (error) {
        this.#down(error instanceof Error ? error.message : String(error));
      }
      if (!this.#closing) await this.#sleep(jittered(Math.min(retryMs.longest, retryMs.first * 2 ** attempt)));
    }
  }

  /** Follows a connection, which the client library makes again by itself, until it is closed. */
  async #serve(nc: NatsConnection): Promise<void> {
    this.#nc = nc;
    const acknowledged = new Acknowledged(nc, this.#clock, this.#options.ackMs ?? 2000);
    this.#acknowledged = acknowledged;
    if (this.#closing) return nc.close();
    this.#connected(nc);
    for await (const status of nc.status()) {
      const { type } = status;
      if (type === 'disconnect' || type === 'staleConnection') this.#down('connection lost');
      else if (type === 'reconnect') this.#connected(nc);
      else if (type === 'error' && status.error instanceof errors.PermissionViolationError) {
        const { operation, subject } = status.error;
        if (operation === 'publish') acknowledged.lose(status.error, subject);
      }
    }
    const error = await nc.closed();
    this.#down(error instanceof Error ? error.message : 'connection closed');
  }

  #connected(nc: NatsConnection): void {
    if (this.#up) return;
    this.#up = true;
    this.#said = '';
    this.connection++;
    this.#found.resolve();
    this.#options.onConnection?.({ connected: true, server: nc.getServer() });
  }

  #down(reason: string): void {
    if (this.#up) {
      this.#up = false;
      this.#found = Promise.withResolvers();
      const lost = new BusError('Disconnected', 'the connection to NATS was lost before the acknowledgement came');
      this.#acknowledged?.lose(lost);
    }
    if (this.#said === reason || this.#closing) return;
    this.#said = reason;
    this.#options.onConnection?.({ connected: false, reason });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

const jittered = (ms: number): number => ms * (0.5 + Math.random() / 2);

/** JetStream’s codes for a message that is larger than the stream takes, and for an account or a stream that is full. */
const tooLargeCode = 10_054;
const fullCodes: ReadonlySet<number> = new Set([10_023, 10_047, 10_077, 10_122]);

/** What a failed publish means, and what to do about it. */
function busError(error: unknown, subject: string): BusError {
  if (error instanceof BusError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  const isNowhere =
    error instanceof JetStreamApiError && error.code === JetStreamApiCodes.JetStreamNotEnabledForAccount;
  if (isNowhere || error instanceof errors.NoRespondersError)
    return new BusError(
      'NoStream',
      `no JetStream stream takes ${subject}: the operator creates it when it starts, and the server needs JetStream`,
      options,
    );
  if (error instanceof JetStreamApiError) {
    if (error.code === tooLargeCode) return new BusError('TooLarge', message, options);
    const hint = fullCodes.has(error.code) ? ': the stream or its disk is full' : '';
    return new BusError('Refused', `${message} (${error.code})${hint}`, options);
  }
  if (error instanceof errors.PermissionViolationError) {
    const isPublish = error.operation === 'publish';
    const what = isPublish ? `publish to ${subject}` : `subscribe to ${error.subject}, for acknowledgements`;
    return new BusError('Refused', `we may not ${what}`, options);
  }
  if (error instanceof errors.InvalidArgumentError) return new BusError('TooLarge', message, options);
  if (error instanceof errors.TimeoutError)
    return new BusError(
      'Timeout',
      'the broker did not acknowledge in time; if this lasts, see its log: one whose disk was full stores nothing until it is restarted',
      options,
    );
  // All else is tried again after a pause, these when the connection is back.
  const isGone = [errors.RequestError, errors.ClosedConnectionError, errors.DrainingConnectionError].some(
    (kind) => error instanceof kind,
  );
  return new BusError(isGone ? 'Disconnected' : 'Refused', message, options);
}
