import { DeliverPolicy, type ConsumerConfig, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import type { FramesStream } from '../../engine/frame/stream.ts';
import { deliver, sinceTime, storedMs } from './deliveries.ts';

/** A keyframe is repeated every 60 s: going back so far from a moment finds the one that was valid then. */
const repeatMs = 75_000;

/**
 * The keyframes that were valid at `beforeMs`, in the order of the stream: the last one of each source if it is older
 * than the repeat interval, then all of that interval.
 */
export async function* validKeyframes(
  manager: JetStreamManager,
  stream: FramesStream,
  beforeMs: number,
  ending: AbortSignal,
): AsyncGenerator<JsMsg> {
  const filter = { filter_subject: stream.subjects[0]?.replace(/>$/, '*.*.key') ?? '>' };
  const recentMs = beforeMs - repeatMs;
  const last = { ...filter, deliver_policy: DeliverPolicy.LastPerSubject };
  yield* before(manager, stream, last, recentMs, ending);
  yield* before(manager, stream, { ...filter, ...sinceTime(recentMs) }, beforeMs, ending);
}

async function* before(
  manager: JetStreamManager,
  stream: FramesStream,
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
