import {
  bootBytes,
  field,
  headerBytes,
  isTime,
  kindCode,
  limits,
  littleEndianMachine,
  magic,
  majorVersion,
  minorVersion,
  noString,
  padded,
  producers,
  section,
  sectionHeaderBytes,
  valueEncoding,
} from './format.ts';
import { bytesOfHex, pack, utf8, type PackedString } from './strings.ts';
import { scopes, type ColumnValues, type Frame, type Keyframe } from './types.ts';

/**
 * The bytes of a frame.
 *
 * @throws RangeError for a frame that no message can hold: over a limit, rows or columns not ascending, a boot that is
 * not 16 bytes of lower-case hex. A sender that keeps the contract of types.ts never sees it.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { rows, columns } = frame;
  wholeNumber('sequence', frame.sequence, Number.MAX_SAFE_INTEGER);
  wholeNumber('dropped', frame.dropped, Number.MAX_SAFE_INTEGER);
  if (rows !== undefined) ascending('rows', rows, limits.rows);
  ascending(
    'columns',
    columns.map(({ column }) => column),
    limits.columns,
  );
  const node = nodeSection(frame.source.node);
  let size = headerBytes.frame + sizeOf(node);
  if (rows !== undefined) size += sectionHeaderBytes + padded(4 * rows.length);
  for (const { values } of columns) size += sectionHeaderBytes + padded(8 + values.byteLength);

  const out = startMessage(frame, headerBytes.frame, size);
  putU64(out.view, field.sequence, frame.sequence);
  putU64(out.view, field.dropped, frame.dropped);
  putBytes(out, node);
  if (rows !== undefined) {
    const at = putSection(out, section.rows, 0, 4 * rows.length);
    for (let i = 0; i < rows.length; i++) out.view.setUint32(at + 4 * i, rows[i] ?? 0, true);
  }
  for (const values of columns) putValues(out, values, rows?.length ?? limits.rows);
  return out.bytes;
}

/** Puts the count of dropped frames, which may grow while a frame waits to be sent, into the bytes of a frame. */
export function setDropped(bytes: Uint8Array, dropped: number): void {
  wholeNumber('dropped', dropped, Number.MAX_SAFE_INTEGER);
  putU64(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), field.dropped, dropped);
}

/** The bytes of a keyframe. Throws RangeError as `encodeFrame` does; rows must be in the order of their scopes. */
export function encodeKeyframe(keyframe: Keyframe): Uint8Array {
  const { columns, rows } = keyframe;
  if (columns.length > limits.columns) throw new RangeError(`${columns.length} columns; at most ${limits.columns}`);
  if (rows.length > limits.rows) throw new RangeError(`${rows.length} rows; at most ${limits.rows}`);
  const strings = new StringTable();
  const columnPairs = columns.flatMap(({ scope, metric }) => [scopes.indexOf(scope), strings.indexOf(metric)]);
  const rowPairs = rows.flatMap(({ uid, container }) => [
    strings.indexOf(uid),
    container === undefined ? noString : strings.indexOf(container),
  ]);
  const sections = [
    nodeSection(keyframe.source.node),
    strings.section(),
    numberSection(section.columns, [columns.length, ...columnPairs]),
    numberSection(section.identities, [scopes.length, ...rowsOfEachScope(rows)], rowPairs),
  ];
  let size: number = headerBytes.keyframe;
  for (const each of sections) size += sizeOf(each);
  const out = startMessage(keyframe, headerBytes.keyframe, size);
  for (const each of sections) putBytes(out, each);
  return out.bytes;
}

interface Output {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the next section begins. */
  at: number;
}

interface Section {
  readonly type: number;
  readonly payload: Uint8Array;
}

const sizeOf = (each: Section | undefined): number =>
  each === undefined ? 0 : sectionHeaderBytes + padded(each.payload.length);

function startMessage(message: Frame | Keyframe, header: number, size: number): Output {
  const { source } = message;
  if (size > limits.messageBytes) throw new RangeError(`a message of ${size} bytes; at most ${limits.messageBytes}`);
  if (!/^[0-9a-f]{32}$/.test(source.boot))
    throw new RangeError(`boot must be ${2 * bootBytes} hex digits: ${source.boot}`);
  if (!isTime(message.capturedMs)) throw new RangeError(`capturedMs is ${message.capturedMs}`);
  wholeNumber('intervalMs', message.intervalMs, 0xffff_ffff);
  wholeNumber('generation', message.generation, 0xffff_ffff);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(field.magic, magic, true);
  view.setUint8(field.major, majorVersion);
  view.setUint8(field.minor, minorVersion);
  view.setUint8(field.kind, kindCode[message.kind]);
  view.setUint8(field.producer, producers.indexOf(source.producer) + 1);
  view.setUint32(field.length, size, true);
  view.setUint32(field.headerLength, header, true);
  bytes.set(bytesOfHex(source.boot), field.boot);
  view.setFloat64(field.capturedMs, message.capturedMs, true);
  view.setUint32(field.intervalMs, message.intervalMs, true);
  view.setUint32(field.generation, message.generation, true);
  return { bytes, view, at: header };
}

/** Writes a section's header and answers where its payload begins. */
function putSection(out: Output, type: number, encoding: number, length: number): number {
  out.view.setUint16(out.at, type, true);
  out.view.setUint16(out.at + 2, encoding, true);
  out.view.setUint32(out.at + 4, length, true);
  const payload = out.at + sectionHeaderBytes;
  out.at = payload + padded(length);
  return payload;
}

function putBytes(out: Output, each: Section | undefined): void {
  if (each !== undefined) out.bytes.set(each.payload, putSection(out, each.type, 0, each.payload.length));
}

function putValues(out: Output, { column, values }: ColumnValues, most: number): void {
  if (values.length > most) throw new RangeError(`column ${column} has ${values.length} values for ${most} rows`);
  const wide = values instanceof Float64Array;
  const encoding = wide ? valueEncoding.float64 : valueEncoding.float32;
  const at = putSection(out, section.values, encoding, 8 + values.byteLength);
  out.view.setUint32(at, column, true);
  out.view.setUint32(at + 4, values.length, true);
  if (littleEndianMachine) out.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at + 8);
  else
    for (let i = 0; i < values.length; i++)
      if (wide) out.view.setFloat64(at + 8 + 8 * i, values[i] ?? Number.NaN, true);
      else out.view.setFloat32(at + 8 + 4 * i, values[i] ?? Number.NaN, true);
}

const nodeSection = (node: string): Section | undefined =>
  node === '' ? undefined : { type: section.node, payload: utf8(node) };

/** All strings of a keyframe, each once. */
class StringTable {
  readonly #indexes = new Map<string, number>();
  readonly #strings: PackedString[] = [];
  #bytes = 4;

  indexOf(text: string): number {
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    const packed = pack(text);
    this.#bytes += 2 + packed.bytes.length;
    this.#indexes.set(text, this.#strings.length);
    return this.#strings.push(packed) - 1;
  }

  section(): Section {
    const payload = new Uint8Array(this.#bytes);
    new DataView(payload.buffer).setUint32(0, this.#strings.length, true);
    let at = 4;
    for (const { packing: how, bytes } of this.#strings) {
      payload[at] = how;
      payload[at + 1] = bytes.length;
      payload.set(bytes, at + 2);
      at += 2 + bytes.length;
    }
    return { type: section.strings, payload };
  }
}

function numberSection(type: number, ...lists: (readonly number[])[]): Section {
  const numbers = lists.flat();
  const payload = new Uint8Array(4 * numbers.length);
  const view = new DataView(payload.buffer);
  numbers.forEach((number, index) => view.setUint32(4 * index, number, true));
  return { type, payload };
}

function rowsOfEachScope(rows: Keyframe['rows']): number[] {
  const counts = scopes.map(() => 0);
  let last = 0;
  for (const { scope } of rows) {
    const index = scopes.indexOf(scope);
    if (index < last) throw new RangeError(`a ${scope} row stands after a ${scopes[last]} row`);
    last = index;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

function putU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

function wholeNumber(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new RangeError(`${name} must be a whole number from 0 to ${most}: ${value}`);
}

function ascending(name: string, numbers: ArrayLike<number>, most: number): void {
  if (numbers.length > most) throw new RangeError(`${numbers.length} ${name}; at most ${most}`);
  let last = -1;
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] ?? -1;
    if (!Number.isInteger(number) || number <= last || number >= most)
      throw new RangeError(`${name} must ascend and stay below ${most}: ${number} after ${last}`);
    last = number;
  }
}
