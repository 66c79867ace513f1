import { limits, packing } from './format.ts';
import { FrameError } from './types.ts';

/** A string as it stands in a message. UUIDs and runtime ids take half their characters. */
export interface PackedString {
  readonly packing: number;
  readonly bytes: Uint8Array;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const evenHex = /^(?:[0-9a-f]{2}){4,255}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The shortest form of `text`. Throws `RangeError` when it is not well-formed Unicode or longer than a message allows. */
export function pack(text: string): PackedString {
  if (uuid.test(text)) return { packing: packing.uuid, bytes: bytesOfHex(text.replaceAll('-', '')) };
  if (evenHex.test(text)) return { packing: packing.hex, bytes: bytesOfHex(text) };
  return { packing: packing.utf8, bytes: utf8(text) };
}

/** The bytes of `text`. Throws `RangeError` as `pack` does. */
export function utf8(text: string): Uint8Array {
  const ascii = asciiBytes(text);
  if (ascii !== undefined && ascii.length <= limits.stringBytes) return ascii;
  if (!text.isWellFormed()) throw new RangeError(`a string holds half of a surrogate pair: ${JSON.stringify(text)}`);
  const bytes = encoder.encode(text);
  if (bytes.length > limits.stringBytes)
    throw new RangeError(`a string of ${bytes.length} bytes; at most ${limits.stringBytes} are allowed`);
  return bytes;
}

/** The bytes of a text that is ASCII, as names are as a rule; there a loop beats TextEncoder several times. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** The inverse of `pack`. Throws FrameError for a packing that does not exist and for bytes that it cannot mean. */
export function unpack(bytes: Uint8Array, from: number, to: number, how: number): string {
  switch (how) {
    case packing.utf8:
      return readUtf8(bytes, from, to);
    case packing.hex:
      return hexOfBytes(bytes, from, to);
    case packing.uuid: {
      if (to - from !== 16) throw new FrameError('Corrupt', `a UUID of ${to - from} bytes`, from);
      const codes: number[] = [];
      for (let at = from; at < to; at++) {
        if (uuidDashes.has(at - from)) codes.push(dash);
        pushDigits(codes, bytes[at] ?? 0);
      }
      return String.fromCharCode(...codes);
    }
    default:
      throw new FrameError('Corrupt', `no string packing has the number ${how}`, from);
  }
}

/** UTF-8, strictly. Names are short and ASCII as a rule, where a loop beats TextDecoder several times. */
export function readUtf8(bytes: Uint8Array, from: number, to: number): string {
  const codes: number[] = [];
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f) return readAnyUtf8(bytes, from, to);
    codes.push(byte);
  }
  return String.fromCharCode(...codes);
}

/** Whether the bytes are those of `text`, a text of ASCII; of any other it may say that they are not. */
export function isAscii(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

function readAnyUtf8(bytes: Uint8Array, from: number, to: number): string {
  try {
    return decoder.decode(bytes.subarray(from, to));
  } catch {
    throw new FrameError('Corrupt', 'a string is not UTF-8', from);
  }
}

const uuidDashes: ReadonlySet<number> = new Set([4, 6, 8, 10]);
const dash = 0x2d;
const digitCodes: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

function pushDigits(codes: number[], byte: number): void {
  codes.push(digitCodes[byte >> 4] ?? 0, digitCodes[byte & 15] ?? 0);
}

/**
 * Two lower-case digits a byte. Made at once: a text that grows digit by digit is kept as the chain of its growing, some
 * 700 bytes of a UUID.
 */
export function hexOfBytes(bytes: Uint8Array, from: number, to: number): string {
  const codes: number[] = [];
  for (let at = from; at < to; at++) pushDigits(codes, bytes[at] ?? 0);
  return String.fromCharCode(...codes);
}

/** Whether `text` is what `hexOfBytes` would answer. */
export function isHex(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (text.length !== 2 * (to - from)) return false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const digit = 2 * (at - from);
    if (text.charCodeAt(digit) !== digitCodes[byte >> 4] || text.charCodeAt(digit + 1) !== digitCodes[byte & 15])
      return false;
  }
  return true;
}

/** The bytes of an even number of lower-case hexadecimal digits. */
export function bytesOfHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = (digitOf(text.charCodeAt(2 * at)) << 4) | digitOf(text.charCodeAt(2 * at + 1));
  return bytes;
}

const digitOf = (code: number): number => (code < 0x3a ? code - 0x30 : code - 0x57);
