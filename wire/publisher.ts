import { encodeFrame, encodeKeyframe, setDropped } from '../engine/frame/encode.ts';
import { defaultPrefix, frameMessageId, frameSubject, keyframeMessageId } from '../engine/frame/subject.ts';
import type { Frame, Keyframe, SourceId } from '../engine/frame/types.ts';
import { Breaker } from './breaker.ts';
import { BusError, type Bus, type BusProblem } from './bus.ts';
import type { Clock } from './clock.ts';
import { Lane, type Queued, type Waiting } from './lane.ts';
import { Slots } from './slots.ts';

export interface PublisherOptions {
  readonly prefix?: string;
  /** Frames of one source that wait at most while the broker is away; then the oldest go. Default 600. */
  readonly maxFrames?: number;
  /** Their bytes at most. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Messages of different sources under way at once. Default 64. */
  readonly inFlight?: number;
  /** A keyframe is repeated after so long. Default 60,000. */
  readonly keyframeMs?: number;
  /** Told once when publishing begins to fail for a reason, and once, without a reason, when it works again. */
  readonly onProblem?: (problem?: { reason: BusProblem; message: string }) => void;
  /** Told of each frame how long after it was offered the broker had stored it, in milliseconds. */
  readonly onStored?: (ms: number) => void;
  /** 0 <= x < 1, for the jitter of retries. */
  readonly random?: () => number;
}

/** What has happened so far; all but the two of the queue only rise. */
export interface PublisherCounts extends Queued {
  frames: number;
  keyframes: number;
  /** Messages that the broker had stored already: retries after a lost acknowledgement. */
  duplicates: number;
  /** Frames that went because too many waited. */
  overflowed: number;
  /** Frames that the broker would never take. */
  tooLarge: number;
  failures: Record<BusProblem, number>;
  /** When the broker last stored a message; undefined before the first. */
  storedMs: number | undefined;
}

/** One breaker for all sources: they share the connection and the stream, and so what is wrong with them. */
const limits = { failures: 1, firstMs: 100, longestMs: 5000 };

/**
 * Brings frames to the broker: acknowledged, each source in its order, one message of it under way at a time, repeated
 * with the same id until it is stored. So every frame that is not dropped is in the stream exactly once, and those that
 * are dropped (the oldest, when too many wait) are counted in the frames that follow. A keyframe goes before the first
 * frame of a generation, of a connection, after a gap, and once a minute.
 */
export class FramePublisher {
  readonly counts: PublisherCounts = {
    frames: 0,
    keyframes: 0,
    duplicates: 0,
    overflowed: 0,
    tooLarge: 0,
    failures: { Disconnected: 0, NoStream: 0, Refused: 0, TooLarge: 0, Timeout: 0 },
    queuedFrames: 0,
    queuedBytes: 0,
    storedMs: undefined,
  };
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #options: Required<PublisherOptions>;
  readonly #slots: Slots;
  readonly #lanes = new Map<string, Lane>();
  readonly #idle: (() => void)[] = [];
  #problem: BusProblem | undefined;
  readonly #breaker: Breaker;
  /** Those who wait for the breaker. */
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(bus: Bus, clock: Clock, options: PublisherOptions = {}) {
    this.#bus = bus;
    this.#clock = clock;
    this.#options = {
      prefix: defaultPrefix,
      maxFrames: 600,
      maxBytes: 16 * 1024 * 1024,
      inFlight: 64,
      keyframeMs: 60_000,
      onProblem: () => {},
      onStored: () => {},
      random: Math.random,
      ...options,
    };
    this.#slots = new Slots(this.#options.inFlight);
    this.#breaker = new Breaker({ ...limits, random: this.#options.random });
  }

  /** Before the broker. */
  get breaker(): Breaker {
    return this.#breaker;
  }

  /** What publishing fails for at present. */
  get problem(): BusProblem | undefined {
    return this.#problem;
  }

  /**
   * Takes a frame to be read with `keyframe`; the frame’s own `dropped` is replaced. Never waits. Throws RangeError for
   * what cannot be encoded.
   */
  offer(keyframe: Keyframe, frame: Frame): void {
    const lane = this.#laneOf(frame.source);
    if (lane.latest?.keyframe !== keyframe) lane.latest = { keyframe, bytes: encodeKeyframe(keyframe) };
    const bytes = encodeFrame(frame);
    const { sequence } = frame;
    lane.leaving = false;
    lane.push({
      bytes,
      id: frameMessageId(frame),
      sequence,
      dictionary: lane.latest,
      offeredMs: this.#clock.monotonic(),
      dropped: undefined,
    });
    this.counts.overflowed += lane.makeRoom(this.#options.maxFrames, this.#options.maxBytes);
    if (!lane.pumping && !this.#closed) void this.#pump(lane);
  }

  /** Forgets a source that sends no more, once what waits of it is sent. */
  forget(source: Pick<SourceId, 'producer' | 'node'>): void {
    const lane = this.#lanes.get(frameSubject(source, 'frame', this.#options.prefix));
    if (lane === undefined) return;
    lane.leaving = true;
    if (!lane.pumping) this.#lanes.delete(lane.subject);
  }

  /** Resolves when nothing waits any more, or after `withinMs`; takes nothing afterwards. Answers how many frames are left. */
  async close(withinMs: number): Promise<number> {
    if (this.counts.queuedFrames > 0)
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(withinMs, resolve);
        this.#idle.push(() => {
          cancel();
          resolve();
        });
      });
    this.#closed = true;
    return this.counts.queuedFrames;
  }

  async #pump(lane: Lane): Promise<void> {
    lane.pumping = true;
    for (let next = lane.head; next !== undefined && !this.#closed; next = lane.head) {
      await this.#bus.connected();
      await this.#slots.take();
      try {
        await this.#admitted();
        await this.#send(lane, lane.head ?? next);
        this.#worked();
      } catch (error) {
        this.#failed(lane, error);
      } finally {
        this.#slots.give();
      }
    }
    lane.pumping = false;
    if (lane.leaving) this.#lanes.delete(lane.subject);
    if (this.counts.queuedFrames === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #send(lane: Lane, head: Waiting): Promise<void> {
    if (head.dropped === undefined) setDropped(head.bytes, lane.dropped);
    const dropped = (head.dropped ??= lane.dropped);
    const { connection } = this.#bus;
    const { dictionary } = head;
    const told = lane.announced;
    if (
      told?.dictionary !== dictionary ||
      told.connection !== connection ||
      told.dropped !== dropped ||
      this.#clock.monotonic() - told.atMs >= this.#options.keyframeMs
    ) {
      const id = keyframeMessageId(dictionary.keyframe, head.sequence);
      await this.#publish(lane.keySubject, dictionary.bytes, id);
      this.counts.keyframes++;
      lane.announced = { dictionary, connection, dropped, atMs: this.#clock.monotonic() };
    }
    await this.#publish(lane.subject, head.bytes, head.id);
    this.counts.frames++;
    this.#options.onStored(this.#clock.monotonic() - head.offeredMs);
    lane.shift();
  }

  async #publish(subject: string, bytes: Uint8Array, id: string): Promise<void> {
    const { duplicate } = await this.#bus.publish(subject, bytes, id);
    if (duplicate) this.counts.duplicates++;
    this.counts.storedMs = this.#clock.now();
  }

  async #admitted(): Promise<void> {
    for (;;) {
      const waitMs = this.#breaker.admit(this.#clock.monotonic());
      if (waitMs === 0) return;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          cancel();
          this.#waiting.delete(wake);
          resolve();
        };
        const cancel = this.#clock.after(waitMs, wake);
        this.#waiting.add(wake);
      });
    }
  }

  /** The broker has answered: who waits goes on. */
  #heard(): void {
    this.#breaker.succeeded();
    for (const wake of this.#waiting) wake();
  }

  #worked(): void {
    this.#heard();
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#options.onProblem();
  }

  #failed(lane: Lane, error: unknown): void {
    const reason = error instanceof BusError ? error.reason : 'Refused';
    this.counts.failures[reason]++;
    if (reason === 'TooLarge') {
      lane.dropped++;
      this.counts.tooLarge++;
      lane.shift();
      this.#heard();
    } else if (reason === 'Disconnected') this.#breaker.abandoned();
    else this.#breaker.failed(this.#clock.monotonic());
    if (this.#problem === reason) return;
    this.#problem = reason;
    this.#options.onProblem({ reason, message: error instanceof Error ? error.message : String(error) });
  }

  #laneOf(source: SourceId): Lane {
    const subject = frameSubject(source, 'frame', this.#options.prefix);
    const known = this.#lanes.get(subject);
    if (known !== undefined) return known;
    const lane = new Lane(subject, frameSubject(source, 'keyframe', this.#options.prefix), this.counts);
    this.#lanes.set(subject, lane);
    return lane;
  }
}
