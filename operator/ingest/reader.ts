/**
 * Reads the frame stream in order, for ever. A **session** is one consumer on the server: it ends when the connection
 * breaks, the server falls silent, the consumer or the stream is gone, or a delivery is missing; then the next one goes
 * on after the last message that was read. The client library can mend some of this by itself, but not tell us what was
 * lost, nor notice that a server came back without its last messages; so one plain loop does it all.
 *
 * Nothing queues without bound: the server sends the next messages only when those before them were handled.
 */
import {
  DeliverPolicy,
  jetstreamManager,
  type ConsumerConfig,
  type JetStreamManager,
  type JsMsg,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { framesStream, type KeptStream } from '../../engine/frame/stream.ts';
import { abortable } from '../kube/abortable.ts';
import type { Clock } from '../kube/clock.ts';
import { errorFields, type Logger } from '../kube/logger.ts';
import type { Broker } from './broker.ts';
import { deliver, sinceTime, storedMs } from './deliveries.ts';
import type { Skipped } from './pressure/shed-message.ts';
import { resume, type Cursor, type Resume } from './resume.ts';
import type { Message } from './sources.ts';
import { ensureStream, streamProblem, type StreamWanted } from './stream.ts';
import { validKeyframes } from './valid-keyframes.ts';

export interface ReaderOptions {
  readonly broker: Broker;
  readonly stream: StreamWanted;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How much of the past to read at the start, in milliseconds; asked once, at the first session. */
  readonly lookBackMs: () => number;
  /** Every message, in the order of the stream; `caughtUp` once all that was stored before the session has been read. */
  readonly onMessage: (message: Message, caughtUp: boolean) => void;
  /** The reader has caught up, or a session has ended and it is behind again. */
  readonly onCaughtUp?: (caughtUp: boolean) => void;
  /**
   * Messages were not read; `Rewound` when their number is unknown. `skipped`: between which messages those were that were
   * given up.
   */
  readonly onLost?: (messages: number, why: Loss, skipped?: Skipped) => void;
}

/** Why messages were not read; `Skipped`: it was asked to give them up. */
export type Loss = Resume['why'] | 'Skipped';

export interface ReaderHealth {
  /** Whether a session is open. */
  readonly connected: boolean;
  /** When the last message was handled, by this process’s clock; undefined before the first. */
  readonly lastMessageMs: number | undefined;
  /** What is wrong and what to do; undefined when nothing is. */
  readonly reason: string | undefined;
}

const longestLookBackMs = 3_600_000;
const firstRetryMs = 100;
const longestRetryMs = 5_000;
const healthyMs = 10_000;
/** What is newer than this is not skipped: it is read in no time. */
const keptMs = 500;
/** Handles messages for so long before timers and sockets get their turn. */
const sliceMs = 5;

export class Reader {
  readonly #options: ReaderOptions;
  readonly #stream: KeptStream;
  #cursor: Cursor | undefined;
  /** Where reading began, on the clock of the server. */
  #beginMs: number | undefined;
  #running: Promise<void> | undefined;
  readonly #stopping = new AbortController();
  #session = new AbortController();
  #reading = false;
  #caughtUp = false;
  #pending = 0;
  /** The next session begins with the newest messages. */
  #skipping = false;
  /** Messages that have arrived and are not read. */
  #waiting = (): number => 0;
  #lastMessageMs: number | undefined;
  #problem: string | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#stream = framesStream(options.stream);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#session.abort();
    await this.#running;
  }

  /** Whether everything that was stored before the present session has been read. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Messages that have not been read: in the stream, as of the last one read, or on their way through this process. */
  get pending(): number {
    return Math.max(this.#pending, this.#waiting());
  }

  /** Messages that have arrived in this process and wait to be read. */
  get waiting(): number {
    return this.#waiting();
  }

  /** Gives up what has not been read, but for the newest; how much that was, `onLost` is told. */
  skip(): void {
    this.#skipping = true;
    this.#session.abort();
  }

  health(): ReaderHealth {
    const reason = this.#options.broker.problem ?? this.#problem;
    return { connected: this.#reading, lastMessageMs: this.#lastMessageMs, reason };
  }

  async #run(): Promise<void> {
    const { broker, clock } = this.#options;
    const stopListening = broker.onChange((connected) => {
      if (!connected) this.#session.abort();
    });
    let retryMs = firstRetryMs;
    while (!this.#stopping.signal.aborted) {
      const { connection } = broker;
      if (connection === undefined) {
        await this.#connected();
        continue;
      }
      const startedMs = clock.now();
      await this.#once(connection);
      retryMs = clock.now() - startedMs > healthyMs ? firstRetryMs : Math.min(retryMs * 2, longestRetryMs);
      await this.#wait(retryMs);
    }
    stopListening();
  }

  /** One session, from which only the loop above comes back. */
  async #once(connection: NatsConnection): Promise<void> {
    const { stream, logger, broker } = this.#options;
    this.#session = new AbortController();
    try {
      await this.#read(connection, this.#session.signal);
    } catch (error) {
      const message = error instanceof ReaderError ? error.message : streamProblem(error, stream).message;
      if (message !== this.#problem && broker.problem === undefined)
        logger.warn('reading the frame stream failed', { stream: this.#stream.name, reason: message });
      this.#problem = message;
    }
    this.#reading = false;
    this.#waiting = () => 0; // What has not been read is delivered again.
    this.#setCaughtUp(false);
  }

  async #read(connection: NatsConnection, ending: AbortSignal): Promise<void> {
    const stream = this.#stream;
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 3_000 });
    const { info, problem } = await ensureStream(connection, manager, this.#options.stream);
    if (info === undefined) throw new ReaderError(problem?.message ?? `no stream ${stream.name}`);
    if (problem !== undefined && problem.message !== this.#problem)
      this.#options.logger.warn('the frame stream is not as it should be', {
        stream: stream.name,
        reason: problem.message,
      });
    const deliveries = await deliver(manager, stream, await this.#from(manager, info, ending), ending);
    this.#reading = true;
    this.#problem = problem?.message;
    this.#pending = deliveries.pending;
    this.#waiting = () => deliveries.waiting();
    this.#setCaughtUp(deliveries.pending === 0);
    const breathe = slices();
    let skipsAfter = this.#skipping ? this.#cursor : undefined;
    this.#skipping = false;
    for await (const message of deliveries) {
      const caughtUp = this.#caughtUp || message.seq >= info.state.last_seq || message.info.pending === 0;
      this.#pending = message.info.pending;
      if (skipsAfter !== undefined) this.#skipped(skipsAfter, message);
      skipsAfter = undefined;
      this.#handle(message, caughtUp);
      this.#cursor = { sequence: message.seq, storedMs: storedMs(message), created: info.created };
      this.#setCaughtUp(caughtUp);
      const breath = breathe();
      if (breath !== undefined) await breath;
      // What has arrived already is given up too.
      if (this.#skipping) return;
    }
  }

  #handle(message: JsMsg, caughtUp: boolean): void {
    const { onMessage, logger, clock } = this.#options;
    const { subject, data } = message;
    this.#lastMessageMs = clock.now();
    try {
      onMessage({ subject, data, storedMs: storedMs(message) }, caughtUp);
    } catch (error) {
      logger.error('handler of a stream message threw', { subject, sequence: message.seq, ...errorFields(error) });
    }
  }

  #setCaughtUp(caughtUp: boolean): void {
    if (caughtUp === this.#caughtUp) return;
    this.#caughtUp = caughtUp;
    this.#options.onCaughtUp?.(caughtUp);
  }

  /** Where this session begins; before the first message of all, the keyframes that are valid there are read. */
  async #from(manager: JetStreamManager, info: StreamInfo, ending: AbortSignal): Promise<Partial<ConsumerConfig>> {
    const { logger, onLost } = this.#options;
    if (this.#cursor === undefined) return this.#fromThePast(manager, info, ending);
    if (this.#skipping) return this.#fromNow(manager, info, ending, this.#cursor.storedMs);
    const { first_seq: firstSequence, last_seq: lastSequence } = info.state;
    const stored = await manager.streams.getMessage(this.#stream.name, { seq: this.#cursor.sequence });
    const storedAtCursorMs = stored === null ? undefined : stored.time.getTime();
    const from = resume(this.#cursor, { created: info.created, firstSequence, lastSequence, storedAtCursorMs });
    logger.info('going on with the frame stream', { stream: this.#stream.name, ...from });
    if (from.why !== 'Next') onLost?.(from.from === 'Sequence' ? from.lost : 0, from.why);
    if (from.from === 'Time') return sinceTime(from.sinceMs);
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.sequence };
  }

  #skipped(after: Cursor, message: JsMsg): void {
    const span = { afterMs: after.storedMs, beforeMs: storedMs(message) };
    this.#options.onLost?.(Math.max(0, message.seq - after.sequence - 1), 'Skipped', span);
  }

  /** From the newest messages on, with the keyframes that they are to be read with. */
  async #fromNow(
    manager: JetStreamManager,
    info: StreamInfo,
    ending: AbortSignal,
    readMs: number,
  ): Promise<Partial<ConsumerConfig>> {
    const nowMs = info.ts === undefined ? this.#options.clock.now() : Date.parse(info.ts);
    const sinceMs = Math.max(readMs, nowMs - keptMs);
    for await (const message of validKeyframes(manager, this.#stream, sinceMs, ending)) this.#handle(message, false);
    return sinceTime(sinceMs);
  }

  async #fromThePast(
    manager: JetStreamManager,
    info: StreamInfo,
    ending: AbortSignal,
  ): Promise<Partial<ConsumerConfig>> {
    const { clock, logger, lookBackMs } = this.#options;
    const nowMs = info.ts === undefined ? clock.now() : Date.parse(info.ts);
    this.#beginMs ??= nowMs - Math.min(Math.max(0, lookBackMs()), longestLookBackMs);
    logger.info('reading the frame stream', { stream: this.#stream.name, secondsBack: (nowMs - this.#beginMs) / 1000 });
    for await (const message of validKeyframes(manager, this.#stream, this.#beginMs, ending))
      this.#handle(message, false);
    return sinceTime(this.#beginMs);
  }

  async #connected(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stopListening = this.#options.broker.onChange(() => resolve());
    await this.#unlessStopped(promise);
    stopListening();
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, () => resolve());
    await this.#unlessStopped(promise);
    cancel();
  }

  /** The loop itself sees whether it was stopped. */
  #unlessStopped(promise: Promise<void>): Promise<void> {
    return abortable(promise, this.#stopping.signal).catch(() => {});
  }
}

/** Says in its message what is wrong and what to do. */
class ReaderError extends Error {
  override readonly name = 'ReaderError';
}

/** Called between messages: after each slice of time, something to wait for while timers and sockets have their turn. */
function slices(): () => Promise<void> | undefined {
  let endsMs = performance.now() + sliceMs;
  return () =>
    performance.now() < endsMs
      ? undefined
      : new Promise((resolve) => {
          setImmediate(() => {
            endsMs = performance.now() + sliceMs;
            resolve();
          });
        });
}
