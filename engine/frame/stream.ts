import { defaultPrefix } from './subject.ts';

/** A JetStream stream as it should be, in the server’s own terms (durations are nanoseconds): it keeps the newest. */
export interface KeptStream {
  readonly name: string;
  readonly description: string;
  readonly subjects: readonly string[];
  readonly retention: 'limits';
  readonly storage: 'file';
  readonly discard: 'old';
  readonly max_age: number;
  readonly max_bytes: number;
  readonly max_msg_size: number;
  readonly duplicate_window: number;
  readonly allow_direct: boolean;
}

const nanosecondsPerSecond = 1_000_000_000;

/**
 * The stream as it should be. It keeps an hour; beyond `maxBytes` the oldest frames go first. `allow_direct` makes the
 * last keyframe of a source a cheap look-up.
 *
 * @example framesStream({ maxBytes: 2 ** 30 }).name // 'HOMEOSTAT_FRAMES'
 */
export function framesStream(options: { maxBytes: number; prefix?: string }): KeptStream {
  const prefix = options.prefix ?? defaultPrefix;
  return {
    name: `${prefix.toUpperCase()}_FRAMES`,
    description: 'Frames and keyframes of Homeostat’s agents and operators.',
    subjects: [`${prefix}.frames.>`],
    retention: 'limits',
    storage: 'file',
    discard: 'old',
    max_age: 3600 * nanosecondsPerSecond,
    max_bytes: options.maxBytes,
    max_msg_size: 1024 * 1024,
    duplicate_window: 120 * nanosecondsPerSecond,
    allow_direct: true,
  };
}
