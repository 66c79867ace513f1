/**
 * The bytes of version 1, as numbers; docs/frames.md tells them as a story. All integers and floats are little-endian.
 *
 * A message is a header of fixed fields followed by sections: `{u16 type, u16 encoding, u32 payload length, payload}`,
 * each padded with zeros to a multiple of 8. A later minor version may make the header longer, add section types and
 * add column encodings; a reader goes past all of these by their lengths. There is no checksum: TCP and JetStream's
 * message store have theirs, and one here would cost more than all the rest of decoding (docs/adr/004-frames.md).
 */

/** "HMSF" in the file's order. */
export const magic = 0x46_53_4d_48;
export const majorVersion = 1;
export const minorVersion = 0;

/** Byte at which each header field stands. The last two are a frame's only. */
export const field = {
  magic: 0,
  major: 4,
  minor: 5,
  kind: 6,
  producer: 7,
  /** u32: bytes of the whole message. */
  length: 8,
  /** u32: bytes before the first section; a multiple of 8. */
  headerLength: 12,
  boot: 16,
  /** f64 */
  capturedMs: 32,
  /** u32 */
  intervalMs: 40,
  /** u32 */
  generation: 44,
  /** u64, at most 2^53 - 1 */
  sequence: 48,
  /** u64, at most 2^53 - 1 */
  dropped: 56,
} as const;

export const headerBytes = { keyframe: 48, frame: 64 } as const;
export const kindCode = { frame: 1, keyframe: 2 } as const;
/** A producer's code is its place here, plus one. */
export const producers = ['agent', 'state'] as const;
export const bootBytes = 16;

export const sectionHeaderBytes = 8;
export const section = {
  /** UTF-8: name of the Kubernetes node; absent means "". */
  node: 1,
  /** u32 each: the told rows of a frame, ascending; absent means all. */
  rows: 2,
  /** u32 column, u32 count, then that many values in the section's encoding. */
  values: 3,
  /** u32 count, then `{u8 packing, u8 bytes, bytes}` each. */
  strings: 4,
  /** u32 count, then `{u32 scope, u32 string}` each. */
  columns: 5,
  /** u32 scopes, u32 rows of each scope, then `{u32 string, u32 string or noString}` each row. */
  identities: 6,
} as const;

export const valueEncoding = { float32: 1, float64: 2 } as const;
/** Ways to store a string; minor versions cannot add any, since a string that cannot be read is an identity lost. */
export const packing = { utf8: 0, uuid: 1, hex: 2 } as const;
export const noString = 0xffff_ffff;

/**
 * Nothing larger is written or read. Whatever the reader allocates is bounded by the bytes it was given (a few times
 * their number), so these only keep a message within what a broker and one evaluation should meet.
 */
export const limits = {
  messageBytes: 8 * 1024 * 1024,
  rows: 262_144,
  columns: 1024,
  /** Of one string, in the form it is stored. */
  stringBytes: 255,
  /** The last moment that a Date can be. */
  timeMs: 8.64e15,
} as const;

/** Whether a message may have been captured then: windows count their panes from 1970 on. */
export const isTime = (ms: number): boolean => ms >= 0 && ms <= limits.timeMs;

/** `bytes` up to the next multiple of 8. */
export const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Typed arrays have the machine's byte order: only on a little-endian machine may they lie on a message's bytes. */
export const littleEndianMachine = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
