import { RequestError, TimeoutError, type NatsConnection } from '@nats-io/transport-node';
import { JetStreamApiError, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import { framesStream } from '../../engine/frame/stream.ts';
import { ensureFramesStream } from '../../wire/streams.ts';

/** Which stream we read, and its upper bound. */
export interface StreamWanted {
  readonly maxBytes: number;
  /** First token of the subjects. Default `homeostat`. */
  readonly prefix?: string;
}

/** Why the stream is not as it should be, and what to do about it. */
export interface StreamProblem {
  readonly reason:
    | 'NoJetStream'
    | 'Forbidden'
    | 'NoStorage'
    | 'SubjectsTaken'
    | 'NotChangeable'
    | 'Unanswered'
    | 'Failed';
  readonly message: string;
}

export interface EnsuredStream {
  /** The stream as it is; undefined when there is none. */
  readonly info?: StreamInfo;
  /** Also set when an existing stream can be read but not be made as `wanted`. */
  readonly problem?: StreamProblem;
}

/** Creates the stream, or changes it to what is `wanted`. What else somebody has set on it stays. Never rejects. */
export async function ensureStream(
  connection: NatsConnection,
  manager: JetStreamManager,
  wanted: StreamWanted,
): Promise<EnsuredStream> {
  const { name } = framesStream(wanted);
  let problem: StreamProblem | undefined;
  try {
    await ensureFramesStream(connection, wanted);
  } catch (error) {
    problem = streamProblem(error, wanted);
  }
  try {
    return { info: await manager.streams.info(name), ...(problem && { problem }) };
  } catch (error) {
    return { problem: problem ?? streamProblem(error, wanted) };
  }
}

/** An error of a JetStream call, in words for a log, a condition or /readyz. */
export function streamProblem(error: unknown, wanted: StreamWanted): StreamProblem {
  const { name, subjects, max_bytes } = framesStream(wanted);
  const text = error instanceof Error ? error.message : String(error);
  const problem = (reason: StreamProblem['reason'], message: string): StreamProblem => ({ reason, message });
  if (error instanceof JetStreamApiError) {
    if (storageCodes.has(error.code))
      return problem(
        'NoStorage',
        `stream ${name}: the NATS server has no room for ${max_bytes} bytes (${text}); give JetStream more storage or set --stream-max-bytes lower`,
      );
    if (error.code === 10065)
      return problem(
        'SubjectsTaken',
        `stream ${name}: another stream has ${subjects.join(', ')} already; remove it or set --subject-prefix`,
      );
    if (error.code === 10039) return problem('NoJetStream', `JetStream is not enabled for the account we use: ${text}`);
    if (error.code === 10052 || error.code === 10058)
      return problem('NotChangeable', `stream ${name} has settings that cannot be changed (${text}); delete it once`);
    return problem('Failed', `stream ${name}: ${text} (error ${error.code})`);
  }
  if (error instanceof Error && error.cause instanceof RequestError && error.cause.isNoResponders())
    return problem('NoJetStream', 'the NATS server has no JetStream, or has not started it yet; run it with -js');
  if (error instanceof RequestError && /permissions violation/i.test(text))
    return problem('Forbidden', `stream ${name}: NATS does not allow this user what is needed: ${text}`);
  if (error instanceof TimeoutError || (error instanceof Error && error.cause instanceof TimeoutError))
    return problem('Unanswered', `stream ${name}: the NATS server does not answer in time`);
  return problem('Failed', `stream ${name}: ${text}`);
}

/** Insufficient resources, memory, storage; maximum bytes exceeded. */
const storageCodes = new Set([10023, 10028, 10047, 10077]);
