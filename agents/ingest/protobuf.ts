/**
 * The wire format of protocol buffers, as far as reading metrics takes it: the fields of a message, one after the other,
 * and what their bytes mean. Which number is which field, whoever reads a message knows.
 */

/** Bytes that are no message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** A field: a number of variable length, or bytes (of a text, a message, or a number of 4 or 8 bytes). */
export interface Field {
  readonly number: number;
  readonly varint: bigint;
  readonly bytes: Buffer;
}

const none = Buffer.alloc(0);

/** The fields of a message, in their order. Throws a ProtobufError. */
export function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < message.length;) {
    const tag = varintAt(message, at);
    const number = Number(tag.value >> 3n);
    if (number < 1 || number > 536_870_911) throw new ProtobufError(`there is no field ${number}`);
    const { wire, end } = { wire: Number(tag.value & 7n), end: tag.end };
    if (wire === 0) {
      const { value, end: after } = varintAt(message, end);
      fields.push({ number, varint: value, bytes: none });
      at = after;
      continue;
    }
    const { from, length } = extentAt(message, wire, end);
    if (length > message.length - from) throw new ProtobufError(`field ${number} ends behind its message`);
    fields.push({ number, varint: 0n, bytes: message.subarray(from, from + length) });
    at = from + length;
  }
  return fields;
}

function extentAt(message: Buffer, wire: number, at: number): { from: number; length: number } {
  if (wire === 1) return { from: at, length: 8 };
  if (wire === 5) return { from: at, length: 4 };
  if (wire !== 2) throw new ProtobufError(`there is no wire type ${wire}`);
  const { value, end } = varintAt(message, at);
  return { from: end, length: Number(value) };
}

function varintAt(message: Buffer, at: number): { value: bigint; end: number } {
  let low = 0;
  // Most fit into 28 bits, which need no bigint.
  for (let i = 0; i < 4; i++) {
    const byte = message[at + i];
    if (byte === undefined) throw new ProtobufError('a number breaks off');
    low |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { value: BigInt(low), end: at + i + 1 };
  }
  let value = BigInt(low);
  for (let i = 4; i < 10; i++) {
    const byte = message[at + i];
    if (byte === undefined) throw new ProtobufError('a number breaks off');
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + i + 1 };
  }
  throw new ProtobufError('a number has more than ten bytes');
}

/** A `double`. */
export function doubleOf({ bytes }: Field): number {
  return eight(bytes).readDoubleLE();
}

/** A `fixed64`. */
export const fixed64Of = ({ bytes }: Field): bigint => eight(bytes).readBigUInt64LE();

/** An `sfixed64`, to the nearest double. */
export const sfixed64Of = ({ bytes }: Field): number => Number(eight(bytes).readBigInt64LE());

/** An `int64`, to the nearest double. */
export const int64Of = ({ varint }: Field): number => Number(BigInt.asIntN(64, varint));

/** A `repeated uint32`, packed or one by one. */
export function varintsOf({ bytes, varint: alone }: Field): number[] {
  if (bytes.length === 0) return [Number(alone)];
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const { value, end } = varintAt(bytes, at);
    numbers.push(Number(value));
    at = end;
  }
  return numbers;
}

/** A `string`. */
export const textOf = ({ bytes }: Field): string => bytes.toString('utf8');

/** A message with these fields, each a varint or bytes; for short answers. */
export const messageOf = (...fields: readonly [number: number, value: number | Buffer | string][]): Buffer =>
  Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number << 3), varint(value)];
      const bytes = Buffer.from(value);
      return [varint((number << 3) | 2), varint(bytes.length), bytes];
    }),
  );

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

function eight(bytes: Buffer): Buffer {
  if (bytes.length !== 8) throw new ProtobufError(`a number of 8 bytes has ${bytes.length}`);
  return bytes;
}
