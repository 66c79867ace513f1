/**
 * Key-value buckets of JetStream, as far as both ends of ours need them. A bucket is a stream `KV_<bucket>` that keeps
 * the last message of each subject `$KV.<bucket>.<key>`, so that `nats kv` shows what is in it. Who only reads needs
 * the right to `$JS.API.DIRECT.GET.KV_<bucket>.>` and to subscribe, no consumer.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import { jetstream, type StreamConfig } from '@nats-io/jetstream';
import { defaultPrefix } from '../engine/frame/subject.ts';

/** A bucket, as it should be. */
export interface Bucket {
  readonly name: string;
  readonly description: string;
  readonly maxBytes: number;
  readonly maxValueBytes: number;
  /** Keys that are not written for so long are forgotten; 0: never. */
  readonly maxAgeSeconds: number;
}

/** What operators tell agents of scoring: key `wanted`, and `kin.<node>` of each node. */
export const scoringBucket = (prefix: string = defaultPrefix): Bucket => ({
  name: `${prefix}-scoring`,
  description: 'What Homeostat’s agents are to score.',
  maxBytes: 64 * 1024 * 1024,
  maxValueBytes: 256 * 1024,
  maxAgeSeconds: 0,
});

/**
 * What rows of a kind have learnt, written by agents under their own node only: `<kin>.<scoring>.<node>`, where kin is
 * two tokens. It holds some 25,000 of them.
 */
export const baselinesBucket = (prefix: string = defaultPrefix): Bucket => ({
  name: `${prefix}-baselines`,
  description: 'What is usual of each workload, for containers that begin.',
  maxBytes: 64 * 1024 * 1024,
  maxValueBytes: 16 * 1024,
  maxAgeSeconds: 3 * 86_400,
});

/** The subject of a key. */
export const kvSubject = ({ name }: Bucket, key: string): string => `$KV.${name}.${key}`;

/** The stream that a bucket is. */
export const bucketStream = (bucket: Bucket): Partial<StreamConfig> & { readonly name: string } => ({
  name: `KV_${bucket.name}`,
  description: bucket.description,
  subjects: [kvSubject(bucket, '>')],
  max_msgs_per_subject: 1,
  max_bytes: bucket.maxBytes,
  max_msg_size: bucket.maxValueBytes,
  max_age: bucket.maxAgeSeconds * 1e9,
  discard: 'new',
  storage: 'file',
  allow_rollup_hdrs: true,
  deny_delete: true,
  allow_direct: true,
});

const answerMs = 5_000;

/** A value with its number in the bucket, by which a later write can say what it follows. */
export interface KvEntry {
  /** Undefined when there is none, or it was deleted. */
  readonly value: Uint8Array | undefined;
  /** 0 when there never was one. */
  readonly revision: number;
}

/**
 * The newest value among the keys that `key` names, which may hold wildcards; undefined when there is none, or no
 * bucket. Rejects when the server does not answer.
 */
export const kvGet = async (connection: NatsConnection, bucket: Bucket, key: string): Promise<Uint8Array | undefined> =>
  (await kvEntry(connection, bucket, key)).value;

/** The same with its revision; rejects after `timeoutMs`. */
export async function kvEntry(
  connection: NatsConnection,
  bucket: Bucket,
  key: string,
  timeoutMs = answerMs,
): Promise<KvEntry> {
  const { data, headers } = await connection.request(
    `$JS.API.DIRECT.GET.KV_${bucket.name}`,
    JSON.stringify({ last_by_subj: kvSubject(bucket, key) }),
    { timeout: timeoutMs },
  );
  if (headers !== undefined && headers.code >= 400) return { value: undefined, revision: 0 };
  const operation = headers?.get('KV-Operation') ?? '';
  return { value: operation === '' ? data : undefined, revision: Number(headers?.get('Nats-Sequence') ?? 0) };
}

/**
 * Puts a value, unless the key was written since `revision`. Rejects then, as with whatever else JetStream does not take.
 */
export async function kvPutAfter(
  connection: NatsConnection,
  bucket: Bucket,
  key: string,
  value: Uint8Array,
  revision: number,
): Promise<void> {
  await jetstream(connection).publish(kvSubject(bucket, key), value, {
    expect: { lastSubjectSequence: revision },
    timeout: answerMs,
  });
}

/** Calls `take` with each value of a key that is put from now on. The result ends that. */
export function kvFollow(
  connection: NatsConnection,
  bucket: Bucket,
  key: string,
  take: (value: Uint8Array) => void,
): () => void {
  const subscription = connection.subscribe(kvSubject(bucket, key), {
    callback: (error, { data, headers }) => {
      if (error === null && !headers?.get('KV-Operation')) take(data);
    },
  });
  return () => subscription.unsubscribe();
}
