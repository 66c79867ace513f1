import { DeliverPolicy, type ConsumerConfig, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import type { KeptStream } from '../../engine/frame/stream.ts';
import { deliver, sinceTime, storedMs } from './deliveries.ts';
import { lineageRepeatMs } from './lineage/message.ts';
import { shedRepeatMs } from './pressure/shed-message.ts';

/** A keyframe is repeated every 60 s: going back so far from a moment finds the one that was valid then. */
const keyframeRepeatMs = 75_000;

/**
 * The keyframes that were valid at `beforeMs`, in the order of the stream: the last one of each source if it is older
 * than the repeat interval, then all of that interval.
 */
export const validKeyframes = (
  manager: JetStreamManager,
  stream: KeptStream,
  beforeMs: number,
  ending: AbortSignal,
): AsyncGenerator<JsMsg> => valid(manager, stream, '*.*.key', keyframeRepeatMs, beforeMs, ending);

/** The same of what is told of whose rows are whose. */
export const validLineage = (
  manager: JetStreamManager,
  stream: KeptStream,
  beforeMs: number,
  ending: AbortSignal,
): AsyncGenerator<JsMsg> => valid(manager, stream, '*.lineage', 1.25 * lineageRepeatMs, beforeMs, ending);

/** The same of what is told of what was shed. */
export const validSheds = (
  manager: JetStreamManager,
  stream: KeptStream,
  beforeMs: number,
  ending: AbortSignal,
): AsyncGenerator<JsMsg> => valid(manager, stream, '_.shed', 1.25 * shedRepeatMs, beforeMs, ending);

async function* valid(
  manager: JetStreamManager,
  stream: KeptStream,
  subjects: string,
  repeatMs: number,
  beforeMs: number,
  ending: AbortSignal,
): AsyncGenerator<JsMsg> {
  const filter = { filter_subject: stream.subjects[0]?.replace(/>$/, subjects) ?? '>' };
  const recentMs = beforeMs - repeatMs;
  const last = { ...filter, deliver_policy: DeliverPolicy.LastPerSubject };
  yield* before(manager, stream, last, recentMs, ending);
  yield* before(manager, stream, { ...filter, ...sinceTime(recentMs) }, beforeMs, ending);
}

async function* before(
  manager: JetStreamManager,
  stream: KeptStream,
  from: Partial<ConsumerConfig>,
  untilMs: number,
  ending: AbortSignal,
): AsyncGenerator<JsMsg> {
  const deliveries = await deliver(manager, stream, from, ending);
  if (deliveries.pending === 0) return;
  for await (const message of deliveries) {
    if (storedMs(message) >= untilMs) return;
    yield message;
    if (message.info.pending === 0) return;
  }
}
