import { connect, type NatsConnection } from '@nats-io/transport-node';
import { serversOf, withoutSecrets } from '../../wire/nats-url.ts';

/** The NATS server cannot be reached, or does not let us in. */
export class NatsError extends Error {
  override readonly name = 'NatsError';
}

/** One connection for one run: what breaks it ends the run. Rejects with a `NatsError` that says what to do. */
export async function connectOnce(url: string, name: string): Promise<NatsConnection> {
  try {
    return await connect({ ...serversOf(url), name, reconnect: false, timeout: 5_000 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NatsError(
      `no connection to NATS at ${withoutSecrets(url)}: ${why}; ` +
        'give --nats-url or HOMEOSTAT_NATS_URL (from outside the cluster: kubectl port-forward first)',
      { cause },
    );
  }
}
