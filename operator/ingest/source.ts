import type { Frame, Keyframe, SourceId } from '../../engine/frame/types.ts';
import { KeptKeyframe } from './kept-keyframe.ts';
import { newQuality, type FrameResult, type Quality } from './quality.ts';
import { unshared, type Share } from './share.ts';
import { SequenceWindow } from './sequence-window.ts';
import { SourceClock } from './source-clock.ts';

/**
 * A frame that can be read, and its keyframe; `capturedMs` of both is on the clock of the stream. The values hold until
 * the next message is taken.
 */
export interface Readable {
  /** Whose it is, as `sourceKey` calls it. */
  readonly key: string;
  readonly frame: Frame;
  readonly keyframe: Keyframe;
}

/** Told of everything that is counted, beside the source’s own figures. */
export interface Counting {
  result(result: FrameResult, frames?: number): void;
  missed(frames: number): void;
  timeFault(fault: keyof Quality['timeFaults']): void;
}

const mostKeyframes = 4;
const mostHeld = 16;
const heldMs = 5_000;
const mostBoots = 8;
const silentBootMs = 30_000;

/**
 * One sender: which frames of it are new, which can be read, and when they were measured. A frame whose keyframe has
 * not come waits for it for some seconds; a frame that can be read ends the waiting of those before it.
 */
export class Source {
  readonly key: string;
  readonly quality: Quality = newQuality();
  readonly #counting: Counting;
  readonly #share: Share;
  readonly #clock = new SourceClock();
  #id: SourceId | undefined;
  #bootHeardMs = 0;
  readonly #formerBoots: string[] = [];
  #sequence = new SequenceWindow();
  #isFirstOfBoot = false;
  readonly #keyframes = new Map<number, Keyframe>();
  #held: { readonly frame: Frame; readonly storedMs: number }[] = [];

  /** Sources have most columns alike: `share` makes them one list. */
  constructor(key: string, counting: Counting, share = unshared) {
    this.key = key;
    this.#counting = counting;
    this.#share = share;
  }

  /** Who speaks at present. */
  get id(): SourceId | undefined {
    return this.#id;
  }

  /** A keyframe that it has told of already. */
  keyframe({ boot }: SourceId, generation: number): Keyframe | undefined {
    return boot === this.#id?.boot ? this.#keyframes.get(generation) : undefined;
  }

  /** Notes a keyframe; answers the waiting frames that it makes readable. Whatever it says, it is as old as its storing. */
  takeKeyframe(told: Keyframe, storedMs: number): Readable[] {
    this.quality.lastStoredMs = storedMs;
    if (!this.#isCurrent(told.source, storedMs)) return [];
    this.quality.intervalMs = told.intervalMs;
    const keyframe =
      this.#keyframes.get(told.generation) ??
      new KeptKeyframe({ ...told, columns: this.#share(told.columns), capturedMs: storedMs });
    this.#remember(keyframe);
    const waiting = this.#held.filter(({ frame }) => frame.generation === keyframe.generation);
    if (waiting.length === 0) return [];
    this.#giveUpHeld(this.#held.length - waiting.length);
    this.#held = [];
    return waiting.map(({ frame }) => this.#readable(frame, keyframe));
  }

  /** Notes a frame; answers it when it is to be evaluated now. */
  takeFrame(frame: Frame, storedMs: number): Readable | undefined {
    this.quality.lastStoredMs = storedMs;
    if (!this.#isCurrent(frame.source, storedMs)) {
      this.count('Superseded');
      return undefined;
    }
    const order = this.#sequence.take(frame.sequence);
    if (typeof order === 'string') {
      this.count(order);
      return undefined;
    }
    this.#miss(order);
    this.quality.droppedBySender = frame.dropped;
    return this.#inTime(frame, storedMs);
  }

  /** Gives up frames that have waited too long for their keyframe. */
  expire(nowMs: number): void {
    if (this.#held.length === 0) return;
    const kept = this.#held.filter(({ storedMs }) => nowMs - storedMs <= heldMs);
    if (kept.length < this.#held.length) this.count('Unreadable', this.#held.length - kept.length);
    this.#held = kept;
  }

  count(result: FrameResult, frames = 1): void {
    this.quality.results[result] += frames;
    this.#counting.result(result, frames);
  }

  #inTime(frame: Frame, storedMs: number): Readable | undefined {
    const { atMs, fault } = this.#clock.read(frame.capturedMs, storedMs);
    this.quality.skewMs = this.#clock.skewMs;
    if (fault !== undefined) {
      this.quality.timeFaults[fault]++;
      this.#counting.timeFault(fault);
    }
    if (this.#isFirstOfBoot) this.#miss(this.#silentIntervals(atMs, frame.intervalMs));
    this.#isFirstOfBoot = false;
    const { correctionMs } = this.#clock;
    const isAsTold = atMs === frame.capturedMs && fault === undefined && correctionMs === 0;
    const timed = isAsTold ? frame : { ...frame, capturedMs: atMs, timing: { fault, correctionMs } };
    const keyframe = this.#keyframes.get(frame.generation);
    if (keyframe === undefined) {
      this.#hold(timed, storedMs);
      return undefined;
    }
    this.#giveUpHeld(this.#held.length);
    this.#forgetBefore(frame.generation);
    return this.#readable(timed, keyframe);
  }

  #readable(frame: Frame, keyframe: Keyframe): Readable {
    this.count('Evaluated');
    this.quality.lastReadMs = frame.capturedMs;
    return { key: this.key, frame, keyframe };
  }

  #miss(frames: number): void {
    if (frames > 0) this.#counting.missed(frames);
    this.quality.missed += frames;
  }

  /** Between two processes no sequence shows a gap: the intervals in which neither measured. */
  #silentIntervals(atMs: number, intervalMs: number): number {
    const silentMs = atMs - (this.quality.lastReadMs ?? atMs);
    return Math.max(0, Math.round(silentMs / Math.max(1, intervalMs)) - 1);
  }

  #hold(frame: Frame, storedMs: number): void {
    const columns = frame.columns.map(({ column, values }) => ({ column, values: values.slice() }));
    this.#held.push({ frame: { ...frame, columns }, storedMs });
    this.expire(storedMs);
    this.#giveUpHeld(this.#held.length - mostHeld);
  }

  /** The oldest ones first. */
  #giveUpHeld(frames: number): void {
    if (frames <= 0) return;
    this.#held.splice(0, frames);
    this.count('Unreadable', frames);
  }

  /** Frames are read in order, so an older dictionary is of no more use; with many pods it is large. */
  #forgetBefore(generation: number): void {
    for (const older of this.#keyframes.keys()) if (older < generation) this.#keyframes.delete(older);
  }

  #remember(keyframe: Keyframe): void {
    this.#keyframes.set(keyframe.generation, keyframe);
    for (const generation of this.#keyframes.keys()) {
      if (this.#keyframes.size <= mostKeyframes) return;
      this.#keyframes.delete(generation);
    }
  }

  /**
   * A process not heard before replaces the present one. One that has been replaced is not heard, unless its successor
   * has fallen silent: two processes that speak for one source must not be mixed, and must not end in silence.
   */
  #isCurrent(id: SourceId, storedMs: number): boolean {
    if (id.boot !== this.#id?.boot) {
      if (this.#formerBoots.includes(id.boot) && storedMs - this.#bootHeardMs < silentBootMs) return false;
      this.#replace(id);
    }
    this.#bootHeardMs = storedMs;
    return true;
  }

  #replace(id: SourceId): void {
    if (this.#id !== undefined) this.#formerBoots.push(this.#id.boot);
    if (this.#formerBoots.length > mostBoots) this.#formerBoots.shift();
    this.#id = id;
    this.quality.boots++;
    this.#sequence = new SequenceWindow();
    this.#isFirstOfBoot = true;
    this.#keyframes.clear();
    this.#giveUpHeld(this.#held.length);
  }
}
