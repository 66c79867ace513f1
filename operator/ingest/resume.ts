/** The last message that was read, by its place in the stream. */
export interface Cursor {
  readonly sequence: number;
  readonly storedMs: number;
  /** When the stream was created, as the server says it. */
  readonly created: string;
}

/** What the stream says of itself now. */
export interface StreamNow {
  readonly created: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** When the message with the cursor’s sequence was stored; undefined when there is none. */
  readonly storedAtCursorMs: number | undefined;
}

/** Where to go on reading. */
export type Resume =
  | {
      readonly from: 'Sequence';
      readonly sequence: number;
      readonly lost: number;
      readonly why: 'Next' | 'Expired' | 'Recreated';
    }
  /** Messages that we have read are gone and their numbers are used again: what is newer than the last one read is new. */
  | { readonly from: 'Time'; readonly sinceMs: number; readonly why: 'Rewound' };

/**
 * Where to go on after a break. Usually that is the next message; but the stream may have been deleted and made anew,
 * its limits may have taken messages we had not read, and a server that died may have come back without its last
 * messages, even acknowledged ones (it writes them to disk every two minutes) and number new ones as it did those.
 */
export function resume(cursor: Cursor, now: StreamNow): Resume {
  if (cursor.created !== now.created)
    return { from: 'Sequence', sequence: Math.max(1, now.firstSequence), lost: 0, why: 'Recreated' };
  const next = cursor.sequence + 1;
  if (now.firstSequence > next)
    return { from: 'Sequence', sequence: now.firstSequence, lost: now.firstSequence - next, why: 'Expired' };
  const expired = now.firstSequence === next;
  const rewound = now.lastSequence < cursor.sequence || (!expired && !isSame(now.storedAtCursorMs, cursor.storedMs));
  if (rewound) return { from: 'Time', sinceMs: cursor.storedMs, why: 'Rewound' };
  return { from: 'Sequence', sequence: next, lost: 0, why: 'Next' };
}

/** Times of one message, told once in nanoseconds and once as a date. */
const isSame = (a: number | undefined, b: number): boolean => a !== undefined && Math.abs(a - b) <= 1;
