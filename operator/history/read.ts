import type { JetStreamManager } from '@nats-io/jetstream';
import { decodeRollup, type Rollup } from '../../engine/history/rollup.ts';
import { SketchError } from '../../engine/sketch/bytes.ts';
import type { KeptStream } from '../../engine/frame/stream.ts';
import { deliver, sinceTime, storedMs } from '../ingest/deliveries.ts';

export interface ReadOptions {
  /** Rollups that were stored from then on, until this time or the end of the stream. */
  readonly sinceMs: number;
  readonly untilMs?: number;
  /** Of these subjects only, such as `homeostat.rollups.7`. */
  readonly subject?: string;
  readonly ending: AbortSignal;
  /** Told of messages that cannot be read; they are left out. */
  readonly onUnreadable?: (error: SketchError) => void;
}

/** Rollups of a stream, each of its minute and partition once, however often it was stored. Rejects when the stream breaks. */
export async function* readRollups(
  manager: JetStreamManager,
  stream: KeptStream,
  { sinceMs, untilMs = Infinity, subject, ending, onUnreadable = () => {} }: ReadOptions,
): AsyncGenerator<Rollup> {
  const from = { ...sinceTime(sinceMs), ...(subject !== undefined && { filter_subject: subject }) };
  const deliveries = await deliver(manager, stream, from, ending);
  if (deliveries.pending === 0) return;
  const seen = new Set<string>();
  for await (const message of deliveries) {
    if (storedMs(message) >= untilMs) return;
    const rollup = read(message.data, onUnreadable);
    const key = rollup && `${message.subject} ${rollup.minute} ${rollup.part}`;
    if (key !== undefined && !seen.has(key)) {
      seen.add(key);
      yield rollup as Rollup;
    }
    if (message.info.pending === 0) return;
  }
  throw new Error(ending.aborted ? 'interrupted' : `the connection to NATS broke while reading ${stream.name}`);
}

function read(bytes: Uint8Array, onUnreadable: (error: SketchError) => void): Rollup | undefined {
  try {
    return decodeRollup(bytes);
  } catch (error) {
    if (!(error instanceof SketchError)) throw error;
    onUnreadable(error);
    return undefined;
  }
}
