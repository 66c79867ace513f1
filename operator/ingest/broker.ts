import type { NatsConnection } from '@nats-io/transport-node';
import { systemClock } from '../../wire/clock.ts';
import { NatsBus } from '../../wire/nats-bus.ts';
import { withoutSecrets } from '../../wire/nats-url.ts';
import type { Logger } from '../kube/logger.ts';

export interface BrokerOptions {
  /** Comma-separated, such as `nats://10.0.0.1:4222,nats://user:password@10.0.0.2:4222`. */
  readonly url: string;
  /** Shown in the server’s list of connections. */
  readonly name: string;
  readonly logger: Logger;
}

/**
 * The operator’s connection to NATS, from its making on: it is sought for ever, and says at any time whether it stands
 * and, if not, why. A server that is absent, restarts or refuses us ends nothing.
 */
export class Broker {
  /** For acknowledged publishing. */
  readonly bus: NatsBus;
  readonly #url: string;
  readonly #logger: Logger;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #reason = 'connecting';

  constructor({ url, name, logger }: BrokerOptions) {
    this.#url = withoutSecrets(url);
    this.#logger = logger;
    this.bus = new NatsBus({ url, name, onConnection: (state) => this.#changed(state) }, systemClock);
  }

  /** The connection while it stands. */
  get connection(): NatsConnection | undefined {
    return this.bus.natsConnection;
  }

  /** Why there is no connection; undefined while it stands. */
  get problem(): string | undefined {
    return this.bus.isConnected ? undefined : `no connection to NATS at ${this.#url}: ${this.#reason}`;
  }

  /** Calls `listener` whenever the connection begins or ceases to stand, or fails in a new way. The result ends that. */
  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Closes the connection at once; what is on its way may be lost. */
  stop(): Promise<void> {
    return this.bus.close();
  }

  #changed(state: { connected: true; server: string } | { connected: false; reason: string }): void {
    if (state.connected) this.#logger.info('connected to nats', { server: state.server });
    else {
      this.#reason = state.reason;
      this.#logger.warn('no connection to nats', { servers: this.#url, reason: state.reason });
    }
    for (const listener of this.#listeners) listener(state.connected);
  }
}
