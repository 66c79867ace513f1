/** Where history is kept on NATS: a stream of rollups, and a bucket of profiles made of them. */
import { partitions } from '../../engine/history/series.ts';
import type { KeptStream } from '../../engine/frame/stream.ts';
import type { Bucket } from '../../wire/kv.ts';

export interface HistoryStore {
  /** First token of the subjects. */
  readonly prefix: string;
  /** Upper bound of the stream, in bytes; the oldest minutes go first. */
  readonly maxBytes: number;
  /** How long rollups are kept. */
  readonly days: number;
}

const nanosecondsPerSecond = 1_000_000_000;
const daySeconds = 86_400;

/**
 * The stream as it should be. What is published twice within an hour is stored once: a new leader publishes again what the
 * one before may have published.
 *
 * @example rollupsStream({ prefix: 'homeostat', maxBytes: 2 ** 31, days: 30 }).name // 'HOMEOSTAT_ROLLUPS'
 */
export const rollupsStream = ({ prefix, maxBytes, days }: HistoryStore): KeptStream => ({
  name: `${prefix.toUpperCase()}_ROLLUPS`,
  description: 'Sketches of what Homeostat’s agents measured, one for each minute.',
  subjects: [`${prefix}.rollups.>`],
  retention: 'limits',
  storage: 'file',
  discard: 'old',
  max_age: days * daySeconds * nanosecondsPerSecond,
  max_bytes: maxBytes,
  max_msg_size: 1024 * 1024,
  duplicate_window: 3600 * nanosecondsPerSecond,
  allow_direct: true,
});

/** Where the rollups of a partition are published: `homeostat.rollups.7`. */
export const rollupSubject = (prefix: string, partition: number): string =>
  `${prefix}.rollups.${partition % partitions}`;

/** The id by which a rollup is stored once. */
export const rollupId = (minute: number, partition: number, part: number): string =>
  `rollup:${minute}:${partition}:${part}`;

/**
 * What is usual of each entity and metric (`usualKey`), written by the leader once an hour. It holds some 20,000 profiles of
 * the largest kind; of what is gone the profile goes after two weeks.
 */
export const usualBucket = (prefix: string): Bucket => ({
  name: `${prefix}-usual`,
  description: 'What is usual of each workload and node, by the hour of the week.',
  maxBytes: 256 * 1024 * 1024,
  maxValueBytes: 256 * 1024,
  maxAgeSeconds: 14 * daySeconds,
});

/** @example usualKey('Deployment/shop/cart', 'k8s.container.cpu.usage') // 'Deployment/shop/cart/k8s.container.cpu.usage' */
export const usualKey = (entity: string, metric: string): string => `${entity}/${metric}`;

/** The key under which stands how far the profiles are. */
export const progressKey = 'progress';
