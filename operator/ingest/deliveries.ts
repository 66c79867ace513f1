import {
  AckPolicy,
  DeliverPolicy,
  ReplayPolicy,
  type ConsumerConfig,
  type ConsumerMessages,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { KeptStream } from '../../engine/frame/stream.ts';

/** Part of a stream being delivered: a consumer on the server that is ours alone. */
export interface Deliveries extends AsyncIterable<JsMsg> {
  /** Messages that were there when it began. */
  readonly pending: number;
  /** Messages that have arrived and wait in this process to be read. */
  waiting(): number;
}

/** The server shows by a heartbeat that it has nothing to send; two missed ones end the deliveries. */
const heartbeatMs = 1_000;
/** A request for more messages is renewed after so long; only a server that lost it makes this matter. */
const expiresMs = 5_000;
/** A message of the greatest size with its subject and headers must fit, or it would never be sent. */
const overheadBytes = 65_536;
/** How long the server keeps the consumer of a reader that has vanished. */
const inactiveMs = 30_000;

/**
 * Creates a consumer and delivers its messages, in order and without a gap, at most a message's greatest size ahead of
 * who reads. The iteration ends when `ending` is aborted, and throws when the server is silent, the consumer or stream
 * is gone, or a delivery is missing.
 */
export async function deliver(
  manager: JetStreamManager,
  stream: KeptStream,
  from: Partial<ConsumerConfig>,
  ending: AbortSignal,
): Promise<Deliveries> {
  const consumer = await manager.consumers.add(stream.name, {
    filter_subject: stream.subjects[0] ?? '>',
    ack_policy: AckPolicy.None,
    replay_policy: ReplayPolicy.Instant,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(inactiveMs),
    ...from,
  });
  let arrived: Pick<ConsumerMessages, 'getReceived' | 'getProcessed'> | undefined;
  return {
    pending: consumer.num_pending,
    // Not `getPending`: it goes on counting heartbeats that have been dealt with.
    waiting: () => (arrived === undefined ? 0 : arrived.getReceived() - arrived.getProcessed()),
    [Symbol.asyncIterator]: () =>
      messages(manager, stream, consumer.name, ending, (delivered) => {
        arrived = delivered;
      }),
  };
}

/** When the server stored a message, by its clock. */
export const storedMs = (message: JsMsg): number => message.info.timestampNanos / 1e6;

/** From the first message that was stored at that time or later. */
export const sinceTime = (sinceMs: number): Partial<ConsumerConfig> => ({
  deliver_policy: DeliverPolicy.StartTime,
  opt_start_time: new Date(sinceMs).toISOString(),
});

async function* messages(
  manager: JetStreamManager,
  stream: KeptStream,
  name: string,
  ending: AbortSignal,
  onStarted: (delivered: ConsumerMessages) => void,
): AsyncGenerator<JsMsg> {
  const consumer = await manager.jetstream().consumers.get(stream.name, name);
  const delivered = await consumer.consume({
    max_bytes: stream.max_msg_size + overheadBytes,
    expires: expiresMs,
    idle_heartbeat: heartbeatMs,
    abort_on_missing_resource: true,
  });
  onStarted(delivered);
  let silent = false;
  const stop = (): void => void delivered.close();
  ending.addEventListener('abort', stop, { once: true });
  if (ending.aborted) stop();
  void (async () => {
    for await (const { type } of delivered.status()) {
      if (type !== 'heartbeats_missed') continue;
      silent = true;
      stop();
    }
  })();
  try {
    let expected = 1;
    for await (const message of delivered) {
      if (message.info.deliverySequence !== expected++)
        throw new Error(`delivery ${expected - 1} is missing, ${message.info.deliverySequence} came`);
      yield message;
    }
    if (silent) throw new Error('the NATS server sends neither messages nor heartbeats');
  } finally {
    ending.removeEventListener('abort', stop);
    stop();
    // The server forgets it anyway after a while, and may not be there any more.
    manager.consumers.delete(stream.name, name).catch(() => {});
  }
}
