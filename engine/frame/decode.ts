import { readDictionary } from './decode-dictionary.ts';
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
  producers,
  section,
  valueEncoding,
} from './format.ts';
import { Sections, type Payload } from './sections.ts';
import { hexOfBytes, isAscii, isHex, readUtf8 } from './strings.ts';
import { FrameError, type ColumnValues, type Frame, type Keyframe, type SourceId } from './types.ts';

/** For who reads many messages. */
export interface DecodeOptions {
  /** Where the values of a message that fits may lie: they hold until the next one is read. */
  readonly scratch?: ArrayBuffer;
  /** What is known of who sends it, if it is that one: it is not read again. A keyframe that is known is answered itself. */
  readonly known?: {
    readonly id: SourceId | undefined;
    keyframe(source: SourceId, generation: number): Keyframe | undefined;
  };
}

/**
 * Reads one message of version 1, of this or any other minor version. Values may be views of `bytes`, without a copy:
 * who changes `bytes` afterwards changes the frame.
 *
 * @throws FrameError and nothing else, for any bytes, after time and memory in proportion to their number.
 */
export function decode(bytes: Uint8Array, { scratch, known }: DecodeOptions = {}): Frame | Keyframe {
  const message = aligned(bytes, scratch);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const kind = checkedKind(view);
  const header = checkedHeader(view, kind);
  const sections = new Sections(message, view, header);
  const source = readSource(message, view, sections, known?.id);
  const generation = view.getUint32(field.generation, true);
  const capturedMs = view.getFloat64(field.capturedMs, true);
  const intervalMs = view.getUint32(field.intervalMs, true);
  if (!isTime(capturedMs)) throw new FrameError('Corrupt', `capturedMs is ${capturedMs}`, field.capturedMs);
  if (kind === 'keyframe') {
    const again = known?.keyframe(source, generation);
    if (again?.intervalMs === intervalMs) return again;
    return { kind, source, generation, capturedMs, intervalMs, ...readDictionary(sections) };
  }
  const rows = readRows(sections.one(section.rows), view);
  const sequence = readU64(view, field.sequence);
  const dropped = readU64(view, field.dropped);
  const columns = readColumns(sections, rows?.length ?? limits.rows);
  const frame = { kind, source, sequence, generation, capturedMs, intervalMs, dropped, columns };
  return rows === undefined ? frame : { ...frame, rows };
}

/** One copy of a message that lies oddly in a socket's buffer makes all its columns viewable. */
function aligned(bytes: Uint8Array, scratch: ArrayBuffer | undefined): Uint8Array {
  if (bytes.byteOffset % 8 === 0 || bytes.length > limits.messageBytes) return bytes;
  if (scratch === undefined || bytes.length > scratch.byteLength) return new Uint8Array(bytes);
  const copy = new Uint8Array(scratch, 0, bytes.length);
  copy.set(bytes);
  return copy;
}

function checkedKind(view: DataView): 'frame' | 'keyframe' {
  const size = view.byteLength;
  if (size > limits.messageBytes)
    throw new FrameError('TooLarge', `${size} bytes; at most ${limits.messageBytes}`, limits.messageBytes);
  if (size < 4 || view.getUint32(field.magic, true) !== magic)
    throw new FrameError('NotAFrame', 'it does not begin with "HMSF"', 0);
  if (size < headerBytes.keyframe) throw new FrameError('Truncated', `${size} bytes hold no header`, size);
  const major = view.getUint8(field.major);
  if (major !== majorVersion)
    throw new FrameError('UnsupportedVersion', `version ${major}; this reads ${majorVersion}`, field.major);
  const code = view.getUint8(field.kind);
  if (code === kindCode.frame) return 'frame';
  if (code === kindCode.keyframe) return 'keyframe';
  throw new FrameError('UnsupportedVersion', `no kind of message has the number ${code}`, field.kind);
}

/** Length of the header, which may be longer than ours. */
function checkedHeader(view: DataView, kind: 'frame' | 'keyframe'): number {
  const size = view.byteLength;
  const length = view.getUint32(field.length, true);
  if (length > size) throw new FrameError('Truncated', `${size} of ${length} bytes`, size);
  if (length < size) throw new FrameError('Corrupt', `${size - length} bytes follow the message`, length);
  const header = view.getUint32(field.headerLength, true);
  if (header < headerBytes[kind] || header > size || header % 8 !== 0)
    throw new FrameError('Corrupt', `a header of ${header} bytes`, field.headerLength);
  return header;
}

function readSource(bytes: Uint8Array, view: DataView, sections: Sections, known: SourceId | undefined): SourceId {
  const code = view.getUint8(field.producer);
  const producer = producers[code - 1];
  if (producer === undefined)
    throw new FrameError('UnsupportedVersion', `no producer has the number ${code}`, field.producer);
  const node = sections.one(section.node);
  if (node !== undefined && node.to - node.from > limits.stringBytes)
    throw new FrameError('TooLarge', `a node's name of ${node.to - node.from} bytes`, node.from);
  if (
    known?.producer === producer &&
    isHex(bytes, field.boot, field.boot + bootBytes, known.boot) &&
    isAscii(bytes, node?.from ?? 0, node?.to ?? 0, known.node)
  )
    return known;
  return {
    producer,
    node: node === undefined ? '' : readUtf8(bytes, node.from, node.to),
    boot: hexOfBytes(bytes, field.boot, field.boot + bootBytes),
  };
}

function readRows(payload: Payload | undefined, view: DataView): Uint32Array | undefined {
  if (payload === undefined) return undefined;
  const length = payload.to - payload.from;
  if (length % 4 !== 0) throw new FrameError('Corrupt', `rows of ${length} bytes`, payload.from);
  if (length / 4 > limits.rows) throw new FrameError('TooLarge', `${length / 4} rows`, payload.from);
  const rows = new Uint32Array(length / 4);
  let last = -1;
  for (let i = 0; i < rows.length; i++) {
    const at = payload.from + 4 * i;
    const row = view.getUint32(at, true);
    if (row <= last) throw new FrameError('Corrupt', `row ${row} after row ${last}`, at);
    if (row >= limits.rows) throw new FrameError('TooLarge', `row ${row}`, at);
    rows[i] = row;
    last = row;
  }
  return rows;
}

function readColumns(sections: Sections, mostValues: number): ColumnValues[] {
  const columns: ColumnValues[] = [];
  let last = -1;
  for (const payload of sections.values) {
    const { encoding, from, to } = payload;
    const wide = encoding === valueEncoding.float64;
    if (!wide && encoding !== valueEncoding.float32) continue;
    if (to - from < 8) throw new FrameError('Corrupt', 'a column without a number', from);
    const column = sections.view.getUint32(from, true);
    const count = sections.view.getUint32(from + 4, true);
    if (column <= last) throw new FrameError('Corrupt', `column ${column} after column ${last}`, from);
    if (column >= limits.columns) throw new FrameError('TooLarge', `column ${column}`, from);
    if (count * (wide ? 8 : 4) !== to - from - 8)
      throw new FrameError('Corrupt', `${count} values in ${to - from - 8} bytes`, from);
    if (count > mostValues) throw new FrameError('Corrupt', `${count} values for ${mostValues} rows`, from);
    columns.push({ column, values: readValues(sections.view, from + 8, count, wide) });
    last = column;
  }
  return columns;
}

/** `count` floats; a view where the machine's byte order and the place allow one. */
export function readValues(
  view: DataView,
  at: number,
  count: number,
  wide: boolean,
  viewable = littleEndianMachine,
): Float32Array | Float64Array {
  const place = view.byteOffset + at;
  if (viewable && place % (wide ? 8 : 4) === 0)
    return wide ? new Float64Array(view.buffer, place, count) : new Float32Array(view.buffer, place, count);
  const values = wide ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++)
    values[i] = wide ? view.getFloat64(at + 8 * i, true) : view.getFloat32(at + 4 * i, true);
  return values;
}

function readU64(view: DataView, at: number): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  if (!Number.isSafeInteger(value)) throw new FrameError('Corrupt', `a count of ${value}`, at);
  return value;
}
