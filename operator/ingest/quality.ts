/** What can become of a frame; every frame that arrives ends in exactly one of these. */
export const frameResults = [
  /** Given to the evaluator. */
  'Evaluated',
  /** Seen before. */
  'Duplicate',
  /** Arrived after a later frame of its sender. */
  'OutOfOrder',
  /** Its keyframe never came. */
  'Unreadable',
  /** From a sender that another one has replaced since. */
  'Superseded',
  /** Published on a subject that is not its source’s. */
  'WrongSubject',
  /** Of one source more than are kept apart. */
  'TooManySources',
  /** Not a frame, or damaged. */
  'Undecodable',
] as const;
export type FrameResult = (typeof frameResults)[number];

export const timeFaults = ['Future', 'Backwards', 'Late'] as const;

/** What is known of one source since this process began to listen. Times are the stream’s, in milliseconds. */
export interface Quality {
  readonly results: Record<FrameResult, number>;
  readonly timeFaults: Record<(typeof timeFaults)[number], number>;
  /** Sequence numbers that never arrived, or arrived too late, and intervals without a sender between two processes. */
  missed: number;
  /** Frames that the sender says it had to drop, since its boot. */
  droppedBySender: number;
  /** How often another process has taken over. */
  boots: number;
  /** How far the sender’s clock is behind the stream’s; negative when ahead. */
  skewMs: number;
  intervalMs: number;
  /** When the last message was stored, whatever it was; undefined before the first. */
  lastStoredMs: number | undefined;
  /** When the values of the last evaluated frame were read. */
  lastReadMs: number | undefined;
}

export const newQuality = (): Quality => ({
  results: zeros(frameResults),
  timeFaults: zeros(timeFaults),
  missed: 0,
  droppedBySender: 0,
  boots: 0,
  skewMs: 0,
  intervalMs: 0,
  lastStoredMs: undefined,
  lastReadMs: undefined,
});

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

/** Why nothing may be concluded from a source now. */
export interface Stale {
  readonly reason: 'NeverSeen' | 'Silent' | 'Unreadable' | 'Undecodable' | 'Late';
  /** For a condition’s message: what is missing and since when. */
  readonly message: string;
}

/**
 * Whether the newest values of a source are older than `staleAfterMs` at `nowMs`, and why; undefined when they are
 * fresh.
 */
export function staleness(quality: Quality | undefined, nowMs: number, staleAfterMs: number): Stale | undefined {
  if (quality?.lastStoredMs === undefined) return { reason: 'NeverSeen', message: 'no frame has ever arrived' };
  const { lastReadMs, lastStoredMs, results } = quality;
  if (lastReadMs !== undefined && nowMs - lastReadMs <= staleAfterMs) return undefined;
  const sinceStored = seconds(nowMs - lastStoredMs);
  if (nowMs - lastStoredMs > staleAfterMs) return { reason: 'Silent', message: `no frame for ${sinceStored}` };
  if (results.Undecodable > 0 && results.Evaluated === 0)
    return { reason: 'Undecodable', message: `${results.Undecodable} messages cannot be decoded` };
  if (lastReadMs === undefined || results.Unreadable > 0)
    return { reason: 'Unreadable', message: `the keyframe is missing, ${results.Unreadable} frames could not be read` };
  return { reason: 'Late', message: `frames arrive ${seconds(nowMs - lastReadMs)} after they were measured` };
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
