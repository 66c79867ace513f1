import type { Frame } from '../../engine/frame/types.ts';
import { isForReplays } from '../../engine/frame/subject.ts';
import { Bindings, type OnBound } from './bindings.ts';
import type { Judging } from './guarded-evaluator.ts';
import type { Join } from './join.ts';
import type { Message, Sources } from './sources.ts';
import { Ticks } from './ticks.ts';

export interface FeedOptions {
  readonly sources: Sources;
  readonly join: Join;
  readonly evaluator: Judging;
  /** Whether there is still a node that a source speaks for. */
  readonly hasNode: (name: string) => boolean;
  readonly onBound?: OnBound | undefined;
  /** Called before each message is read, when event time has come to it. */
  readonly between?: ((atMs: number) => void) | undefined;
}

/** Where the time of a frame went in this process, in milliseconds. */
export interface Spent {
  /** Making frames of the message that it came with, or that made it readable. */
  readonly decodingMs: number;
  readonly evaluatingMs: number;
  /** From when its message was taken to the end of its evaluation: all of the above, and what went before it. */
  readonly totalMs: number;
}

const tidyMs = 1_000;

/**
 * From messages to calls of the evaluator: what is told to it, and in which order, follows from the messages and the
 * join alone. The live stream and a replay pass through here, so that both are judged alike.
 */
export class Feed {
  readonly bindings: Bindings;
  readonly #options: FeedOptions;
  readonly #ticks = new Ticks();
  #tidiedMs = 0;
  #nowMs = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { evaluator, join, onBound } = options;
    this.bindings = new Bindings(evaluator, join, (key, keyframe, identities) =>
      onBound?.(key, keyframe, this.#nowMs, identities),
    );
  }

  /** How far event time is ahead of `nowMs`, in milliseconds; 0 when it is not. */
  aheadOf(nowMs: number): number {
    return this.#ticks.aheadOf(nowMs);
  }

  /** A message of the stream, in its order. `evaluated` is told of each frame that it makes readable. */
  take(message: Message, evaluated: (frame: Frame, spent: Spent) => void = () => {}): void {
    const { sources, evaluator } = this.#options;
    const takenMs = performance.now();
    this.advance(message.storedMs);
    this.#options.between?.(message.storedMs);
    // What the leader tells replays is known here.
    if (isForReplays(message.subject)) return;
    const arrivedMs = performance.now();
    const readable = sources.take(message);
    const decodingMs = performance.now() - arrivedMs;
    for (const { key, frame, keyframe } of readable) {
      const startedMs = performance.now();
      this.bindings.use(key, keyframe);
      evaluator.frame(key, frame);
      const endedMs = performance.now();
      evaluated(frame, { decodingMs, evaluatingMs: endedMs - startedMs, totalMs: endedMs - takenMs });
    }
  }

  /** Event time has come to `nowMs`. */
  advance(nowMs: number): void {
    const { sources, evaluator, hasNode } = this.#options;
    this.#nowMs = nowMs;
    this.bindings.refresh();
    for (const atMs of this.#ticks.until(nowMs)) evaluator.advance(atMs);
    if (nowMs - this.#tidiedMs < tidyMs) return;
    this.#tidiedMs = nowMs;
    const isWanted = (key: string): boolean => hasNode(key.slice(key.indexOf('/') + 1));
    for (const key of sources.expire(nowMs, isWanted)) this.bindings.forget(key);
  }
}
