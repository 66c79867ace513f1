/**
 * Reading of Snappy's block format (google/snappy, format_description.txt): the length of what was packed, then literals
 * and copies of what stands further ahead.
 */

/** Bytes that are no such block, or hold more than is allowed. */
export class SnappyError extends Error {
  override readonly name = 'SnappyError';
}

/** What was packed; at most `maxBytes`, which is checked before anything is allocated. Throws a SnappyError. */
export function unsnappy(block: Buffer, maxBytes: number): Buffer {
  const { length, from } = lengthOf(block);
  if (length > maxBytes) throw new SnappyError(`it holds ${length} bytes, and ${maxBytes} are allowed`);
  // A block of three bytes is at most 64 of what was packed.
  if (length > 64 * block.length) throw new SnappyError('it cannot hold as much as it says');
  const out = Buffer.alloc(length);
  let [at, end] = [from, 0];
  while (at < block.length) {
    const { literal, size, offset, next } = elementAt(block, at);
    if (size > length - end) throw new SnappyError('it holds more than it says');
    if (literal) {
      if (size > block.length - next) throw new SnappyError('a literal breaks off');
      block.copy(out, end, next, next + size);
      at = next + size;
    } else {
      if (offset < 1 || offset > end) throw new SnappyError('a copy is of what is not there');
      // A copy may overlap with what it makes: then it repeats itself.
      if (offset >= size) out.copyWithin(end, end - offset, end - offset + size);
      else for (let i = 0; i < size; i++) out[end + i] = out[end + i - offset] ?? 0;
      at = next;
    }
    end += size;
  }
  if (end !== length) throw new SnappyError('it holds less than it says');
  return out;
}

function lengthOf(block: Buffer): { length: number; from: number } {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = byteAt(block, i);
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { length, from: i + 1 };
  }
  throw new SnappyError('its length has more than five bytes');
}

interface Element {
  readonly literal: boolean;
  readonly size: number;
  readonly offset: number;
  /** Where a literal's bytes, or the next element, begin. */
  readonly next: number;
}

function elementAt(block: Buffer, at: number): Element {
  const tag = byteAt(block, at);
  const high = tag >> 2;
  switch (tag & 3) {
    case 0: {
      const bytes = Math.max(0, high - 59);
      const size = bytes === 0 ? high + 1 : little(block, at + 1, bytes) + 1;
      return { literal: true, size, offset: 0, next: at + 1 + bytes };
    }
    case 1:
      return {
        literal: false,
        size: (high & 7) + 4,
        offset: ((tag >> 5) << 8) | byteAt(block, at + 1),
        next: at + 2,
      };
    case 2:
      return { literal: false, size: high + 1, offset: little(block, at + 1, 2), next: at + 3 };
    default:
      return { literal: false, size: high + 1, offset: little(block, at + 1, 4), next: at + 5 };
  }
}

function little(block: Buffer, at: number, bytes: number): number {
  if (at + bytes > block.length) throw new SnappyError('it breaks off');
  return block.readUIntLE(at, bytes);
}

function byteAt(block: Buffer, at: number): number {
  const byte = block[at];
  if (byte === undefined) throw new SnappyError('it breaks off');
  return byte;
}
