/**
 * The way of a frame from the stream to the evaluator: read in order, checked, timed, joined, judged. What this process
 * sees of the stream decides alone what is judged; the clock only says how long ago the last message was.
 *
 * While the past is read (at the start, after a break), the evaluator runs, and `live` is false: nothing may follow
 * from its verdicts then. When it becomes true, who acts reads the verdicts as they stand.
 */
import type { Registry } from 'prom-client';
import type { Frame, SourceId } from '../../engine/frame/types.ts';
import { monotonicMs, type Clock } from '../kube/clock.ts';
import { messageOf, type Logger } from '../kube/logger.ts';
import type { OnBound } from './bindings.ts';
import type { Broker } from './broker.ts';
import { Feed, type Spent } from './feed.ts';
import { whyUnknown, type FreshnessQuestion } from './freshness.ts';
import { guarded, type Judging } from './guarded-evaluator.ts';
import { Join } from './join.ts';
import { feedJoin } from './join-feed.ts';
import { isLive } from './liveness.ts';
import { ingestMetrics, type IngestMetrics } from './metrics.ts';
import type { Skipped } from './pressure/shed-message.ts';
import { Reader, type ReaderHealth } from './reader.ts';
import type { Reflectors } from './reflectors.ts';
import { Sources, type Message } from './sources.ts';
import { ingestStages, stageObserver, type IngestStage } from './stages.ts';
import type { StreamWanted } from './stream.ts';
import { StreamTime } from './stream-time.ts';
import { tickMs } from './ticks.ts';

export interface IngestOptions {
  readonly broker: Broker;
  readonly stream: StreamWanted;
  readonly evaluator: Judging;
  readonly reflectors: Reflectors;
  /** How much of the past the policies need, in milliseconds; asked when reading begins. */
  readonly lookBackMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Told when `live` changes. */
  readonly onLive?: (live: boolean) => void;
  /** Told whenever it changes how a source is read, or whose its rows are. */
  readonly onBound?: OnBound;
  /** Called before each message of the present is read, when event time has come to it. */
  readonly between?: (atMs: number) => void;
  /** Told between which messages those were that it gave up. */
  readonly onSkipped?: (skipped: Skipped) => void;
  /** Told, while live, how long after its measuring a frame was evaluated. */
  readonly onEvaluated?: (producer: SourceId['producer'], latencyMs: number) => void;
}

/** Ticks wait so long for messages that were stored before them and are on their way. */
const underWayMs = 100;

export class Ingest {
  readonly #options: IngestOptions;
  readonly #metrics: IngestMetrics;
  readonly #observe: (stage: IngestStage, ms: number) => void;
  readonly #sources: Sources;
  readonly #join = new Join();
  readonly #feed: Feed;
  readonly #reader: Reader;
  readonly #time = new StreamTime();
  #live = false;
  #lagMs = 0;
  /** Messages since it was asked last how far behind it is, and how many of them found others waiting behind them. */
  #taken = 0;
  #heldUp = 0;
  /** How far event time has passed the last message: its clock was set back, or is behind ours and that is not known yet. */
  #aheadMs = 0;
  /** What is waited for before reading begins. */
  #waitingFor: keyof Reflectors | 'start' | undefined = 'start';
  #stopFeeding = (): void => {};
  #cancelTick = (): void => {};
  #stopped = false;

  constructor(options: IngestOptions) {
    const { registry, evaluator, logger, broker, stream, clock, lookBackMs } = options;
    this.#options = options;
    this.#metrics = ingestMetrics(registry, () => ({
      live: this.#live,
      lag: () => this.lag(),
      nowMs: this.nowMs,
      sources: this.#sources,
      unboundRows: this.#feed.bindings.unboundRows,
    }));
    this.#observe = stageObserver(registry, ingestStages);
    this.#sources = new Sources(this.#metrics, logger);
    const { nodes } = options.reflectors;
    this.#feed = new Feed({
      sources: this.#sources,
      join: this.#join,
      evaluator: guarded(evaluator, () => this.#metrics.fault(), logger),
      hasNode: (name) => nodes.store.get(name) !== undefined,
      onBound: options.onBound,
      between: (atMs) => {
        if (this.#reader.caughtUp) options.between?.(atMs);
      },
    });
    this.#reader = new Reader({
      broker,
      stream,
      clock,
      logger,
      lookBackMs,
      onMessage: (message, caughtUp) => this.#take(message, caughtUp),
      onCaughtUp: () => this.#setLive(),
      onLost: (messages, why, skipped) => {
        this.#metrics.lost(messages, why);
        if (skipped !== undefined) options.onSkipped?.(skipped);
      },
    });
  }

  /**
   * Begins to read as soon as it is known whose samples are whose, and resolves then. Policies should be in force by
   * then, for the past to be judged by them. Rejects when a reflector is stopped before this is.
   */
  async start(): Promise<void> {
    const { reflectors } = this.#options;
    for (const name of Object.keys(reflectors) as (keyof Reflectors)[]) {
      this.#waitingFor = name;
      try {
        await reflectors[name].synced();
      } catch (error) {
        if (!this.#stopped) throw error;
      }
      if (this.#stopped) return;
    }
    this.#waitingFor = undefined;
    this.#stopFeeding = feedJoin(this.#join, reflectors);
    this.#reader.start();
    this.#armTick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopFeeding();
    this.#cancelTick();
    await this.#reader.stop();
  }

  /** Whether the stream is read up to the present, so that verdicts may have consequences. */
  get live(): boolean {
    return this.#live;
  }

  /** Whether everything that was stored before the present session of reading has been read. */
  get caughtUp(): boolean {
    return this.#reader.caughtUp;
  }

  /** Why it is not live, with what to do about it; undefined while it is. */
  notLive(): string | undefined {
    if (this.#live) return undefined;
    const { reason, connected } = this.health();
    if (reason !== undefined && !connected) return reason;
    if (this.#reader.caughtUp && this.#aheadMs > this.lag().ms)
      return `the NATS server’s clock is ${Math.round(this.#aheadMs / 1000)} s behind ours, or was set back: nothing is concluded until it has caught up; synchronise the clocks`;
    const { messages, ms } = this.lag();
    return `the frame stream has not been read up to now: ${messages} messages behind, ${Math.round(ms / 1000)} s`;
  }

  health(): ReaderHealth {
    const health = this.#reader.health();
    const waitingFor = this.#waitingFor;
    if (waitingFor === undefined) return health;
    const problem = waitingFor === 'start' ? undefined : this.#options.reflectors[waitingFor].problem;
    const why = problem === undefined ? '' : `: ${messageOf(problem)}`;
    return { ...health, connected: false, reason: `waiting for ${waitingFor}${why}` };
  }

  /** Messages that wait in the stream, and the age of the last one read while others wait. */
  lag(): { readonly messages: number; readonly ms: number } {
    const messages = this.#reader.pending;
    return { messages, ms: messages === 0 ? 0 : this.#lagMs };
  }

  /**
   * How far behind it is since it cannot do more: messages have mostly waited in this process since the last question. 0 when
   * it only waits for the server; undefined while it reads the past, or nothing.
   */
  ownLagMs(): number | undefined {
    const isOurs = 2 * this.#heldUp > this.#taken;
    [this.#heldUp, this.#taken] = [0, 0];
    if (!this.#reader.caughtUp) return undefined;
    return isOurs ? this.lag().ms : 0;
  }

  /** Gives up what waits to be read, but for the newest: it would never be reached. */
  skip(): void {
    this.#reader.skip();
  }

  /** The time on the stream’s clock: event time. */
  get nowMs(): number {
    return this.#time.at(this.#options.clock.now());
  }

  /** What is wrong with the sources that could tell of a target, in words; undefined when all of them are fresh. */
  whyUnknown(question: FreshnessQuestion): string | undefined {
    const { store } = this.#options.reflectors.nodes;
    return whyUnknown(question, {
      quality: (key) => this.#sources.quality(key),
      nowMs: this.nowMs,
      nodes: () => Array.from(store.list(), ({ metadata }) => metadata.name),
    });
  }

  /** The sources, with the figures of each. */
  get sources(): Sources {
    return this.#sources;
  }

  #take(message: Message, caughtUp: boolean): void {
    const nowMs = this.#options.clock.now();
    this.#taken++;
    if (this.#reader.waiting > 0) this.#heldUp++;
    // Only of what did not wait: a reader that falls behind must not take its delay for a difference of the clocks.
    if (caughtUp && this.#reader.pending === 0) this.#time.note(message.storedMs, nowMs);
    this.#lagMs = Math.max(0, this.#time.at(nowMs) - message.storedMs);
    this.#aheadMs = this.#feed.aheadOf(message.storedMs);
    this.#setLive();
    const arrivedMs = this.#time.at(nowMs);
    this.#feed.take(message, (frame, spent) => this.#evaluated(frame, message.storedMs, arrivedMs, spent));
  }

  /** All times are on the stream’s clock. */
  #evaluated(frame: Frame, storedMs: number, arrivedMs: number, spent: Spent): void {
    if (!this.#live) return;
    const latencyMs = Math.max(0, arrivedMs - frame.capturedMs) + spent.totalMs;
    this.#observe('publish', storedMs - frame.capturedMs);
    this.#observe('broker', arrivedMs - storedMs);
    this.#observe('decode', spent.decodingMs);
    this.#observe('evaluate', spent.evaluatingMs);
    this.#observe('sample_verdict', latencyMs);
    this.#options.onEvaluated?.(frame.source.producer, latencyMs);
  }

  #armTick(mayWait = true): void {
    const { clock } = this.#options;
    const dueMs = monotonicMs(clock) + tickMs;
    this.#cancelTick = clock.after(tickMs, () => {
      // After a standstill of the process the timers come first, but what arrived meanwhile must be read before.
      const late = mayWait && monotonicMs(clock) - dueMs > underWayMs;
      if (!late) this.#tick();
      this.#armTick(!late);
    });
  }

  /** Event time stands still while the stream is not read: what came meanwhile is judged at its own time, later. */
  #tick(): void {
    if (!this.#reader.caughtUp) return;
    this.#feed.advance(this.nowMs - underWayMs - this.lag().ms);
    this.#setLive();
  }

  #setLive(): void {
    const live = isLive(this.#live, this.#reader.caughtUp, Math.max(this.lag().ms, this.#aheadMs));
    if (live === this.#live) return;
    this.#live = live;
    this.#options.logger.info(live ? 'frames are judged live' : 'frames are not judged live', { lag: this.lag() });
    this.#options.onLive?.(live);
  }
}
