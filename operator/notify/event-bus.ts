import type { StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { BusError } from '../../wire/bus.ts';
import { ensureStreamIs } from '../../wire/frames-stream.ts';

/** Where events are published, acknowledged; `id` lets the stream drop what it has already. */
export interface EventBus {
  publish(subject: string, payload: Uint8Array, id: string): Promise<unknown>;
}

const nanosecondsPerSecond = 1_000_000_000;

/**
 * The stream of events as it should be: a week of `<prefix>.events.>`, in at most 64 MiB. Who comes later than that reads
 * the objects.
 *
 * @example eventsStream('homeostat').name // 'HOMEOSTAT_EVENTS'
 */
export const eventsStream = (prefix: string): Partial<StreamConfig> & { readonly name: string } => ({
  name: `${prefix.toUpperCase()}_EVENTS`,
  description: 'What becomes of Incidents and Remediations, and what people are told, as CloudEvents.',
  subjects: [`${prefix}.events.>`],
  retention: 'limits',
  storage: 'file',
  discard: 'old',
  max_age: 7 * 86_400 * nanosecondsPerSecond,
  max_bytes: 64 * 1024 * 1024,
  duplicate_window: 120 * nanosecondsPerSecond,
  allow_direct: true,
});

/** The bus on a broker; the stream is made when it turns out not to be there. */
export const jetStreamEvents = (
  broker: { readonly bus: EventBus; readonly connection: NatsConnection | undefined },
  prefix: string,
): EventBus => ({
  async publish(subject, payload, id) {
    try {
      return await broker.bus.publish(subject, payload, id);
    } catch (error) {
      const { connection } = broker;
      if (!(error instanceof BusError) || error.reason !== 'NoStream' || connection === undefined) throw error;
      await ensureStreamIs(connection, eventsStream(prefix));
      return broker.bus.publish(subject, payload, id);
    }
  },
});
