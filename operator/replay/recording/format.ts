/**
 * A window of the frame stream in one file (docs/recordings.md): a mark, then blocks. The first block is the header, the
 * last one says how many entries there are; between them stand the entries, compressed by the block. Each block carries
 * its number and a checksum, so that a file which is cut off, damaged or put together from two is known by where.
 */

/** The first eight bytes of the file. */
export const mark = 'HOMEOREC';
/** Readers of version 1.n read 1.m for any m: entries of a type that they do not know are passed over. */
export const version = { major: 1, minor: 0 } as const;
/** Length of what stands before the first block: the mark, and the version as two bytes. */
export const prologueBytes = mark.length + 2;
/** Length of what stands before the content of a block: type, number, its length, its length unpacked, checksum. */
export const blockHeadBytes = 20;
/** No content is longer than this when it is unpacked; a length beyond it is damage, and no memory is taken for it. */
export const mostBlockBytes = 4 * 1024 * 1024;

/** The types of blocks, as the four bytes that each begins with. */
export const blockTypes = { header: 0x44414548, entries: 0x41544144, end: 0x454e4f44 } as const;

/** The types of entries. */
export const entryTypes = { message: 1, object: 2, gone: 3 } as const;

/** What stands in the header block, as JSON. */
export interface RecordingHeader {
  readonly writtenBy: string;
  /** The stream’s name, such as `HOMEOSTAT_FRAMES`. */
  readonly stream: string;
  /** First token of the subjects. */
  readonly prefix: string;
  /** Where the window begins, on the clock of the broker; keyframes valid then are older. */
  readonly sinceMs: number;
  /** Only these nodes’ sources; absent: all. */
  readonly nodes?: readonly string[];
}

/** What stands in the last block, as JSON. */
export interface RecordingEnd {
  readonly messages: number;
  readonly objects: number;
  /** When the last message was stored; absent when there is none. */
  readonly untilMs?: number;
}

/** A message of the stream, an object of the cluster as it was seen from here on, or that one is gone. */
export type Entry =
  | { readonly type: 'message'; readonly subject: string; readonly storedMs: number; readonly data: Uint8Array }
  | { readonly type: 'object' | 'gone'; readonly kind: string; readonly atMs: number; readonly object: object };

/** Why a file cannot be read. `offset` is the byte at which reading ended. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly reason: 'NotARecording' | 'UnsupportedVersion' | 'Truncated' | 'Corrupt';
  readonly offset: number;
  constructor(reason: RecordingError['reason'], path: string, offset: number, message: string, options?: ErrorOptions) {
    super(`${path}: ${message} (at byte ${offset})`, options);
    this.reason = reason;
    this.offset = offset;
  }
}
