import { jetstreamManager, JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { framesStream } from '../engine/frame/stream.ts';

/** What was found of a stream. */
export type Ensured = 'Created' | 'Updated' | 'Unchanged';

const noSuchStream = 10_059;

/**
 * Makes the stream of frames be as `framesStream` says: creates it, or changes what may be changed in it and differs.
 * Any number of processes may do so at once. Throws what JetStream throws.
 */
export const ensureFramesStream = (
  connection: NatsConnection,
  options: { maxBytes: number; prefix?: string },
): Promise<Ensured> => ensureStreamIs(connection, framesStream(options));

/** What a stream should be; what is not said is left to the server. */
type WantedStream = Omit<Partial<StreamConfig>, 'name' | 'subjects'> & {
  readonly name: string;
  readonly subjects?: readonly string[];
};

/** The same for any stream. */
export async function ensureStreamIs(
  connection: NatsConnection,
  { subjects, ...stated }: WantedStream,
): Promise<Ensured> {
  const wanted = { ...stated, ...(subjects && { subjects: [...subjects] }) };
  const { streams } = await jetstreamManager(connection, { checkAPI: false });
  try {
    const { config } = await streams.info(wanted.name);
    if (sameIn(wanted, config)) return 'Unchanged';
    await streams.update(wanted.name, wanted);
    return 'Updated';
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== noSuchStream) throw error;
    await streams.add(wanted);
    return 'Created';
  }
}

/** Whether everything that is wanted is so already; what else a server fills in does not matter. */
const sameIn = (wanted: object, found: object): boolean => {
  const values = new Map<string, unknown>(Object.entries(found));
  return Object.entries(wanted).every(([key, value]) => JSON.stringify(values.get(key)) === JSON.stringify(value));
};
