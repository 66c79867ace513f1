import { createHash } from 'node:crypto';

export type Value = string | number | boolean;
export type Attributes = Readonly<Record<string, Value | undefined>>;

/** Something that happened at a moment of a span. */
export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** A piece of a trace: what took from when to when, as part of what. */
export interface Span {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits; the same for the same piece, whoever tells of it. */
  readonly spanId: string;
  /** Absent for the root. */
  readonly parentSpanId?: string;
  /** One of few, such as `verify`. */
  readonly name: string;
  readonly startMs: number;
  /** Not before `startMs`. */
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Set when it failed: why. */
  readonly error?: string | undefined;
}

/** The trace of an Incident: its UID without dashes, so that who has one has the other. */
export function traceIdOf(uid: string): string {
  const digits = uid.replaceAll('-', '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) && !/^0+$/.test(digits) ? digits : hex(uid, 32);
}

/** The piece of a trace that this path names, such as the UID of a Remediation and a step. */
export const spanIdOf = (...path: readonly string[]): string => hex(path.join('/'), 16);

const hex = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits);
