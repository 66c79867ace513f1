import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { decodeEntries } from './entry.ts';
import {
  blockHeadBytes,
  blockTypes,
  mark,
  mostBlockBytes,
  prologueBytes,
  RecordingError,
  version,
  type Entry,
  type RecordingEnd,
  type RecordingHeader,
} from './format.ts';

interface Block {
  readonly number: number;
  readonly type: number;
  readonly offset: number;
  readonly length: number;
  readonly unpackedLength: number;
  readonly checksum: number;
}

/** A recording that is whole, as far as its blocks’ lengths tell; each block’s checksum is compared when it is read. */
export class Recording {
  readonly header: RecordingHeader;
  readonly end: RecordingEnd;
  readonly #path: string;
  readonly #blocks: readonly Block[];

  /** Throws a RecordingError when the file is not a recording or not a whole one, else what the file system throws. */
  constructor(path: string) {
    this.#path = path;
    const file = openSync(path, 'r');
    try {
      this.#blocks = blocksOf(path, file);
      const [first, last] = [this.#blocks[0], this.#blocks.at(-1)];
      if (first?.type !== blockTypes.header || last === undefined)
        throw new RecordingError('Corrupt', path, prologueBytes, 'the first block is not a header');
      this.header = JSON.parse(contentOf(path, file, first).toString()) as RecordingHeader;
      this.end = JSON.parse(contentOf(path, file, last).toString()) as RecordingEnd;
    } finally {
      closeSync(file);
    }
  }

  /** Every entry in order, a block in memory at a time. Throws a RecordingError where the file is damaged. */
  *entries(): Generator<Entry> {
    const file = openSync(this.#path, 'r');
    try {
      for (const block of this.#blocks) {
        if (block.type !== blockTypes.entries) continue;
        try {
          yield* decodeEntries(contentOf(this.#path, file, block));
        } catch (cause) {
          if (!(cause instanceof RangeError || cause instanceof SyntaxError)) throw cause;
          throw damaged(this.#path, block, 'its entries cannot be read', cause);
        }
      }
    } finally {
      closeSync(file);
    }
  }
}

/** Where the blocks are; everything but their contents is looked at. */
function blocksOf(path: string, file: number): Block[] {
  const size = fstatSync(file).size;
  const prologue = Buffer.alloc(prologueBytes);
  const isOurs = readSync(file, prologue, 0, prologueBytes, 0) === prologueBytes;
  if (!isOurs || prologue.toString('latin1', 0, mark.length) !== mark)
    throw new RecordingError('NotARecording', path, 0, 'not a recording of Homeostat');
  const [major, minor] = [prologue[mark.length], prologue[mark.length + 1]];
  if (major !== version.major)
    throw new RecordingError(
      'UnsupportedVersion',
      path,
      mark.length,
      `it has format ${major}.${minor}, and this program reads ${version.major}.x`,
    );
  const blocks: Block[] = [];
  let offset = prologueBytes;
  while (blocks.at(-1)?.type !== blockTypes.end) {
    const block = headAt(path, file, offset, size, blocks.length);
    blocks.push(block);
    offset += blockHeadBytes + block.length;
  }
  if (offset < size)
    throw new RecordingError('Corrupt', path, offset, `${size - offset} bytes follow the end of the recording`);
  return blocks;
}

function headAt(path: string, file: number, offset: number, size: number, number: number): Block {
  const left = size - offset;
  const cutOff = (what: string): RecordingError =>
    new RecordingError('Truncated', path, offset, `cut off: ${what}, and the file ends; record it again`);
  if (left < blockHeadBytes) throw cutOff(`block ${number} should begin, the last one has not come`);
  const head = Buffer.alloc(blockHeadBytes);
  readSync(file, head, 0, blockHeadBytes, offset);
  const block = {
    number,
    type: head.readUInt32LE(0),
    offset,
    length: head.readUInt32LE(8),
    unpackedLength: head.readUInt32LE(12),
    checksum: head.readUInt32LE(16),
  };
  const types: readonly number[] = Object.values(blockTypes);
  if (!types.includes(block.type) || block.unpackedLength > mostBlockBytes)
    throw damaged(path, block, 'there is no block');
  if (head.readUInt32LE(4) !== number) throw damaged(path, block, `block ${head.readUInt32LE(4)} stands in its place`);
  if (left < blockHeadBytes + block.length)
    throw cutOff(`block ${number} has ${block.length} bytes, ${left - blockHeadBytes} are there`);
  return block;
}

function contentOf(path: string, file: number, block: Block): Buffer {
  const whole = Buffer.alloc(blockHeadBytes + block.length);
  const read = readSync(file, whole, 0, whole.length, block.offset);
  if (read < whole.length) throw new RecordingError('Truncated', path, block.offset, 'the file was cut off meanwhile');
  const packed = whole.subarray(blockHeadBytes);
  if (crc32(packed, crc32(whole.subarray(0, 16))) !== block.checksum)
    throw damaged(path, block, 'its checksum is another one');
  try {
    const content = inflateRawSync(packed, { maxOutputLength: Math.max(1, block.unpackedLength) });
    if (content.length === block.unpackedLength) return content;
  } catch (cause) {
    throw damaged(path, block, 'it cannot be unpacked', cause);
  }
  throw damaged(path, block, 'it has another length than it says');
}

const damaged = (path: string, { number, offset }: Block, what: string, cause?: unknown): RecordingError =>
  new RecordingError('Corrupt', path, offset, `block ${number} is damaged: ${what}`, { cause });
