/**
 * Saves a window of the frame stream. Only reads: it makes a consumer of its own on the server, which vanishes with it,
 * and changes nothing of the stream.
 */
import { isDeepStrictEqual } from 'node:util';
import { jetstreamManager, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { framesStream } from '../../engine/frame/stream.ts';
import { isShedSubject, lineageNode, parseSubject } from '../../engine/frame/subject.ts';
import { deliver, sinceTime, storedMs } from '../ingest/deliveries.ts';
import { lineageKinds, type LineageKind } from '../ingest/lineage/kinds.ts';
import { follow } from '../ingest/reflectors.ts';
import { streamProblem } from '../ingest/stream.ts';
import { validKeyframes, validLineage, validSheds } from '../ingest/valid-keyframes.ts';
import type { KubeApi, KubeObject } from '../kube/api.ts';
import type { Clock } from '../kube/clock.ts';
import { silentLogger } from '../kube/logger.ts';
import { Reflector } from '../kube/reflector.ts';
import type { Entry } from './recording/format.ts';
import { refusedAtOnce } from './refused-at-once.ts';

export interface RecordOptions {
  readonly connection: NatsConnection;
  readonly prefix: string;
  /** Whose rows are whose is asked here. */
  readonly api: KubeApi;
  readonly clock: Clock;
  /** How far the window reaches back, and how long it goes on from now, in milliseconds. */
  readonly sinceMs: number;
  readonly forMs: number;
  /** Only the sources of these nodes, and what is on no node; undefined: all. */
  readonly nodes: ReadonlySet<string> | undefined;
  /** Ends it early; what has been written then is a shorter window. */
  readonly ending: AbortSignal;
}

/** The window as it could be had. */
export interface RecordWindow {
  readonly stream: string;
  /** On the clock of the broker. */
  readonly beginMs: number;
  /** The oldest message of the stream, when the window begins before it. */
  readonly streamBeginsMs: number | undefined;
}

/** There is no stream, or it cannot be read; the message says why. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

const listMs = 30_000;

/** Looks at the stream; what is recorded follows with `record`. */
export async function windowOf({
  connection,
  prefix,
  sinceMs,
  clock,
}: RecordOptions): Promise<RecordWindow & { readonly info: StreamInfo; readonly manager: JetStreamManager }> {
  const wanted = { maxBytes: 0, prefix };
  const { name: stream } = framesStream(wanted);
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 5_000 });
    const info = await manager.streams.info(stream);
    const nowMs = info.ts === undefined ? clock.now() : Date.parse(info.ts);
    const beginMs = nowMs - sinceMs;
    const firstMs = Date.parse(info.state.first_ts);
    const isYounger = info.state.messages > 0 && firstMs > beginMs;
    return { stream, beginMs, streamBeginsMs: isYounger ? firstMs : undefined, info, manager };
  } catch (error) {
    throw new RecordError(streamProblem(error, wanted).message, { cause: error });
  }
}

/** Writes objects, keyframes and frames in the order in which a replay needs them. Rejects when the stream breaks. */
export async function record(
  options: RecordOptions,
  { info, manager, beginMs }: Awaited<ReturnType<typeof windowOf>>,
  write: (entry: Entry) => void,
): Promise<void> {
  const { prefix, forMs, clock, nodes, ending } = options;
  const stream = framesStream({ maxBytes: 0, prefix });
  const stopLineage = await writeLineage(options, write);
  const over = new AbortController();
  const end = AbortSignal.any([over.signal, ending]);
  const cancel = forMs > 0 ? clock.after(forMs, () => over.abort()) : () => {};
  const isWanted = (subject: string): boolean => {
    const node = parseSubject(subject)?.node ?? lineageNode(subject);
    return nodes === undefined || isShedSubject(subject) || node === '' || (node !== undefined && nodes.has(node));
  };
  try {
    for (const valid of [validSheds, validLineage, validKeyframes])
      for await (const message of valid(manager, stream, beginMs, end))
        if (isWanted(message.subject)) write(entryOf(message));
    const deliveries = await deliver(manager, stream, sinceTime(beginMs), end);
    let hasPast = deliveries.pending === 0;
    if (!hasPast || forMs > 0)
      for await (const message of deliveries) {
        if (isWanted(message.subject)) write(entryOf(message));
        hasPast ||= message.seq >= info.state.last_seq || message.info.pending === 0;
        if (hasPast && forMs === 0) return;
      }
    // Deliveries also end with the connection, and with an interruption: then there is less than was asked for.
    if (!hasPast || (forMs > 0 && !end.aborted))
      throw new RecordError(
        ending.aborted
          ? 'interrupted before the past was read'
          : `the connection to NATS broke while reading ${stream.name}`,
      );
  } finally {
    cancel();
    await stopLineage();
  }
}

const entryOf = (message: Parameters<typeof storedMs>[0] & { subject: string; data: Uint8Array }): Entry => ({
  type: 'message',
  subject: message.subject,
  storedMs: storedMs(message),
  data: message.data,
});

/** Writes every object that identities are made of, as it is now and whenever that changes. */
async function writeLineage(
  { api, clock, nodes }: RecordOptions,
  write: (entry: Entry) => void,
): Promise<() => Promise<void>> {
  await refusedAtOnce(api);
  const reflected = lineageKinds.map((kind) => {
    const options = { api, clock, random: Math.random, logger: silentLogger, resource: kind.resource };
    // The reflector goes by the version, which the recording has no use for.
    const transform = (object: KubeObject): KubeObject => withVersion(kind.keep(kind.view(object)), object);
    return { kind, reflector: new Reflector<KubeObject>({ ...options, transform }) };
  });
  for (const { reflector } of reflected) reflector.start();
  const stop = async (): Promise<void> => {
    await Promise.all(reflected.map(({ reflector }) => reflector.stop()));
  };
  try {
    await Promise.all(reflected.map(({ reflector }) => reflector.synced(listMs)));
  } catch (error) {
    await stop();
    throw error;
  }
  const isWanted = (object: KubeObject): boolean => {
    const node = 'spec' in object ? (object.spec as { nodeName?: string }).nodeName : undefined;
    return nodes === undefined || node === undefined || nodes.has(node);
  };
  for (const { kind, reflector } of reflected) {
    const written = new Map<string, KubeObject>();
    follow(
      reflector,
      (versioned) => {
        const object = withVersion(versioned);
        if (isWanted(object) && !isDeepStrictEqual(written.get(uidOf(object)), object)) {
          written.set(uidOf(object), object);
          write(objectEntry('object', kind, object, clock.now()));
        }
      },
      (object) => {
        if (written.delete(uidOf(object))) write(objectEntry('gone', kind, object, clock.now()));
      },
    );
  }
  return stop;
}

/** With the version of another, or with none. */
function withVersion({ metadata, ...rest }: KubeObject, of?: KubeObject): KubeObject {
  const { resourceVersion: _, ...kept } = metadata;
  const version = of?.metadata.resourceVersion;
  return { ...rest, metadata: { ...kept, ...(version !== undefined && { resourceVersion: version }) } };
}

const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? '';

const objectEntry = (type: 'object' | 'gone', { resource }: LineageKind, object: KubeObject, atMs: number): Entry => ({
  type,
  kind: resource.kind,
  atMs,
  object,
});
