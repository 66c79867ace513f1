/** Valid messages with defaults, so that a test of ingest states only what it is about. */
import { encodeFrame, encodeKeyframe } from '../../engine/frame/encode.ts';
import { frameSubject } from '../../engine/frame/subject.ts';
import type { Frame, Keyframe, SourceId } from '../../engine/frame/types.ts';
import type { Message } from './sources.ts';

/** 2026-01-01T00:00:00Z */
export const startMs = Date.UTC(2026, 0, 1);

/** 16 bytes of hex, made of one digit. */
export const boot = (digit: string): string => digit.repeat(32);

/** The agent of `node-1`, in its first life. */
export const agentSource = (source: Partial<SourceId> = {}): SourceId => ({
  producer: 'agent',
  node: 'node-1',
  boot: boot('a'),
  ...source,
});

/** One node row and its CPU. */
export const keyframe = (keyframe: Partial<Keyframe> = {}): Keyframe => ({
  kind: 'keyframe',
  source: agentSource(),
  generation: 1,
  capturedMs: startMs,
  intervalMs: 1000,
  columns: [{ metric: 'system.cpu.utilization', scope: 'Node' }],
  rows: [{ scope: 'Node', uid: 'node-1' }],
  ...keyframe,
});

/** Frame `sequence`, measured that many seconds after the start. */
export const frame = (sequence: number, frame: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  source: agentSource(),
  sequence,
  generation: 1,
  capturedMs: startMs + sequence * 1000,
  intervalMs: 1000,
  dropped: 0,
  columns: [{ column: 0, values: Float32Array.of(0.5) }],
  ...frame,
});

/** What the stream holds of it, stored 2 ms after it was measured unless said otherwise. */
export const message = (content: Frame | Keyframe, message: Partial<Message> = {}): Message => ({
  subject: frameSubject(content.source, content.kind),
  data: content.kind === 'frame' ? encodeFrame(content) : encodeKeyframe(content),
  storedMs: content.capturedMs + 2,
  ...message,
});
