import type { StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Registry } from 'prom-client';
import { Breaker } from '../../wire/breaker.ts';
import { showBreakers } from '../../wire/breaker-metrics.ts';
import { BusError, type BusProblem } from '../../wire/bus.ts';
import { ensureStreamIs } from '../../wire/streams.ts';
import { monotonicMs, type Clock } from '../kube/clock.ts';

/** Where events are published, acknowledged; `id` lets the stream drop what it has already. */
export interface EventBus {
  publish(subject: string, payload: Uint8Array, id: string): Promise<unknown>;
}

/** Of a broker that is there and does not take events. */
const limits = { failures: 3, firstMs: 1000, longestMs: 30_000 };

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

export interface EventBusOptions {
  readonly broker: { readonly bus: EventBus; readonly connection: NatsConnection | undefined };
  readonly prefix: string;
  readonly clock: Clock;
  readonly registry: Registry;
}

/**
 * The bus on a broker; the stream is made when it turns out not to be there. A broker that does not take events is left in
 * peace for a while: then it rejects at once.
 */
export function jetStreamEvents({ broker, prefix, clock, registry }: EventBusOptions): EventBus {
  const breaker = new Breaker(limits);
  const nowMs = (): number => monotonicMs(clock);
  showBreakers(registry, 'events', () => [breaker], nowMs);
  const publish: EventBus['publish'] = async (subject, payload, id) => {
    try {
      return await broker.bus.publish(subject, payload, id);
    } catch (error) {
      const { connection } = broker;
      if (!(error instanceof BusError) || error.reason !== 'NoStream' || connection === undefined) throw error;
      await ensureStreamIs(connection, eventsStream(prefix));
      return broker.bus.publish(subject, payload, id);
    }
  };
  return {
    async publish(...event) {
      const waitMs = breaker.admit(nowMs());
      if (waitMs > 0) throw new BusError('Refused', 'the broker has taken no event lately and is left in peace');
      try {
        const stored = await publish(...event);
        breaker.succeeded();
        return stored;
      } catch (error) {
        // That there is no connection, and that one event is too large, is known without asking.
        if (error instanceof BusError && free.has(error.reason)) breaker.abandoned();
        else breaker.failed(nowMs());
        throw error;
      }
    },
  };
}

const free: ReadonlySet<BusProblem> = new Set(['Disconnected', 'TooLarge']);
