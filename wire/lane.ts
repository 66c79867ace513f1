import type { Keyframe } from '../engine/frame/types.ts';

/** A dictionary with its bytes. */
export interface Dictionary {
  readonly keyframe: Keyframe;
  readonly bytes: Uint8Array;
}

/** A frame that is not stored yet, as far as we know. */
export interface Waiting {
  readonly bytes: Uint8Array;
  readonly id: string;
  readonly sequence: number;
  readonly dictionary: Dictionary;
  /** When it began to wait, by the monotonic clock. */
  readonly offeredMs: number;
  /**
   * Frames that were dropped before this one, known once it has been under way. It may be stored from then on: it is not
   * dropped any more, or the count would be wrong.
   */
  dropped: number | undefined;
}

/** What the last keyframe of a source was sent for: any difference means that another is due. */
export interface Announced {
  readonly dictionary: Dictionary;
  readonly connection: number;
  readonly dropped: number;
  readonly atMs: number;
}

/** What waits of all sources together. */
export interface Queued {
  queuedFrames: number;
  queuedBytes: number;
}

/** All that is kept of a source: what waits, in order, and what the broker has been told. */
export class Lane {
  readonly subject: string;
  readonly keySubject: string;
  /** Frames that went since the source began. */
  dropped = 0;
  latest: Dictionary | undefined;
  announced: Announced | undefined;
  /** Somebody is sending what waits. */
  pumping = false;
  /** To be forgotten when nothing waits. */
  leaving = false;
  readonly #waiting: Waiting[] = [];
  readonly #total: Queued;
  #bytes = 0;

  constructor(subject: string, keySubject: string, total: Queued) {
    this.subject = subject;
    this.keySubject = keySubject;
    this.#total = total;
  }

  /** The frame to be sent next. */
  get head(): Waiting | undefined {
    return this.#waiting[0];
  }

  push(frame: Waiting): void {
    this.#waiting.push(frame);
    this.#count(1, frame.bytes.length);
  }

  /** Takes away the head: it is stored, or never will be. */
  shift(): void {
    this.#remove(0);
  }

  /** Drops the oldest frames that were not under way yet, as long as too many wait. Answers how many went. */
  makeRoom(maxFrames: number, maxBytes: number): number {
    let gone = 0;
    for (; this.#waiting.length > 1 && (this.#waiting.length > maxFrames || this.#bytes > maxBytes); gone++)
      this.#remove(this.head?.dropped === undefined ? 0 : 1);
    this.dropped += gone;
    return gone;
  }

  #remove(index: number): void {
    const [gone] = this.#waiting.splice(index, 1);
    if (gone !== undefined) this.#count(-1, -gone.bytes.length);
  }

  #count(frames: number, bytes: number): void {
    this.#bytes += bytes;
    this.#total.queuedFrames += frames;
    this.#total.queuedBytes += bytes;
  }
}
