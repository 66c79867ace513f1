/**
 * What detectors have learnt, as bytes that survive a process: `HMSS`, u8 version, 3 zeros, u32 CRC-32 of all that
 * follows, u32 bytes of a JSON text, the text padded with blanks to a multiple of 8, then Float64 numbers, all
 * little-endian. The text lists `{id, key, numbers}`: scoring, row, and how many numbers are its.
 */
import { crc32 } from 'node:zlib';

/** What is known of one row under one scoring. */
export interface State {
  readonly id: string;
  readonly key: string;
  readonly numbers: Float64Array;
}

/** Bytes that are no states that can be read: cut off, changed, or of another version. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

const magic = 0x53_53_4d_48;
const version = 1;
const headerBytes = 16;

/** The bytes of some states. */
export function encodeStates(states: readonly State[]): Uint8Array {
  const list = JSON.stringify(states.map(({ id, key, numbers }) => ({ id, key, numbers: numbers.length })));
  const raw = new TextEncoder().encode(list);
  const text = new Uint8Array(Math.ceil(raw.length / 8) * 8).fill(0x20);
  text.set(raw);
  const count = states.reduce((sum, { numbers }) => sum + numbers.length, 0);
  const bytes = new Uint8Array(headerBytes + text.length + 8 * count);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint8(4, version);
  view.setUint32(12, text.length, true);
  bytes.set(text, headerBytes);
  let at = headerBytes + text.length;
  for (const { numbers } of states)
    for (const number of numbers) {
      view.setFloat64(at, number, true);
      at += 8;
    }
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

/**
 * The states in some bytes.
 *
 * @throws StateError and nothing else
 */
export function decodeStates(bytes: Uint8Array): State[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes || view.getUint32(0, true) !== magic) throw new StateError('they are no states');
  if (view.getUint8(4) !== version) throw new StateError(`they are of version ${view.getUint8(4)}, not ${version}`);
  if (crc32(bytes.subarray(12)) !== view.getUint32(8, true)) throw new StateError('they were cut off or changed');
  const from = headerBytes + view.getUint32(12, true);
  let at = from;
  return listIn(bytes.subarray(headerBytes, from)).map(({ id, key, numbers: count }) => {
    if (at + 8 * count > bytes.length) throw new StateError('they are more than was written');
    const numbers = Float64Array.from({ length: count }, (_, i) => view.getFloat64(at + 8 * i, true));
    at += 8 * count;
    return { id, key, numbers };
  });
}

interface Listed {
  readonly id: string;
  readonly key: string;
  readonly numbers: number;
}

function listIn(text: Uint8Array): Listed[] {
  try {
    const list: unknown = JSON.parse(new TextDecoder().decode(text));
    if (Array.isArray(list) && list.every(isListed)) return list;
  } catch {
    // Said below.
  }
  throw new StateError('their list cannot be read');
}

const isListed = (value: unknown): value is Listed => {
  if (typeof value !== 'object' || value === null) return false;
  const { id, key, numbers } = value as Record<string, unknown>;
  return typeof id === 'string' && typeof key === 'string' && Number.isInteger(numbers) && Number(numbers) >= 0;
};
