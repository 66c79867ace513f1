import type { Frame, Keyframe, SourceId } from '../engine/frame/types.ts';
import type { Clock } from '../wire/clock.ts';
import { hashOf } from './hash.ts';
import { NodeTable, type FrameContent } from './node-table.ts';
import type { EdgeScores } from './scoring/edge-scores.ts';
import type { Source } from './sources/source.ts';

/** Takes frames and never waits; `FramePublisher` is one. */
export interface FrameSink {
  offer(keyframe: Keyframe, frame: Frame): void;
}

export interface AgentOptions {
  /** Name of the node. */
  readonly node: string;
  /** 16 bytes in hex, new for each start of the process. */
  readonly boot: string;
  /** Default 1000. */
  readonly intervalMs?: number;
  /** Told of each tick how long the reading took, in milliseconds. */
  readonly onRead?: (ms: number) => void;
}

/** What has happened so far. */
export interface AgentCounts {
  ticks: number;
  /** Ticks that were left out because the one before took too long. */
  missedTicks: number;
  urgentFrames: number;
  /** Time spent reading. */
  readSeconds: number;
  /** By the monotonic clock; undefined before the first tick. */
  lastTickMs: number | undefined;
  rows: number;
}

/**
 * Measures a node: a frame of everything at each tick, and small ones at once when a source has something urgent. Ticks
 * lie on a grid of the wall clock, each node at its own place in the interval, so that a cluster’s frames are spread over
 * it; a late tick does not move the next.
 */
export class Agent {
  readonly counts: AgentCounts = {
    ticks: 0,
    missedTicks: 0,
    urgentFrames: 0,
    readSeconds: 0,
    lastTickMs: undefined,
    rows: 0,
  };
  readonly #sources: readonly Source[];
  readonly #sink: FrameSink;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #onRead: (ms: number) => void;
  readonly #phaseMs: number;
  readonly #id: SourceId;
  readonly #table: NodeTable;
  #sequence = 0;
  #dueMs = 0;
  #cancel: () => void = () => {};

  constructor(options: AgentOptions, sources: readonly Source[], sink: FrameSink, clock: Clock, scores?: EdgeScores) {
    this.#intervalMs = options.intervalMs ?? 1000;
    this.#onRead = options.onRead ?? (() => {});
    this.#phaseMs = phaseOf(options.node, this.#intervalMs);
    this.#id = { producer: 'agent', node: options.node, boot: options.boot };
    this.#sources = sources;
    this.#sink = sink;
    this.#clock = clock;
    this.#table = new NodeTable(this.#id, this.#intervalMs, sources, scores);
  }

  start(): void {
    for (const source of this.#sources)
      source.start?.((cells) => {
        const keyframe = this.#table.keyframe(this.#clock.now());
        this.#send(keyframe, this.#table.tell(cells.map((cell) => ({ ...cell, source }))));
        this.counts.urgentFrames++;
      });
    this.#dueMs = nextTick(this.#clock.now(), this.#intervalMs, this.#phaseMs);
    this.#arm();
  }

  stop(): void {
    this.#cancel();
    for (const source of this.#sources) source.stop?.();
  }

  #arm(): void {
    const waitMs = Math.max(0, this.#dueMs - this.#clock.now());
    this.#cancel = this.#clock.after(Math.min(waitMs, this.#intervalMs), () => this.#wake());
  }

  #wake(): void {
    const nowMs = this.#clock.now();
    // A timer may ring a little early, and the date may have been set back.
    if (nowMs >= this.#dueMs) this.#tick();
    const afterMs = this.#clock.now();
    const nextMs = nextTick(afterMs, this.#intervalMs, this.#phaseMs);
    if (nowMs >= this.#dueMs) this.counts.missedTicks += Math.round((nextMs - this.#dueMs) / this.#intervalMs) - 1;
    this.#dueMs = nextMs;
    this.#arm();
  }

  #tick(): void {
    const startedMs = this.#clock.monotonic();
    for (const source of this.#sources) source.refresh?.();
    const keyframe = this.#table.keyframe(this.#clock.now());
    const { columns } = this.#table.readAll();
    const capturedMs = this.#clock.now();
    this.#send(keyframe, { columns: [...columns, ...this.#table.score(capturedMs)] }, capturedMs);
    this.counts.ticks++;
    this.counts.rows = keyframe.rows.length;
    this.counts.lastTickMs = this.#clock.monotonic();
    const readMs = this.counts.lastTickMs - startedMs;
    this.counts.readSeconds += readMs / 1000;
    this.#onRead(readMs);
  }

  #send(keyframe: Keyframe, content: FrameContent, capturedMs = this.#clock.now()): void {
    this.#sink.offer(keyframe, {
      kind: 'frame',
      source: this.#id,
      sequence: ++this.#sequence,
      generation: keyframe.generation,
      capturedMs,
      intervalMs: this.#intervalMs,
      dropped: 0,
      ...content,
    });
  }
}

/** The first time after `nowMs` that lies on the grid. */
export const nextTick = (nowMs: number, intervalMs: number, phaseMs: number): number =>
  Math.floor((nowMs - phaseMs) / intervalMs + 1) * intervalMs + phaseMs;

/** Where in the interval a node ticks: always the same. */
export const phaseOf = (node: string, intervalMs: number): number => hashOf(node) % intervalMs;
