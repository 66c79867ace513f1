/**
 * Messages put together byte by byte, beside the encoder: what other versions, broken writers and attackers send. For
 * tests only.
 */
export interface HandMade {
  readonly magic?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly kind?: number;
  readonly producer?: number;
  /** What the message says of its length; default: the truth. */
  readonly length?: number;
  readonly headerLength?: number;
  readonly capturedMs?: number;
  readonly generation?: number;
  readonly sequence?: bigint;
  /** Bytes that a later version put after the fields of 1.0. */
  readonly moreHeader?: readonly number[];
  readonly sections?: readonly { type: number; encoding?: number; length?: number; payload: Uint8Array }[];
}

export function handMade(message: HandMade): Uint8Array {
  const kind = message.kind ?? 1;
  const more = message.moreHeader ?? [];
  const header = (kind === 2 ? 48 : 64) + more.length;
  const sections = message.sections ?? [];
  const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
  const size = sections.reduce((sum, { payload }) => sum + 8 + padded(payload.length), header);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, message.magic ?? 0x46_53_4d_48, true);
  view.setUint8(4, message.major ?? 1);
  view.setUint8(5, message.minor ?? 0);
  view.setUint8(6, kind);
  view.setUint8(7, message.producer ?? 1);
  view.setUint32(8, message.length ?? size, true);
  view.setUint32(12, message.headerLength ?? header, true);
  bytes.fill(0xb0, 16, 32);
  view.setFloat64(32, message.capturedMs ?? 1_760_000_000_000, true);
  view.setUint32(40, 1000, true);
  view.setUint32(44, message.generation ?? 1, true);
  if (kind !== 2) view.setBigUint64(48, message.sequence ?? 1n, true);
  bytes.set(more, header - more.length);
  let at = header;
  for (const { type, encoding = 0, length, payload } of sections) {
    view.setUint16(at, type, true);
    view.setUint16(at + 2, encoding, true);
    view.setUint32(at + 4, length ?? payload.length, true);
    bytes.set(payload, at + 8);
    at += 8 + padded(payload.length);
  }
  return bytes;
}

/** Little-endian u32s. */
export function u32(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  numbers.forEach((number, index) => new DataView(bytes.buffer).setUint32(4 * index, number, true));
  return bytes;
}

/** Little-endian f32s. */
export function f32(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  numbers.forEach((number, index) => new DataView(bytes.buffer).setFloat32(4 * index, number, true));
  return bytes;
}

/** Little-endian f64s. */
export function f64(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(8 * numbers.length);
  numbers.forEach((number, index) => new DataView(bytes.buffer).setFloat64(8 * index, number, true));
  return bytes;
}

/** An entry of a string table, stored as UTF-8. */
export const text = (value: string): Uint8Array => {
  const bytes = new TextEncoder().encode(value);
  return join(Uint8Array.of(0, bytes.length), bytes);
};

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
